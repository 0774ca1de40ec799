using PureHDF;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Recordings.Formats.Hdf5;
using WorldModels.Tests.Onnx;

namespace WorldModels.Tests.Recordings;

/// <summary>Minari's data sets, in the layouts of its versions, become episodes; those that contradict themselves are refused.</summary>
public sealed class MinariFormatTests
{
    private static readonly MinariFormat Format = new();

    [TestCase("pendulum/random-v0", true)]
    [TestCase("pendulum/random-v0/data", true)]
    [TestCase("pendulum/random-v0/data/main_data.hdf5", true)]
    [TestCase("arrow-v0", true)]
    [TestCase("pendulum", false)]
    [TestCase("d4rl-next.hdf5", false)]
    [TestCase("pendulum/random-v0/data/metadata.json", false)]
    [TestCase("nothing", false)]
    public void ItRecognisesTheFolderOfADataSetItsDataAndItsFile(string path, bool expected)
    {
        Assert.That(Format.Recognises(RecordingFiles.PathOf(path)), Is.EqualTo(expected));
    }

    [Test]
    public void AFileOfAnotherNameIsRecognisedByItsGroups()
    {
        using TemporaryDirectory folder = new();
        File.Copy(RecordingFiles.PathOf("old-v0/data/main_data.hdf5"), folder["cartpole.h5"]);
        Assert.That(Format.Recognises(folder["cartpole.h5"]));
    }

