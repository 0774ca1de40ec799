using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tests.Imagination;
using WorldModels.Train;

namespace WorldModels.Tests.DreamControl;

/// <summary>A search's whole population as one bundle, a controller in each row.</summary>
public sealed class PopulationBundleTests
{
    private const int Rows = 4, Steps = 5;

    private TemporaryBundle _run = null!;
    private string _copy = "", _population = "";

    [OneTimeSetUp]
    public void Export()
    {
        _run = new("worldmodels", OptionText.With(Algorithm.Find("worldmodels").Preset("debug"), ["updates=4", "evaluationEpisodes=0"]));
        _copy = Directory.CreateTempSubdirectory("worldmodels-population-").FullName;
        // The run itself is still held by who trained it.
        IEnumerable<string> files = Directory.EnumerateFiles(_run.Run, "*", SearchOption.AllDirectories);
        foreach (string file in files.Where(file => Path.GetFileName(file) != "lock"))
        {
            string copy = Path.Combine(_copy, Path.GetRelativePath(_run.Run, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        Session.ExportRun(_copy, null, population: true, new PlainProgress(TextWriter.Null));
        _population = Path.Combine(_copy, "population");
    }

    [OneTimeTearDown]
    public void Delete()
    {
        _run.Dispose();
        Directory.Delete(_copy, recursive: true);
    }

    /// <summary>With the shipped controller's weights in a row it is the shipped agent; with a candidate's it is that one.</summary>
    [Test]
    public void ARowActsByItsWeights()
    {
        float[] shipped = [.. Safetensors.Read(Path.Combine(_run.Bundle, "weights.safetensors")).Weights()["controller/weights"].Values];
        NpyArray population = Npz.Read(Path.Combine(_population, "population.npz"))["weights"];
        Assert.That(population.Shape, Is.EqualTo(new[] { 4, shipped.Length }), "the debug preset's population");
        float[] candidates = population.ToFloats();
        using Controller agent = Load(_run.Bundle, batch: 1), many = Load(_population, Rows);
        many.Set("weights", [.. shipped, .. candidates[..shipped.Length], .. shipped, .. candidates[^shipped.Length..]]);
        int size = agent.Manifest.Observation.Size;
        Random random = new(6);
        float[] action = new float[1], actions = new float[Rows];
        for (int step = 0; step < Steps; step++)
        {
            float[] observation = [.. Enumerable.Range(0, size).Select(_ => random.NextSingle())];
            agent.Act(observation, action);
            many.Act([.. Enumerable.Repeat(observation, Rows).SelectMany(one => one)], actions);
            Assert.That(actions[0], Is.EqualTo(action[0]).Within(1e-5), $"step {step}");
            Assert.That(actions[1], Is.Not.EqualTo(action[0]));
            Assert.That(actions[3], Is.Not.EqualTo(actions[1]));
        }
    }

    [Test]
    public void ItDreamsByItsWeights()
    {
        using WorldModel world = WorldModel.Load(_population);
        using Dream dream = world.Dream(Rows, horizon: 3);
        float[] still = dream.Run(seed: 2).ContinuousActions(0).ToArray();
        Assert.That(still, Is.All.Zero, "unset, all weights are zero");
        float[] weights = Npz.Read(Path.Combine(_population, "population.npz"))["weights"].ToFloats();
        dream.Set("weights", weights);
        float[] moved = dream.Run(seed: 2).ContinuousActions(0).ToArray();
        Assert.That(moved.Distinct().Count(), Is.EqualTo(Rows));
        Assert.That(BundleVerifier.Verify(_population).Passed);
        Assert.That(Manifest.Load(_population).Name, Is.EqualTo("dodge-ego-worldmodels-population"));
    }

    [Test]
    public void OnlyASearchHasAPopulation() => Assert.That(
        () => Session.ExportRun(Path.Combine(_copy, "memory"), null, population: true, new PlainProgress(TextWriter.Null)),
        Throws.TypeOf<UserException>().With.Message.Contains("leave --population away"));

    private static Controller Load(string bundle, int batch) => Controller.Load(bundle, new() { Batch = batch, Seed = 1 });
}
