using System.IO.Compression;
using System.Text;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train;
using WorldModels.Train.Data;

namespace WorldModels.Tests.LatentDynamics;

/// <summary>Whole episodes, in bounded memory and on disk.</summary>
public sealed class ReplayBufferTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3)), Continuous = new(ActionSpec.Continuous([2], -2, 4));

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-replay-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void AnEpisodeComesBackAsItWas([Values] bool discrete)
    {
        ActionVectors actions = discrete ? Discrete : Continuous;
        Episode episode = Play(first: 5, records: 4, actions);
        string file = Dataset.FileOf(_folder, 0);
        Dataset.Write(file, episode, actions);
        Episode read = Dataset.Read(file, observation: 2, actions);
        Assert.Multiple(() =>
        {
            Assert.That(read.Observations, Is.EqualTo(episode.Observations));
            Assert.That(read.Actions, Is.EqualTo(episode.Actions).Within(1e-6));
            Assert.That(read.Rewards, Is.EqualTo(episode.Rewards));
            Assert.That(read.Discounts, Is.EqualTo(episode.Discounts));
        });
        Dictionary<string, NpyArray> arrays = Npz.Read(file);
        Assert.That(arrays["action"].Describe(), Is.EqualTo(discrete ? "int64 [4]" : "float32 [4, 2]"));
        if (!discrete)      // in the environment's units: -2 to 4 for -1 to 1
            Assert.That(arrays["action"].As<float>()[2], Is.EqualTo(1 + 3 * episode.Actions[2]).Within(1e-6));
    }

    [Test]
    public void TheOldestEpisodesAreForgottenAndTheirFilesGoACheckpointLater()
    {
        var replay = new ReplayBuffer(2, Discrete, capacity: 10, _folder);
        for (int i = 0; i < 5; i++)
            replay.Add(Play(i, records: 4, Discrete));
        Assert.That((replay.Count, replay.Records), Is.EqualTo((2, 8L)));
        Assert.That(replay.Episodes.Select(episode => episode.Observations[0]), Is.EqualTo(new[] { 3f, 4f }));
        Assert.That(Dataset.Files(_folder), Has.Count.EqualTo(5), "a killed run may need them");
        Save(replay);
        Assert.That(Dataset.Files(_folder), Has.Count.EqualTo(5), "this checkpoint may never be written");
        Save(replay);
        Assert.That(Dataset.Files(_folder).Select(Path.GetFileName), Is.EqualTo(new[] { "episode-000003.npz", "episode-000004.npz" }));
    }

    [Test]
    public void ARunThatGoesOnKnowsWhatItsCheckpointKnew()
    {
        var replay = new ReplayBuffer(2, Discrete, capacity: 100, _folder);
        for (int i = 0; i < 3; i++)
            replay.Add(Play(i, records: 4, Discrete));
        byte[] checkpoint = Save(replay);
        replay.Add(Play(9, records: 4, Discrete));      // after the checkpoint, before the kill

        var resumed = new ReplayBuffer(2, Discrete, capacity: 100, _folder);
        resumed.Restore(new BinaryReader(new MemoryStream(checkpoint)));
        Assert.That(resumed.Episodes.Select(episode => episode.Observations[0]), Is.EqualTo(new[] { 0f, 1f, 2f }));
        Assert.That(Dataset.Files(_folder), Has.Count.EqualTo(3));
        resumed.Add(Play(7, records: 4, Discrete));
        Assert.That(Dataset.Read(Dataset.FileOf(_folder, 3), 2, Discrete).Observations[0], Is.EqualTo(7));
    }

    /// <summary>Sequences are stretches of episodes; where one ends, another begins, from its own first record.</summary>
    [Test]
    public void SequencesRunOnIntoOtherEpisodes()
    {
        var replay = new ReplayBuffer(2, Discrete, capacity: 1000, folder: null);
        for (int i = 0; i < 4; i++)
            replay.Add(Play(100 * i, records: 3 + 4 * i, Discrete));      // 3, 7, 11, 15 records
        var batch = new SequenceBatch(length: 8, batch: 64, observation: 2, action: 3);
        replay.Sample(batch, seed: 1, update: 5);
        int begun = 0;
        for (int row = 0; row < batch.Batch; row++)
            for (int t = 1; t < batch.Length; t++)
            {
                float before = batch.Observations[((t - 1) * 64 + row) * 2], now = batch.Observations[(t * 64 + row) * 2];
                bool first = batch.IsFirst[t * 64 + row] == 1;
                begun += first ? 1 : 0;
                Assert.That(first ? now % 100 : now - before, Is.EqualTo(first ? 0 : 1), "records follow each other, or an episode begins");
                float[] action = batch.Actions.AsSpan((t * 64 + row) * 3, 3).ToArray();
                Assert.That(action.Sum(), Is.EqualTo(first ? 0 : 1), "a reset has no action");
                if (first)
                    Assert.That(batch.Discounts[(t - 1) * 64 + row], Is.Zero, "these episodes terminated");
            }
        Assert.That(begun, Is.GreaterThan(10));
        var again = new SequenceBatch(8, 64, 2, 3);
        replay.Sample(again, seed: 1, update: 5);
        Assert.That(again.Observations, Is.EqualTo(batch.Observations));
        replay.Sample(again, seed: 1, update: 6);
        Assert.That(again.Observations, Is.Not.EqualTo(batch.Observations));
    }

    [Test]
    public void StatisticsAreThoseOfAllRecords()
    {
        var replay = new ReplayBuffer(2, Discrete, capacity: 1000, folder: null);
        replay.Add(Play(0, records: 3, Discrete));      // first numbers 0, 1, 2; second ones 7
        replay.Add(Play(3, records: 2, Discrete));      // 3, 4
        (float[] mean, float[] std) = replay.Statistics();
        Assert.That(mean, Is.EqualTo(new[] { 2f, 7f }).Within(1e-6));
        Assert.That(std, Is.EqualTo(new[] { MathF.Sqrt(2), 0f }).Within(1e-6));
    }

    /// <summary>As numpy reads them: a zip of arrays, each behind numpy's magic number and header.</summary>
    [TestCase("observation", "'<f4'", "(4, 2)")]
    [TestCase("action", "'<f4'", "(4, 2)")]
    [TestCase("reward", "'<f4'", "(4,)")]
    [TestCase("discount", "'<f4'", "(4,)")]
    public void NumpysFormat(string array, string type, string shape)
    {
        string file = Dataset.FileOf(_folder, 0);
        Dataset.Write(file, Play(5, records: 4, Continuous), Continuous);
        using ZipArchive zip = ZipFile.OpenRead(file);
        Assert.That(zip.Entries, Has.Count.EqualTo(4));
        using var reader = new BinaryReader(zip.GetEntry($"{array}.npy")!.Open());
        Assert.That(reader.ReadBytes(8), Is.EqualTo(new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0 }));
        string header = Encoding.ASCII.GetString(reader.ReadBytes(reader.ReadUInt16()));
        Assert.That(header, Does.Contain($"'descr': {type}").And.Contain("'fortran_order': False").And.Contain($"'shape': {shape}"));
    }

    [TestCase("observation", "has no array 'observation'")]
    [TestCase("reward", "has no array 'reward'")]
    public void ADatasetsEpisodeHasItsArrays(string missing, string expected)
    {
        Dictionary<string, NpyArray> arrays = Arrays();
        arrays.Remove(missing);
        Refused(arrays, expected);
    }

    [TestCase("reward", new[] { 3 }, "reward is float32 [3]; observation has 4 records")]
    [TestCase("observation", new[] { 4, 5 }, "observation is float32 [4, 5]; this dataset has (4, 2)")]
    [TestCase("action", new[] { 4, 3 }, "action is float32 [4, 3]; this dataset has (4, 2)")]
    [TestCase("action", new[] { 4 }, "action is float32 [4]; expected int64 (4) or float32 (4, A)")]
    public void AndItsShapes(string name, int[] shape, string expected)
    {
        Dictionary<string, NpyArray> arrays = Arrays();
        arrays[name] = NpyArray.Zeros(NpyType.Float32, shape);
        Refused(arrays, expected);
    }

    [Test]
    public void ANaNIsSaid()
    {
        Dictionary<string, NpyArray> arrays = Arrays();
        arrays["observation"].As<float>()[3] = float.NaN;
        Refused(arrays, "observation holds a NaN or an infinity");
    }

    [Test]
    public void ACutFileIsSaid()
    {
        string file = Dataset.FileOf(_folder, 0);
        Npz.Write(file, Arrays());
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^40]);
        UserException exception = Assert.Throws<UserException>(() => Dataset.Read(file, 2, Continuous))!;
        Assert.That(exception.Message, Does.StartWith($"Cannot read the episode {file}"));
    }

    [TestCase("null", "it is empty")]
    [TestCase("""{"observation":3,"action":{"kind":"continuous","shape":[1]}}""", "low < high")]
    [TestCase("""{"observation":3,"action":{"kind":"continuous","shape":[1],"low":1,"high":1}}""", "low < high")]
    [TestCase("""{"observation":0,"action":{"kind":"discrete","count":2}}""", "whole numbers of at least 1")]
    [TestCase("""{"observation":3,"action":{"kind":"discrete"}}""", "needs a count")]
    [TestCase("{", "does not describe a dataset")]
    public void ADescriptionIsChecked(string json, string expected)
    {
        Dataset.Write(Dataset.FileOf(_folder, 0), Play(0, records: 6, Discrete), Discrete);
        File.WriteAllText(Path.Combine(_folder, DatasetSpec.FileName), json);
        UserException exception = Assert.Throws<UserException>(() => Dataset.ReadSpec(_folder))!;
        Assert.That(exception.Message, Does.Contain(DatasetSpec.FileName).And.Contain(expected));
    }

    [Test]
    public void WithoutADescriptionTheActionsAreReadOffTheEpisodes()
    {
        Dataset.Write(Dataset.FileOf(_folder, 0), Play(0, records: 6, Discrete), Discrete);
        Assert.That(Dataset.ReadSpec(_folder).Action, Is.EqualTo(ActionSpec.Discrete(3)));
        Dictionary<string, NpyArray> arrays = Arrays();
        arrays["action"].As<float>()[5] = 3.5f;
        Npz.Write(Dataset.FileOf(_folder, 0), arrays);
        DatasetSpec spec = Dataset.ReadSpec(_folder);
        Assert.That((spec.Action.Low, spec.Action.High, spec.Observation), Is.EqualTo((-1.0, 3.5, 2)));
    }

    private static Dictionary<string, NpyArray> Arrays() => new()
    {
        ["observation"] = NpyArray.Zeros(NpyType.Float32, 4, 2), ["action"] = NpyArray.Zeros(NpyType.Float32, 4, 2),
        ["reward"] = NpyArray.Zeros(NpyType.Float32, 4), ["discount"] = NpyArray.Zeros(NpyType.Float32, 4),
    };

    private void Refused(Dictionary<string, NpyArray> arrays, string expected)
    {
        string file = Dataset.FileOf(_folder, 0);
        Npz.Write(file, arrays);
        UserException exception = Assert.Throws<UserException>(() => Dataset.Read(file, 2, Continuous))!;
        Assert.That(exception.Message, Does.StartWith(file).And.Contain(expected));
    }

    private static byte[] Save(ReplayBuffer replay)
    {
        using var stream = new MemoryStream();
        replay.Save(new BinaryWriter(stream));
        return stream.ToArray();
    }

    /// <summary>An episode that terminates; the first number of its observations counts from a given one.</summary>
    private static Episode Play(int first, int records, ActionVectors actions)
    {
        var builder = new EpisodeBuilder();
        var vector = new float[actions.Size];
        for (int record = 0; record < records; record++)
        {
            if (record > 0)
                actions.Draw(new NoiseKey(1, (uint)first, (uint)record, 0), vector);
            builder.Add([first + record, 7], vector, record, record == records - 1 ? 0 : 1);
        }
        return builder.End();
    }
}