    [TestCase("pendulum/random-v0")]
    [TestCase("pendulum/random-v0/data")]
    [TestCase("pendulum/random-v0/data/main_data.hdf5")]
    public void BoxesAreReadInTheOrderOfNumbersAndShiftedByARecord(string path)
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf(path), new());
        List<RecordedEpisode> episodes = All(reader);
        Assert.That(episodes, Has.Count.EqualTo(11));
        for (int e = 0; e < 11; e++)
        {
            int steps = 3 + e, start = 100 * e, back = -e;
            IReadOnlyDictionary<string, NpyArray> columns = episodes[e].Columns;
            IEnumerable<double> seen = Enumerable.Range(start, 3 * (steps + 1)).Select(i => (double)i);
            IEnumerable<double> rewards = Enumerable.Range(0, steps).Select(i => (double)(float)(i / 10.0 - back));
            RecordingFiles.Check(columns["observation"], NpyType.Float32, [steps + 1, 3], seen);
            RecordingFiles.Check(
                columns["action"], NpyType.Float32, [steps + 1, 1], [0, .. Enumerable.Range(0, steps).Select(i => back - i / 8.0)]);
            RecordingFiles.Check(columns["reward"], NpyType.Float32, [steps + 1], [0, .. rewards]);
            RecordingFiles.Check(columns["terminated"], NpyType.Bool, [steps + 1], [.. new double[steps], e % 2]);
            RecordingFiles.Check(columns["truncated"], NpyType.Bool, [steps + 1], [.. new double[steps], 1 - e % 2]);
            Assert.That(episodes[e].Source, Does.EndWith($"main_data.hdf5, episode_{e}"));
            Assert.That(episodes[e].StoredAs, Is.EqualTo(new Dictionary<string, string> { ["reward"] = "float64" }));
            Assert.That(() => new Episode(columns), Throws.Nothing);
        }
    }

    [Test]
    public void SpacesAreDeclaredAndOpenBoundsAreNot()
    {
        using MinariReader reader = (MinariReader)Format.Open(RecordingFiles.PathOf("pendulum/random-v0"), new());
        Assert.That(reader.Declared, Is.Not.Null);
        Assert.That(reader.Declared.Environment, Is.EqualTo("Pendulum-v1"));
        Assert.That(reader.Declared.Observation, Is.EqualTo(3));
        Assert.That(reader.Declared.Action, Is.EqualTo(ActionSpec.Continuous([1], -2, 2)).Using<ActionSpec>((a, b) =>
            a.Kind == b.Kind && a.Shape!.SequenceEqual(b.Shape!) && (a.Low, a.High) == (b.Low, b.High)));
        Assert.That((reader.Declared?.Action.Low, reader.Declared?.Action.High), Is.EqualTo((-2.0, 2.0)));
        Assert.That(reader.Description, Does.StartWith("Minari data set pendulum/random-v0: 11 episodes in "));
        Assert.That(reader.Files.Select(Path.GetFileName), Is.EqualTo(new[] { "main_data.hdf5", "metadata.json" }));
    }

    [Test]
    public void PartsOfADictAndOfAPairInItBecomeColumnsAndNumbersBeginAtZero()
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf("grid-v0"), new());
        List<RecordedEpisode> episodes = All(reader);
        IReadOnlyDictionary<string, NpyArray> columns = episodes[1].Columns;
        Assert.That(columns.Keys, Is.EquivalentTo(new[]
        {
            "observation/image", "observation/direction", "observation/body/_index_0", "observation/body/_index_1", "action", "reward",
            "terminated", "truncated",
        }));
        RecordingFiles.Check(
            columns["observation/image"], NpyType.UInt8, [6, 4, 4, 3], Enumerable.Range(0, 288).Select(i => (double)(1 + i % 200)));
        RecordingFiles.Check(columns["observation/direction"], NpyType.Int64, [6], [1, 2, 0, 1, 2, 0]);
        RecordingFiles.Check(
            columns["observation/body/_index_0"], NpyType.Float32, [6, 2], Enumerable.Range(0, 12).Select(i => i / 4.0));
        RecordingFiles.Check(columns["observation/body/_index_1"], NpyType.Bool, [6, 1], [1, 0, 1, 0, 1, 0]);
        RecordingFiles.Check(columns["action"], NpyType.Int64, [6], [0, 0, 1, 2, 3, 0]);
        RecordingFiles.Check(columns["reward"], NpyType.Float32, [6], [0, 0, 0, 0, 0, 1]);
        Assert.That(episodes[1].StoredAs, Is.EqualTo(new Dictionary<string, string>
        {
            ["observation/body/_index_0"] = "float16", ["action"] = "int32", ["reward"] = "bool",
        }));
        Assert.That(reader.Declared?.Action.Count, Is.EqualTo(4));
        Assert.That(reader.Declared?.Observation, Is.EqualTo(4 * 4 * 3 + 1 + 2 + 1));
        Assert.That(reader.Notes, Is.EqualTo(new[]
        {
            "The values of observations/direction begin at 1; they are shifted to begin at 0.",
            "The values of actions begin at 1; they are shifted to begin at 0.",
        }));
    }

    [Test]
    public void WhatOldVersionsKeptInAttributesIsReadAndMissingNumbersAreSaid()
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf("old-v0"), new());
        List<RecordedEpisode> episodes = All(reader);
        Assert.That(episodes.Select(episode => episode.Source.Split(", ")[1]), Is.EqualTo(new[] { "episode_0", "episode_1", "episode_3" }));
        RecordingFiles.Check(
            episodes[2].Columns["observation"], NpyType.Float32, [5, 4], Enumerable.Range(0, 20).Select(i => (double)(float)(3 + i / 3.0)));
        Assert.That(episodes[2].StoredAs["observation"], Is.EqualTo("float64"));
        Assert.That(reader.Declared?.Environment, Is.EqualTo("CartPole-v1"));
        Assert.That(reader.Declared?.Action.Count, Is.EqualTo(2));
        Assert.That(reader.Notes, Is.EqualTo(new[]
        {
            "Numbers of episodes that are missing: 1, the first is 2; the others are read in order.",
        }));
    }

    [TestCase("jpegs-v0", "episode_0/observations has records of [30], JPEG images. Record them again with minari's jpeg_encoding=False")]
    [TestCase("text-v0", "observations/mission is text. Leave it out: models read numbers")]
    [TestCase("arrow-v0", "is a Minari data set in the format arrow, and HDF5 is read. Convert it: ")]
    public void WhatIsNotReadIsRefusedInALine(string name, string expected)
    {
        RecordingException refused = Assert.Throws<RecordingException>(() =>
        {
            using IRecordingReader reader = Format.Open(RecordingFiles.PathOf(name), new());
            All(reader);
        });
        Assert.That(refused.Message, Does.Contain(expected).And.Not.Contain("\n"));
    }

    [TestCase("observations", null, "episode_0 has no 'observations'. Expected observations, actions, rewards, terminations and")]
    [TestCase("terminations", null, "episode_0 has no 'terminations'.")]
    [TestCase("truncations", null, "episode_0 has no 'truncations'.")]
    [TestCase("observations", 3, "episode_0/observations has 3 records. Expected 4: one more than steps")]
    [TestCase("actions", 4, "episode_0/actions has 4 records. Expected 3, one a step")]
    [TestCase("truncations", 2, "episode_0/truncations has 2 records. Expected 3, one a step")]
    public void AnEpisodeThatContradictsItselfIsRefused(string array, int? records, string expected)
    {
        using TemporaryDirectory folder = new();
        H5Group group = Episode(3);
        if (records is { } count)
            group[array] = array is "truncations" ? new byte[count] : new float[count, 2];
        else
            group.Remove(array);
        new H5File { ["episode_0"] = group }.Write(folder["main_data.hdf5"]);
        Refuse(folder["main_data.hdf5"], expected);
    }

    [Test]
    public void AFlagThatIsNoneIsRefused()
    {
        using TemporaryDirectory folder = new();
        H5Group group = Episode(3);
        group["terminations"] = new byte[] { 0, 0, 2 };
        new H5File { ["episode_0"] = group }.Write(folder["main_data.hdf5"]);
        Refuse(folder["main_data.hdf5"], "episode_0/terminations[2] is 2. Expected a flag, 0 or 1");
    }

    [TestCase("{\"total_episodes\": 3, \"total_steps\": 6}", "total_episodes is 3, and the file holds 2. Download or write the data set")]
    [TestCase("{\"total_episodes\": 2, \"total_steps\": 7}", "total_steps is 7, and the episodes have 6.")]
    [TestCase("{\"total_episodes\": ", "metadata.json' cannot be read: ")]
    [TestCase("{\"action_space\": \"{}\"}", "metadata.json': action_space is no space as Minari writes it")]
    [TestCase(
        """{"observation_space": "{\"type\": \"Box\", \"dtype\": \"float32\", \"shape\": [3], \"low\": [0], \"high\": [1]}"}""",
        "episode_0/observations has records of [2]. Expected [3]")]
    public void MetadataThatContradictsTheFileIsRefused(string json, string expected)
    {
        using TemporaryDirectory folder = new();
        new H5File { ["episode_0"] = Episode(3), ["episode_1"] = Episode(3) }.Write(folder["main_data.hdf5"]);
        File.WriteAllText(folder["metadata.json"], json);
        Refuse(folder["main_data.hdf5"], expected);
    }

    [Test]
    public void ActionsOfSeveralNumberedKindsAreReadAndNotDeclared()
    {
        using TemporaryDirectory folder = new();
        new H5File { ["episode_0"] = Episode(3), ["episode_1"] = Episode(3) }.Write(folder["main_data.hdf5"]);
        File.WriteAllText(folder["metadata.json"], """
            {"observation_space": "{\"type\": \"Box\", \"dtype\": \"float32\", \"shape\": [2], \"low\": [0, 0], \"high\": [1, 1]}",
             "action_space": "{\"type\": \"MultiDiscrete\", \"dtype\": \"int64\", \"nvec\": [2, 3], \"start\": [0, 0]}"}
            """);
        using IRecordingReader reader = Format.Open(folder["main_data.hdf5"], new());
        Assert.That(reader.Declared, Is.Null);
        Assert.That(reader.Notes.Single(), Does.Contain("MultiDiscrete"));
        Assert.That(All(reader), Has.Count.EqualTo(2));
    }

    [Test]
    public void PartsAreReadInParallelAndHoldAllEpisodesOnce()
    {
        using TemporaryDirectory folder = new();
        H5File file = new H5File();
        for (int e = 0; e < 30; e++)
            file[$"episode_{e}"] = Episode(20_000, e);
        file.Write(folder["main_data.hdf5"]);
        using IRecordingReader reader = Format.Open(folder["main_data.hdf5"], new());
        Assert.That(reader.Parts, Is.InRange(2, 15));
        List<RecordedEpisode>[] parts = new List<RecordedEpisode>[reader.Parts];
        Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, part => parts[part] = [.. reader.Read(part)]);
        float[] first = [.. parts.SelectMany(part => part).Select(episode => episode.Columns["observation"].As<float>()[0])];
        Assert.That(first, Is.EqualTo(Enumerable.Range(0, 30).Select(e => (float)e)));
    }

    [Test]
    public void AnEpisodeWithoutAStepIsLeftOutAndThatActionsLedIsRefused()
    {
        using TemporaryDirectory folder = new();
        H5Group empty = Episode(1);
        empty.Attributes["total_steps"] = 0L;
        new H5File { ["episode_0"] = empty, ["episode_1"] = Episode(3) }.Write(folder["main_data.hdf5"]);
        using IRecordingReader reader = Format.Open(folder["main_data.hdf5"], new());
        Assert.That(All(reader).Single().Source, Does.EndWith("episode_1"));
        Assert.That(reader.Notes[0], Is.EqualTo("Episodes without a step, left out: 1."));
        Assert.That(
            () => Format.Open(folder["main_data.hdf5"], new() { Actions = ActionAlignment.Led }), Throws.TypeOf<RecordingException>());
    }

    [Test]
    public void ADataSetIsFoundByItsNameUnderTheRoot()
    {
        string? before = Environment.GetEnvironmentVariable(MinariRoot.Variable);
        try
        {
            Environment.SetEnvironmentVariable(MinariRoot.Variable, RecordingFiles.PathOf(""));
            Assert.That(MinariRoot.Find("pendulum/random-v0"), Is.EqualTo(RecordingFiles.PathOf("pendulum/random-v0")));
            Assert.That(MinariRoot.Find("old-v0"), Is.EqualTo(RecordingFiles.PathOf("old-v0")));
            Assert.That(Recording.Locate("old-v0"), Is.EqualTo(RecordingFiles.PathOf("old-v0")));
            Assert.That(Recording.Read("old-v0").Episodes, Is.Not.Empty);
            Assert.That(MinariRoot.Find("old-v1"), Is.Null);
            Assert.That(MinariRoot.Find("../data/old-v0"), Is.Null);
            Environment.SetEnvironmentVariable(MinariRoot.Variable, null);
            Assert.That(MinariRoot.Folder, Does.EndWith(Path.Combine(".minari", "datasets")));
        }
        finally
        {
            Environment.SetEnvironmentVariable(MinariRoot.Variable, before);
        }
    }

    private static List<RecordedEpisode> All(IRecordingReader reader) => [.. Enumerable.Range(0, reader.Parts).SelectMany(reader.Read)];

    private static void Refuse(string path, string expected)
    {
        RecordingException refused = Assert.Throws<RecordingException>(() =>
        {
            using IRecordingReader reader = Format.Open(path, new());
            All(reader);
        });
        Assert.That(refused.Message, Does.Contain(expected).And.Contain(Path.GetDirectoryName(path)).And.Not.Contain("\n"));
    }

    private static H5Group Episode(int steps, float first = 0)
    {
        float[,] observations = new float[steps + 1, 2];
        observations[0, 0] = first;
        return new H5Group
        {
            ["observations"] = observations,
            ["actions"] = new long[steps, 2],
            ["rewards"] = new double[steps],
            ["terminations"] = new byte[steps],
            ["truncations"] = new byte[steps],
        };
    }
}
