using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.EndToEnd;

/// <summary>What <c>tools picture</c> draws of a latent world beside a recorded episode.</summary>
public sealed class LatentPictureTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("worldmodels-latent-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void ALatentWorldDreamsAlongARecordedEpisode()
    {
        string bundle = Path.Combine(_folder, "bundle"), episode = Path.Combine(_folder, "episode.npz"), file = Path.Combine(_folder, "dream.png");
        LatentModel.Export(bundle);
        Npz.Write(episode, new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of([.. Enumerable.Range(0, 31 * 6).Select(i => MathF.Sin(0.11f * i))], 31, 6),
            ["action"] = NpyArray.Of([.. Enumerable.Range(0, 30 * 2).Select(i => MathF.Cos(0.3f * i))], 30, 2),
            ["reward"] = NpyArray.Of([.. Enumerable.Range(0, 30).Select(i => MathF.Sin(i))], 30),
        });
        StringWriter output = new(), error = new();
        int code = ToolsApp.Run(["picture", bundle, "--episode", episode, "-o", file], output, error);
        Assert.That((code, error.ToString()), Is.EqualTo((0, "")));
        string text = output.ToString();
        Assert.That(text, Does.Contain("26 steps of 1 episode of episode.npz").And.Contain("mean of 8 dreams after 5 observations"));
        // What it dreams is what the runtime dreams after the same context.
        using WorldModel world = WorldModel.Load(bundle);
        OpenLoopComparison comparison = OpenLoopComparison.Run(world, RecordedTrajectories.Read(episode, world.Manifest, 49, 0, _ => { }), new() { Dreams = 2, Seed = 4 });
        using Dream dream = world.Dream(2, 26);
        RealEpisode real = comparison.Episodes[0];
        float[] actions = (float[])real.Actions;
        dream.Start([.. real.Observations.Take(5).SelectMany(o => (float[])[.. o, .. o])],
            [.. actions[..8].Chunk(2).SelectMany(a => (float[])[.. a, .. a])]);
        DreamBatch imagined = dream.Run(4, [.. actions[8..].Chunk(2).SelectMany(a => (float[])[.. a, .. a])]);
        foreach (int t in (int[])[-4, 0, 1, 26])
        {
            Assert.That(comparison.Dreamed(0, 0, t).ToArray(), Is.EqualTo(imagined.Observations(t)[..6].ToArray()));
            Assert.That(comparison.Dreamed(0, 1, t).ToArray(), Is.EqualTo(imagined.Observations(t)[6..].ToArray()));
        }
        Assert.That(comparison.DreamedReward(0, 1, 26), Is.EqualTo(imagined.Rewards(25)[1]));
    }
}
