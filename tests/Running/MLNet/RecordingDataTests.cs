using Microsoft.ML;
using WorldModels.Bundles;
using WorldModels.MLNet;
using WorldModels.Recordings;

namespace WorldModels.Tests.MLNet;

/// <summary>Recorded episodes stream into ML.NET, and out again as they were.</summary>
public sealed class RecordingDataTests : PipelineFixture
{
    [Test]
    public void RowsAreTheRecords([Values] bool taken)
    {
        string folder = Write(3);
        IDataView data = Context.Data.LoadFromRecording(folder, taken: taken);
        Assert.That(data.Schema.Select(column => $"{column.Name} {column.Type}"), Is.EquivalentTo(new[]
        {
            "episode Int64", "step Int64", "observation Vector<Single, 2>", "action Single", "reward Single", "terminated Boolean",
            "truncated Boolean",
        }));
        Recording read = Recording.Read(folder);
        Assert.That(Column<long>(data, "episode"), Is.EqualTo((long[])[0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]));
        Assert.That(Column<long>(data, "step"), Is.EqualTo((long[])[0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4]));
        Assert.That(Column<float>(data, "reward"), Is.EqualTo(read.Episodes.SelectMany(episode => episode.Rewards.ToArray())));
        Assert.That(Column<float[]>(data, "observation").SelectMany(x => x),
            Is.EqualTo(read.Episodes.SelectMany(episode => episode.Observations.As<float>().ToArray())));
        Assert.That(Column<bool>(data, "truncated").Count(end => end), Is.EqualTo(3));
        Assert.That(Column<float>(data, "action"), Is.EqualTo(read.Episodes.SelectMany(episode =>
        {
            float[] led = episode.Actions.As<float>().ToArray();
            return taken ? [.. led[1..], 0] : led;
        })));
    }

    /// <summary>The third file is damaged: whoever looks at the first two episodes never comes there.</summary>
    [Test]
    public void AnEpisodeIsReadWhenSomebodyComesToIt()
    {
        string folder = Write(3);
        File.WriteAllText(EpisodeFile.PathOf(folder, 2), "no episode");
        IDataView data = Context.Data.LoadFromRecording(folder);
        Assert.That(Column<float>(Context.Data.TakeRows(data, 7), "reward"), Has.Length.EqualTo(7));
        Assert.That(() => Column<float>(data, "reward"),
            Throws.TypeOf<RecordingException>().With.Message.Contains("Cannot read the episode")
                .And.Message.Contains("episode-000002.npz"));
    }

    [Test]
    public void EpisodesOfAnotherKindAreRefusedWhereTheyStand()
    {
        string folder = Write(2);
        Episode other = EpisodeOf(3, NpyArray.Zeros(NpyType.Float32, 3, 5), NpyArray.Zeros(NpyType.Float32, 3, 1));
        EpisodeFile.Write(EpisodeFile.PathOf(folder, 2), other);
        Assert.That(() => Column<float>(Context.Data.LoadFromRecording(folder), "reward"), Throws.TypeOf<RecordingException>()
            .With.Message.Contains("episode-000002.npz: observation is float32 [3, 5], in the first episode"));
        Assert.That(() => Context.Data.LoadFromRecording(Path.Combine(folder, "nothing")), Throws.TypeOf<RecordingException>()
            .With.Message.Contains("There is no recording"));
    }

    [Test]
    public void WhatIsWrittenIsWhatWasRead([Values] bool taken, [Values("vectors", "images", "choices")] string kind)
    {
        string folder = Folder(), copy = Path.Combine(Folder(), "copy");
        for (int i = 0; i < 3; i++)
        {
            int records = 3 + i;
            Random draws = new Random(i);
            NpyArray observation = kind == "images" ? NpyArray.Zeros(NpyType.UInt8, records, 4, 5, 3)
                : NpyArray.Zeros(NpyType.Float32, records, 2);
            if (kind == "images")
                draws.NextBytes(observation.As<byte>());
            NpyArray action = kind == "choices" ? NpyArray.Of([0L, .. Enumerable.Range(1, records - 1).Select(t => (long)(t % 3))])
                : NpyArray.Of([0, 0, .. Enumerable.Range(2, 2 * records - 2).Select(_ => draws.NextSingle())], records, 2);
            EpisodeFile.Write(EpisodeFile.PathOf(folder, i), EpisodeOf(records, observation, action));
        }
        IDataView data = Context.Data.LoadFromRecording(folder, taken: taken);
        EpisodeColumns columns = new() { Actions = taken ? ActionAlignment.Taken : ActionAlignment.Led };
        Assert.That(Context.Data.SaveAsEpisodes(data, copy, columns), Is.EqualTo(3));
        Recording before = Recording.Read(folder), after = Recording.Read(copy);
        Assert.That(after.Spec.Action, Is.EqualTo(before.Spec.Action).Or.Property("Kind").EqualTo(ActionKind.Continuous));
        for (int i = 0; i < 3; i++)
        {
            foreach ((string name, NpyArray array) in before.Episodes[i].Columns)
            {
                NpyArray found = after.Episodes[i][name];
                Assert.That((found.Describe(), found.ToFloats()), Is.EqualTo((array.Describe(), array.ToFloats())), name);
            }
        }
    }

