using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Episodes say what contradicts itself in them, and grow record by record.</summary>
public sealed class EpisodeTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3));

    [Test]
    public void AnEndIsTheLastRecord([Values("terminated", "truncated")] string name)
    {
        Dictionary<string, NpyArray> columns = Played.Columns();
        columns[name].As<bool>()[1] = true;
        Refused(columns, $"{name}[1] is true, and 2 records follow; an episode ends at its last record");
        columns[name].As<bool>()[1] = false;
        columns[name].As<bool>()[3] = true;
        Episode episode = new Episode(columns);
        Assert.That((episode.Terminated, episode.Truncated), Is.EqualTo((name == "terminated", name == "truncated")));
    }

    [TestCase(1f, true)]
    [TestCase(0f, false)]
    public void ALabelAndATerminationAgree(float discount, bool terminated)
    {
        Dictionary<string, NpyArray> columns = Played.Columns();
        columns["terminated"].As<bool>()[3] = terminated;
        columns["discount"] = NpyArray.Of([1f, 1, 1, discount]);
        Refused(columns, $"discount[3] is {discount}, and terminated[3] is {(terminated ? "true" : "false")}; 0 means terminated");
    }

    [TestCase("terminated", NpyType.UInt8, "bool [4]")]
    [TestCase("reward", NpyType.Int64, "float32 [4]")]
    [TestCase("action", NpyType.UInt8, "int64 (4) or float32 (4, A)")]
    public void AColumnHasItsType(string name, NpyType type, string expected)
    {
        Dictionary<string, NpyArray> columns = Played.Columns();
        columns[name] = NpyArray.Zeros(type, 4);
        Refused(columns, $"{name} is {columns[name].Describe()}; expected {expected}");
    }

    [Test]
    public void AColumnThatIsAddedHasItsRecords() =>
        Assert.That(() => Played.Episode(0, records: 4, Discrete).With("log_probability", NpyArray.Zeros(NpyType.Float32, 3)),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("log_probability is float32 [3]; observation has 4 records"));

    /// <summary>Whatever the type: what is set stands in its record, and what is not set is 0.</summary>
    [Test]
    public void RecordsStandWhereTheyWereAdded()
    {
        EpisodeBuilder builder = new EpisodeBuilder(
            new EpisodeColumn("observation", NpyType.UInt8, 1, 2, 2), Discrete, new("kind", NpyType.UInt8), new("known", NpyType.Bool));
        for (int episode = 0; episode < 2; episode++)
        {
            builder.Begin<byte>([0, 0, 0, 9]);
            for (int record = 1; record <= 40; record++)
            {
                builder.Add<byte>([(byte)record, 0, 0, 9], record % 3, -record, terminated: record == 40, truncated: false);
                if (record % 2 == 0)
                    builder.Set("kind", (byte)record);
                builder.Set("known", record > 20);
            }
            Episode made = builder.End();
            Assert.That(made.Observations.Describe(), Is.EqualTo(NpyArray.Zeros(NpyType.UInt8, 41, 1, 2, 2).Describe()));
            for (int record = 0; record <= 40; record++)
            {
                Assert.That(made.Observations.Slice(record).As<byte>().ToArray(), Is.EqualTo(new byte[] { (byte)record, 0, 0, 9 }));
                Assert.That(made.Actions.As<long>()[record], Is.EqualTo(record % 3));
                Assert.That(made.Rewards[record], Is.EqualTo(-record));
                Assert.That(made["kind"].As<byte>()[record], Is.EqualTo(record % 2 == 0 ? record : 0));
                Assert.That(made["known"].As<bool>()[record], Is.EqualTo(record > 20));
            }
            Assert.That((made.Steps, made.Return, made.Terminated), Is.EqualTo((40, -820.0, true)));
        }
    }

    [Test]
    public void ARecordOfAnotherKindIsRefused()
    {
        EpisodeBuilder builder = new EpisodeBuilder(observation: 2, Discrete);
        Assert.That(() => builder.Begin<float>([1, 2, 3]),
            Throws.ArgumentException.With.Message.EqualTo("observation has 3 numbers; expected 2."));
        Assert.That(() => builder.Begin<byte>([1, 2]),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("found float32"));
    }

    /// <summary>A checkpoint between two steps, at whatever size the columns have then.</summary>
    [Test]
    public void AnEpisodeOnItsWayGoesOnFromACheckpoint([Values(0, 1, 16, 33)] int before)
    {
        EpisodeBuilder whole = New(), stopped = New(), resumed = New();
        resumed.Begin<byte>([1, 1, 1, 1]);      // forgotten
        for (int record = 0; record < before; record++)
        {
            Add(whole, record);
            Add(stopped, record);
        }
        using MemoryStream stream = new MemoryStream();
        stopped.Save(new BinaryWriter(stream));
        stream.Position = 0;
        resumed.Restore(new BinaryReader(stream));
        for (int record = before; record < before + 30; record++)
        {
            Add(whole, record);
            Add(resumed, record);
        }
        (Episode expected, Episode episode) = (whole.End(), resumed.End());
        foreach ((string name, NpyArray column) in expected.Columns)
            Assert.That(episode[name].ToFloats(), Is.EqualTo(column.ToFloats()).And.Length.EqualTo(column.Length), name);

        static EpisodeBuilder New() =>
            new(new EpisodeColumn("observation", NpyType.UInt8, 1, 2, 2), Discrete, new EpisodeColumn("kind", NpyType.Int64));

        static void Add(EpisodeBuilder builder, int record)
        {
            if (record == 0)
                builder.Begin<byte>([9, 8, 7, 6]);
            else
                builder.Add<byte>([(byte)record, 8, 7, 6], record % 3, record, terminated: false, truncated: false);
            builder.Set("kind", 100L + record);
        }
    }

    [Test]
    public void AnotherCheckpointIsRefused()
    {
        EpisodeBuilder builder = new EpisodeBuilder(observation: 2, Discrete);
        builder.Begin<float>([1, 2]);
        using MemoryStream stream = new MemoryStream();
        builder.Save(new BinaryWriter(stream));
        stream.Position = 0;
        EpisodeBuilder other = new EpisodeBuilder(observation: 3, Discrete);
        Assert.That(() => other.Restore(new BinaryReader(stream)),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("observation is float32 [1, 2]; expected float32 [1, 3]"));
        Assert.That(() => other.Restore(new BinaryReader(new MemoryStream([0, 0, 0, 128, 1, 2]))), Throws.TypeOf<InvalidDataException>());
    }

    private static void Refused(Dictionary<string, NpyArray> columns, string expected) =>
        Assert.That(() => new Episode(columns), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(expected));
}
