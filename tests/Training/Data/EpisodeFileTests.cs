using System.IO.Compression;
using System.Text;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Episodes on disk, and those of earlier versions.</summary>
public sealed class EpisodeFileTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3)), Continuous = new(ActionSpec.Continuous([2], -2, 4));

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-episodes-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void AnEpisodeComesBackAsItWas([Values("discrete", "continuous", "images", "extras", "labels")] string kind)
    {
        Episode episode = kind switch
        {
            "images" => Played.Images(5, records: 4, [2, 3, 1], Discrete),
            _ => Played.Episode(first: 5, records: 4, kind == "discrete" ? Discrete : Continuous),
        };
        if (kind == "extras")
            episode = episode.With("task_reward", NpyArray.Of([.. Enumerable.Range(0, 8).Select(i => (float)i)], 4, 2));
        if (kind == "labels")
            episode = episode.With(EpisodeColumn.Discount, NpyArray.Of([1f, 0.5f, 0.25f, 0]));
        string file = EpisodeFile.PathOf(_folder, 0);
        EpisodeFile.Write(file, episode);
        Episode read = EpisodeFile.ToEpisode(EpisodeFile.ReadArrays(file, "task_reward"));
        Assert.That(read.Columns.Keys, Is.EquivalentTo(episode.Columns.Keys));
        foreach ((string name, NpyArray column) in episode.Columns)
        {
            Assert.That(read[name].Describe(), Is.EqualTo(column.Describe()), name);
            Assert.That(read[name].ToFloats(), Is.EqualTo(column.ToFloats()), name);
        }
        Assert.That(read.Discounts.ToArray(), Is.EqualTo(episode.Discounts.ToArray()));
    }

    /// <summary>In the environment's units: -2 to 4 for vectors of -1 to 1.</summary>
    [Test]
    public void ActionsAreInTheEnvironmentsUnits()
    {
        EpisodeBuilder builder = new EpisodeBuilder(observation: 2, Continuous);
        builder.Begin<float>([0, 0]);
        builder.Add<float>([0, 0], [0.5f, -1], reward: 0, terminated: false, truncated: true);
        string file = EpisodeFile.PathOf(_folder, 0);
        EpisodeFile.Write(file, builder.End());
        Assert.That(Npz.Read(file)["action"].As<float>().ToArray(), Is.EqualTo(new[] { 0, 0, 2.5f, -2 }));
        float[] vector = new float[2];
        Continuous.Encode(Dataset.Read(file, [2], Continuous), record: 1, vector);
        Assert.That(vector, Is.EqualTo(new[] { 0.5f, -1 }));
    }

    /// <summary>As numpy reads them: a zip of arrays, each behind numpy's magic number and header.</summary>
    [TestCase("observation", "'<f4'", "(4, 2)")]
    [TestCase("action", "'<f4'", "(4, 2)")]
    [TestCase("reward", "'<f4'", "(4,)")]
    [TestCase("terminated", "'|b1'", "(4,)")]
    [TestCase("truncated", "'|b1'", "(4,)")]
    public void NumpysFormat(string array, string type, string shape)
    {
        string file = EpisodeFile.PathOf(_folder, 0);
        EpisodeFile.Write(file, Played.Episode(5, records: 4, Continuous));
        using ZipArchive zip = ZipFile.OpenRead(file);
        Assert.That(zip.Entries, Has.Count.EqualTo(5));
        using BinaryReader reader = new BinaryReader(zip.GetEntry($"{array}.npy")!.Open());
        Assert.That(reader.ReadBytes(8), Is.EqualTo(new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0 }));
        string header = Encoding.ASCII.GetString(reader.ReadBytes(reader.ReadUInt16()));
        Assert.That(header, Does.Contain($"'descr': {type}").And.Contain("'fortran_order': False").And.Contain($"'shape': {shape}"));
    }

    /// <summary>Replay of earlier versions, and folders as they were documented: an end that is no termination was a time limit.</summary>
    [TestCase(0f, true)]
    [TestCase(1f, false)]
    public void ADiscountOfZeroIsATermination(float last, bool terminated)
    {
        Episode episode = EpisodeFile.ToEpisode(Played.EarlierColumns(1, 1, 1, last));
        Assert.That((episode.Terminated, episode.Truncated), Is.EqualTo((terminated, !terminated)));
        Assert.That(episode.Discounts.ToArray(), Is.EqualTo(new[] { 1, 1, 1, last }));
        Assert.That(episode.Columns.Keys, Has.No.Member("discount"), "it says nothing that terminated does not");
    }

    [Test]
    public void WithoutADiscountNothingTerminates()
    {
        Dictionary<string, NpyArray> columns = Played.EarlierColumns(1, 1, 1, 1);
        columns.Remove("discount");
        Episode episode = EpisodeFile.ToEpisode(columns);
        Assert.That((episode.Terminated, episode.Truncated), Is.EqualTo((false, true)));
        Assert.That(episode.Discounts.ToArray(), Is.All.EqualTo(1));
    }

    /// <summary>Labels of another meaning are what a run learns: within an episode and at its end.</summary>
    [TestCase(0.9f, 0.8f, 0.5f, 0.1f, false)]
    [TestCase(1f, 0f, 1f, 0f, true)]
    [TestCase(1f, 1f, 1f, 0.5f, false)]
    public void LabelsKeepTheirMeaning(float a, float b, float c, float d, bool terminated)
    {
        Episode episode = EpisodeFile.ToEpisode(Played.EarlierColumns(a, b, c, d));
        Assert.That(episode.Discounts.ToArray(), Is.EqualTo(new[] { a, b, c, d }));
        Assert.That(episode.Terminated, Is.EqualTo(terminated));
        SequenceBatch batch = new SequenceBatch(length: 4, batch: 1, observation: 2, action: 2);
        SequenceSampler.Fill(batch, [episode], Continuous, seed: 0, update: 0);
        Assert.That(batch.Discounts, Is.EqualTo(new[] { a, b, c, d }));
    }

    [TestCase(new[] { 1f, 1, 1 }, "discount is float32 [3]; observation has 4 records")]
    [TestCase(new[] { 1f, 1, 2, 1 }, "discount[2] is 2. It is 0 where the episode terminated, else 1")]
    [TestCase(new[] { 1f, -0.5f, 1, 1 }, "discount[1] is -0.5")]
    [TestCase(new[] { 1f, 1, 1, float.NaN }, "discount[3] is NaN")]
    public void AWrongDiscountIsSaid(float[] discounts, string expected) =>
        Assert.That(() => EpisodeFile.ToEpisode(Played.EarlierColumns(discounts)),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    [Test]
    public void TruncatedAloneSaysTooLittle()
    {
        Dictionary<string, NpyArray> columns = Played.Columns();
        columns.Remove("terminated");
        Assert.That(() => EpisodeFile.ToEpisode(columns),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("'truncated' and no array 'terminated'"));
    }
}