    [Test]
    public void ActionsOfAPolicyAreWrittenWhereTheyLed()
    {
        string folder = Write(2), copy = Path.Combine(Folder(), "copy"), bundle = Keep(Tools.PendulumBundle.Write(agent: true));
        IDataView data = Context.Data.LoadFromRecording(folder);
        IDataView widened = Context.Transforms.Concatenate("X", "observation", "reward").Fit(data).Transform(data);
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", "episode").Fit(widened).Transform(widened);
        Context.Data.SaveAsEpisodes(acted, copy, new() { Action = "U", Actions = ActionAlignment.Taken, Extras = ["step"] });
        float[] taken = Column<float>(acted, "U");
        Assert.That(taken, Has.Some.Not.Zero);
        Recording written = Recording.Read(copy, new() { Extras = ["step"] });
        Assert.That(written.Episodes[0].Actions.As<float>().ToArray(), Is.EqualTo((float[])[0, .. taken[..2]]));
        Assert.That(written.Episodes[1].Actions.As<float>().ToArray(), Is.EqualTo((float[])[0, .. taken[3..6]]));
        Assert.That(written.Episodes[1]["step"].As<long>().ToArray(), Is.EqualTo((long[])[0, 1, 2, 3]));
    }

    [Test]
    public void WhatIsNoEpisodeIsNotWritten()
    {
        IDataView data = Data(2);
        string copy = Path.Combine(Folder(), "copy");
        void Refuse(IDataView view, EpisodeColumns columns, string expected) => Assert.That(
            () => Context.Data.SaveAsEpisodes(view, copy, columns), Throws.TypeOf<RecordingException>().With.Message.Contains(expected));

        Refuse(data, new(), "There is no column 'episode' of episodes: the data have X, Image, Episode");
        IDataView recorded = Context.Data.LoadFromRecording(Write(2));
        Refuse(recorded, new() { Action = "terminated" }, "Column 'terminated' is Boolean; expected Int64, Single or a vector of Single");
        Refuse(recorded, new() { Reward = "step" }, "Column 'step' is Int64; expected Single");
        Refuse(recorded, new() { Terminated = "step" }, "Column 'step' is Int64; expected Boolean");
        Refuse(recorded, new() { Episode = "step" }, "it has 1 record; an episode has at least two");
        Context.Data.SaveAsEpisodes(recorded, copy);
        Refuse(recorded, new(), "has episodes already: name another folder");
    }

    private string Folder() => Keep(Directory.CreateTempSubdirectory("worldmodels-data-").FullName);

    /// <summary>Episodes of 3, 4 ... records.</summary>
    private string Write(int episodes)
    {
        string folder = Folder();
        for (int i = 0; i < episodes; i++)
        {
            int records = 3 + i;
            Random draws = new Random(i);
            float[] Numbers(int reset, int count) =>
                [.. Enumerable.Range(0, count).Select(at => at < reset ? 0 : draws.NextSingle())];
            EpisodeFile.Write(EpisodeFile.PathOf(folder, i), EpisodeOf(
                records, NpyArray.Of(Numbers(0, 2 * records), records, 2), NpyArray.Of(Numbers(1, records), records, 1)));
        }
        return folder;
    }

    private static Episode EpisodeOf(int records, NpyArray observation, NpyArray action) => new(new Dictionary<string, NpyArray>
    {
        ["observation"] = observation,
        ["action"] = action,
        ["reward"] = NpyArray.Of([0f, .. Enumerable.Range(1, records - 1).Select(t => t / 2f)]),
        ["terminated"] = NpyArray.Of(new bool[records]),
        ["truncated"] = NpyArray.Of([.. new bool[records - 1], true]),
    });
}
