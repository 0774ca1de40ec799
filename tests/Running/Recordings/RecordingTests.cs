using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.Tests.Recordings;

/// <summary>Recordings as npz files in the layouts that people have; what contradicts itself is refused by name.</summary>
public sealed class RecordingTests
{
    private static readonly string[] Ends = ["discount", "terminated", "truncated", "is_terminal", "terminal"];

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-recording-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [TestCase("is_terminal")]
    [TestCase("terminal")]
    [TestCase("terminations")]
    public void AnEndByAnotherNameIsAnEnd(string name)
    {
        Write(1, columns => columns[name] = NpyArray.Of([false, false, false, true]), "terminated", "truncated");
        Assert.That(Read().Episodes[0].Terminated);
    }

    [Test]
    public void EndsThatNobodyMarksAreRefusedUntilSomebodySaysWhatTheyAre()
    {
        Write(1, columns => columns["done"] = NpyArray.Of([false, false, false, true]), Ends);
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.Contains("episode-000001.npz does not say how its episode "
            + "ended: it has 'done', which is true at time limits too").And.Message.Contains("datasetEnds=truncated"));
        Recording cut = Recording.Read(_folder, new() { Ends = UnmarkedEnds.Truncated });
        Assert.That((cut.Episodes[0].Terminated, cut.Episodes[0].Truncated), Is.EqualTo((false, true)));
        Assert.That(cut.Notes, Has.Some.Contains("datasetEnds"));
        Assert.That(Recording.Read(_folder, new() { Ends = UnmarkedEnds.Terminated }).Episodes[0].Terminated);
    }

    [TestCase(0f, 0f, 0f, 1f, "discount[1] is 0, and the episode goes on to record 3")]
    [TestCase(0f, 0f, 0f, 0f, "discount[1] is 0, and the episode goes on to record 3")]
    [TestCase(1f, 1f, 0f, 1f, "discount[2] is 0")]
    [TestCase(1f, 2f, 1f, 1f, "discount[1] is 2")]
    public void DiscountsThatContradictTheEpisodeAreRefused(float a, float b, float c, float d, string expected)
    {
        Write(1, columns => columns["discount"] = NpyArray.Of([a, b, c, d]), Ends);
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.StartsWith(File(1)).And.Message.Contains(expected));
    }

    [Test]
    public void AnEpisodeThatGoesOnAfterItsEndIsRefused()
    {
        Write(1, columns => columns["terminated"] = NpyArray.Of([false, true, false, false]));
        Assert.That(() => Read(),
            Throws.TypeOf<RecordingException>().With.Message.Contains("terminated[1] is true, and the episode goes on to record 3"));
    }

    [Test]
    public void SeveralEpisodesInAFileArePartedWhereOneBegins()
    {
        Write(1, columns =>
        {
            columns["is_first"] = NpyArray.Of([true, false, true, false]);
            columns["is_terminal"] = NpyArray.Of([false, true, false, false]);
        }, "terminated", "truncated");
        Recording recording = Read();
        Assert.That(recording.Episodes.Select(episode => (episode.Steps, episode.Terminated)), Is.EqualTo(new[] { (1, true), (1, false) }));
        Assert.That(recording.Episodes[1].Observations.As<float>().ToArray(), Is.EqualTo(new float[] { 104, 7, 106, 7 }));
    }

    /// <summary>In Dreamer V3's chunks an action is kept with the observation it was taken at.</summary>
    [Test]
    public void ActionsOfReplayChunksBelongToTheNextRecord()
    {
        Write(1, columns =>
        {
            columns["stepid"] = NpyArray.Zeros(NpyType.UInt8, 4, 20);
            columns["is_first"] = NpyArray.Of([true, false, false, false]);
            columns["is_last"] = columns["is_terminal"] = NpyArray.Of([false, false, false, true]);
        }, "terminated", "truncated");
        Recording recording = Read();
        Assert.That(recording.Description, Does.Contain("Dreamer V3").And.Contain("was taken at observation[t]"));
        Assert.That(recording.Episodes[0].Actions.As<float>().ToArray(), Is.EqualTo(new float[] { 0, 9, -1, 2 }));
        Recording led = Recording.Read(_folder, new() { Actions = ActionAlignment.Led });
        Assert.That(led.Episodes[0].Actions.As<float>().ToArray(), Is.EqualTo(new float[] { 0, -1, 2, 1 }));
    }

    /// <summary>Nothing led to the reset: whatever stands there is neither a bound nor a number of an action.</summary>
    [TestCase(float.NaN)]
    [TestCase(1e6f)]
    [TestCase(-999f)]
    public void WhatStandsInForTheResetIsNotRead(float standIn)
    {
        Write(1, columns =>
        {
            columns["action"].As<float>()[0] = standIn;
            columns["reward"].As<float>()[0] = standIn;
        });
        Recording recording = Read();
        Assert.That((recording.Spec.Action.Low, recording.Spec.Action.High), Is.EqualTo((-1.0, 2.0)));
        Assert.That(recording.Episodes[0].Return, Is.EqualTo(3));
        Write(1, columns => columns["action"] = NpyArray.Of([standIn > 0 ? 255L : -1L, 0, 1, 0]));
        Assert.That(Read().Spec.Action, Is.EqualTo(ActionSpec.Discrete(2)));
    }

    [Test]
    public void TheFileThatHoldsANaNIsNamed()
    {
        for (int i = 0; i < 9; i++)
            Write(i, columns => columns["action"].As<float>()[2] = i == 7 ? float.NaN : 0.5f);
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.StartsWith(File(7)).And.Message
            .Contains("action holds a NaN or an infinity in record 2"));
    }

    [Test]
    public void BoundsAreOfEachNumberAndThoseThatOccur()
    {
        Write(1, columns => columns["action"] = NpyArray.Of([9f, 9, 280, 0.001f, 310, 0.002f, 290, 0], 4, 2));
        Recording recording = Read();
        ActionSpec action = recording.Spec.Action;
        Assert.That((action.Lows, action.Highs), Is.EqualTo(((double[])[280, 0], (double[])[310, (double)0.002f])));
        Assert.That(recording.Notes, Has.Some.Contains("280..310, 0..0.002"));
        Assert.That(recording.Warnings, Has.None.Contains("hardly moves"));
        Write(1, columns => columns["action"] = NpyArray.Of([0f, 0, 3000, 0.001f, -3000, 0.002f, 0, 0], 4, 2));
        Assert.That(Read().Warnings, Has.Some.Contains("hardly moves"));
    }

    [Test]
    public void AnActionThatNeverMovesIsSaid()
    {
        Write(1, columns => columns["action"].As<float>().Clear());
        Assert.That(Read().Notes, Has.Some.Contains("Number 0 of the actions is always 0"));
    }

    [Test]
    public void OneHotActionsAreNumbered()
    {
        Write(1, columns => columns["action"] = NpyArray.Of([0f, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0], 4, 3));
        Recording recording = Read();
        Assert.That(recording.Spec.Action, Is.EqualTo(ActionSpec.Discrete(3)));
        Assert.That(recording.Episodes[0].Actions.As<long>().ToArray(), Is.EqualTo(new long[] { 0, 2, 0, 1 }));
    }

    [TestCase(-3L, "action[1] is -3; expected the number of an action")]
    [TestCase(70000L, "action[1] is 70000")]
    public void NumbersThatAreNoActionsAreRefused(long number, string expected)
    {
        Write(1, columns => columns["action"] = NpyArray.Of([0L, number, 1, 0]));
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.Contains(expected));
    }

    [Test]
    public void WholeNumbersOfSeveralChoicesAreRefusedWithBothForms()
    {
        Write(1, columns => columns["action"] = NpyArray.Of([0L, 0, 3, 4, 5, 6, 7, 8], 4, 2));
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.Contains("float32").And.Message.Contains("int64 (N + 1)"));
    }

    [Test]
    public void EpisodesOfAnotherKindThanTheFirstAreRefused()
    {
        Write(1);
        Write(2, columns => columns["action"] = NpyArray.Of([0f, 0, 1, 9, 1, 9, 1, 9], 4, 2));
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.StartsWith(File(2)).And.Message
            .Contains($"in the first episode ({File(1)}) it is float32 [4, 1]"));
        Write(2, columns => columns["action"] = NpyArray.Of([0L, 1, 1, 0]));
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.StartsWith(File(2)));
    }

    [Test]
    public void StepsWithoutTheResetGetOne()
    {
        Write(1, columns =>
        {
            columns["action"] = NpyArray.Of([-1f, 2, 1], 3, 1);
            columns["reward"] = NpyArray.Of([1f, 1, 1]);
            columns["terminated"] = NpyArray.Of([false, false, true]);
            columns["truncated"] = NpyArray.Of([false, false, false]);
        });
        Episode episode = Read().Episodes[0];
        Assert.That((episode.Steps, episode.Terminated), Is.EqualTo((3, true)));
        Assert.That(episode.Actions.As<float>().ToArray(), Is.EqualTo(new float[] { 0, -1, 2, 1 }));
    }

    [Test]
    public void PartsOfAnObservationAreJoinedByName()
    {
        Write(1, columns =>
        {
            columns["observation/velocity"] = NpyArray.Of([1f, 2, 3, 4]);
            columns["observation/position"] = NpyArray.Of([0f, 9, 1, 9, 2, 9, 3, 9], 4, 2);
            columns["observation/camera"] = NpyArray.Zeros(NpyType.UInt8, 4, 64, 64, 3);
        }, "observation");
        Recording recording = Read();
        Assert.That(recording.Episodes[0].Observations.As<float>()[..3].ToArray(), Is.EqualTo(new float[] { 0, 9, 1 }));
        Assert.That(recording.Spec.ObservationNames, Is.EqualTo(new[] { "position[0]", "position[1]", "velocity" }));
        Assert.That(recording.Pictures(), Is.Empty);
        Assert.That(Recording.Read(_folder, new() { KeepPictures = true }).Pictures().Select(picture => picture.Key),
            Is.EqualTo(new[] { "observation/camera" }));
    }

    [Test]
    public void AFolderDeeperAndHiddenFilesAreSaid()
    {
        string deeper = Directory.CreateDirectory(Path.Combine(_folder, "inner")).FullName;
        Npz.Write(Path.Combine(deeper, "a.npz"), Columns());
        System.IO.File.WriteAllBytes(Path.Combine(_folder, "._a.npz"), [1, 2, 3]);
        Assert.That(() => Read(), Throws.TypeOf<RecordingException>().With.Message.Contains($"There are some in {deeper}"));
    }

    [Test]
    public void EpisodesThatAllTerminateAfterTheSameStepsAreDoubted()
    {
        for (int i = 0; i < 5; i++)
            Write(i, columns => columns["terminated"] = NpyArray.Of([false, false, false, true]));
        Assert.That(Read().Warnings, Has.Some.Contains("looks like a time limit").Or.Contains("If that is a time limit"));
    }

    [Test]
    public void OtherFilesAreTold()
    {
        Write(1);
        Write(2);
        RecordingIdentity before = RecordingIdentity.Of(Read());
        Assert.That(before.DifferenceTo(RecordingIdentity.Of(Read())), Is.Null);
        Write(3);
        Assert.That(before.DifferenceTo(RecordingIdentity.Of(Read())), Is.EqualTo("1 file new (episode-000003.npz)"));
        System.IO.File.Delete(File(3));
        Write(2, columns => columns["reward"].As<float>()[2] = 5);
        Assert.That(before.DifferenceTo(RecordingIdentity.Of(Read())), Is.EqualTo("1 file changed (episode-000002.npz)"));
        System.IO.File.Delete(File(2));
        Assert.That(before.DifferenceTo(RecordingIdentity.Of(Read())), Is.EqualTo("1 file missing (episode-000002.npz)"));
    }

    /// <summary>An episode's observations are 32 bytes.</summary>
    [TestCase(0)]
    [TestCase(40)]
    public void ObservationsBeyondTheMemoryTheyMayHaveAreReadFromAFile(long memory)
    {
        for (int i = 1; i <= 30; i++)
        {
            float from = i;
            Write(i, columns => columns["observation"] = NpyArray.Of([from, 7, 102, 7, 104, 7, 106, -from], 4, 2));
        }
        Recording within = Read(), beyond = Recording.Read(_folder, new() { Memory = memory });
        Assert.That(beyond.Notes, Has.Some.Contains("are read from a temporary file"));
        Assert.That(beyond.Episodes.Select(episode => episode.Observations.As<float>().ToArray()),
            Is.EqualTo(within.Episodes.Select(episode => episode.Observations.As<float>().ToArray())));
        float[] seen = new float[2];
        beyond.Episodes[16].CopyObservation(3, seen);
        Assert.That(seen, Is.EqualTo(new float[] { 106, -17 }));
        Assert.That((beyond.Observations.Mean(0), beyond.Observations.Std(1)), Is.EqualTo((within.Observations.Mean(0), within.Observations.Std(1))));
    }

    /// <summary>A mass that is pushed: its speed is the sum of the pushes, and the reward is that speed.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void ActionsAndRewardsInRecordZeroAreHeldAgainstWhatHappens(bool late)
    {
        Random draws = new Random(1);
        for (int i = 1; i <= 5; i++)
        {
            float[] actions = [.. Enumerable.Range(0, 61).Select(_ => draws.NextSingle() * 2 - 1)], seen = new float[2 * 61], rewards = new float[61];
            for (int t = 1; t < 61; t++)
            {
                seen[2 * t + 1] = seen[2 * t - 1] + actions[late ? t - 1 : t];
                seen[2 * t] = seen[2 * t - 2] + 0.1f * seen[2 * t + 1];
            }
            for (int t = 0; t < 61; t++)
                rewards[t] = late ? seen[2 * Math.Min(t + 1, 60) + 1] : seen[2 * t + 1];
            Write(i, columns =>
            {
                (columns["observation"], columns["action"]) = (NpyArray.Of(seen, 61, 2), NpyArray.Of(actions, 61, 1));
                (columns["reward"], columns["terminated"], columns["truncated"]) =
                    (NpyArray.Of(rewards), NpyArray.Of(new bool[61]), NpyArray.Of([.. new bool[60], true]));
            });
        }
        IReadOnlyList<string> warnings = Read().Warnings;
        Assert.That(warnings, Has.Some.Match(late
            ? "Record 0 of 5 of 5 episodes carries an action.*datasetActions=taken.*leaves [1-9][0-9.]+ %.* as it is read, 0.0 % if"
            : "Record 0 of 5 of 5 episodes carries an action.*leaves 0.0 % of the changes of .* as it is read, [1-9][0-9.]+ % if"));
        Assert.That(warnings, late
            ? Has.Some.Match("carries a reward.*leaves [1-9][0-9.]* % of the rewards unexplained as it is read, 0.0 % if")
            : Has.None.Contains("carries a reward"));
        Recording taken = Recording.Read(_folder, new() { Actions = ActionAlignment.Taken });
        Assert.That(taken.Warnings, Has.None.Contains("carries an action"));
    }

    private Recording Read() => Recording.Read(_folder);

    private string File(int number) => EpisodeFile.PathOf(_folder, number);

    private void Write(int number, Action<Dictionary<string, NpyArray>>? change = null, params string[] without)
    {
        Dictionary<string, NpyArray> columns = Columns();
        foreach (string name in without)
            columns.Remove(name);
        change?.Invoke(columns);
        Npz.Write(File(number), columns);
    }

    /// <summary>An episode of 4 records; observations (2) count by 2 from 100, beside a 7; actions 9 (the reset's), -1, 2, 1.</summary>
    private static Dictionary<string, NpyArray> Columns() => new()
    {
        ["observation"] = NpyArray.Of([100f, 7, 102, 7, 104, 7, 106, 7], 4, 2),
        ["action"] = NpyArray.Of([9f, -1, 2, 1], 4, 1),
        ["reward"] = NpyArray.Of([0f, 1, 1, 1]),
        ["terminated"] = NpyArray.Of([false, false, false, false]),
        ["truncated"] = NpyArray.Of([false, false, false, true]),
    };
}
