using PureHDF;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Recordings.Formats.Hdf5;
using WorldModels.Tests.Onnx;

namespace WorldModels.Tests.Recordings;

/// <summary>
/// D4RL's rows become episodes. The files have 8 rows of observations 0, 1, 2; 3, 4, 5; ...: three that terminate, two that run out of
/// time, one that does at once, and two without an end.
/// </summary>
public sealed class D4rlFormatTests
{
    private static readonly D4rlFormat Format = new();

    [Test]
    public void ItRecognisesHdf5FilesThatAreNotMinaris()
    {
        Assert.That(Format.Recognises(RecordingFiles.PathOf("d4rl-next.hdf5")));
        Assert.That(Format.Recognises(RecordingFiles.PathOf("old-v0/data/main_data.hdf5")), Is.False);
        Assert.That(Format.Recognises(RecordingFiles.PathOf("old-v0")), Is.False);
        Assert.That(Format.Recognises(RecordingFiles.PathOf("write.py")), Is.False);
    }

    [Test]
    public void WhereNobodyKeptTheArrivalsTheLastStepIsRepeatedOrLeftOut()
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf("d4rl-timeouts.hdf5"), new());
        List<RecordedEpisode> episodes = All(reader);
        Assert.That(episodes, Has.Count.EqualTo(3));
        Check(episodes[0], 0, [0, 1, 2, 2], [0, 1, 2], terminated: true);
        Check(episodes[1], 3, [3, 4], [3], terminated: false);
        Check(episodes[2], 6, [6, 7], [6], terminated: false);
        Assert.That(reader.Notes, Is.EqualTo(new[]
        {
            "Episodes whose last step is left out: 3; they did not terminate, and without 'next_observations' nobody knows where it led.",
            "Episodes whose last observation stands twice: 1; they terminated, and without 'next_observations' only so the end is learnt.",
            "Episodes of a single row that are left out: 1; no step remains of them.",
            "Nothing marks the end of the last 2 rows; they count as an episode that was cut off.",
            "Not read: infos, metadata.",
        }));
        Assert.That(reader.Declared, Is.Null);
        Assert.That(reader.Description, Does.StartWith("D4RL file: 3 episodes in '"));
    }

    [Test]
    public void ArrivalsThatWereKeptEndEveryEpisode()
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf("d4rl-next.hdf5"), new());
        List<RecordedEpisode> episodes = All(reader);
        Assert.That(episodes, Has.Count.EqualTo(4));
        Check(episodes[0], 0, [0, 1, 2], [0, 1, 2], terminated: true, arrival: [20, 22, 24]);
        Check(episodes[1], 3, [3, 4], [3, 4], terminated: false, arrival: [40, 44, 48]);
        Check(episodes[2], 5, [5], [5], terminated: false, arrival: [50, 55, 60]);
        Check(episodes[3], 6, [6, 7], [6, 7], terminated: false, arrival: [90, 91, 92]);
        Assert.That(reader.Notes, Has.Count.EqualTo(2));
    }

    [Test]
    public void WithoutTimeoutsOnlyTerminalsMarkEnds()
    {
        using IRecordingReader reader = Format.Open(RecordingFiles.PathOf("d4rl-terminals.hdf5"), new());
        List<RecordedEpisode> episodes = All(reader);
        Assert.That(episodes, Has.Count.EqualTo(2));
        Check(episodes[0], 0, [0, 1, 2, 2], [0, 1, 2], terminated: true);
        Check(episodes[1], 3, [3, 4, 5, 6, 7], [3, 4, 5, 6], terminated: false);
        Assert.That(reader.Notes, Does
            .Contain("There is no 'timeouts': only terminals mark ends, and a time limit inside the file goes unseen.")
            .And.Contain("Nothing marks the end of the last 5 rows; they count as an episode that was cut off."));
    }

    [TestCase("actions", "its root has no 'actions'. Expected D4RL's observations, actions, rewards and terminals")]
    [TestCase("terminals", "its root has no 'terminals'.")]
    public void WhatIsMissingIsSaid(string array, string expected)
    {
        H5File file = Rows(9, 2);
        file.Remove(array);
        Refuse(file, expected);
    }

    [TestCase("rewards", "rewards has 3 rows. Expected 9, as observations has")]
    [TestCase("timeouts", "timeouts has 3 rows. Expected 9, as observations has")]
    [TestCase("next_observations", "next_observations has 3 rows. Expected 9, as observations has")]
    public void RowsThatAreNotAsManyAreRefused(string array, string expected)
    {
        H5File file = Rows(9, 2);
        file[array] = new float[3];
        Refuse(file, expected);
    }

    [Test]
    public void AnEndThatNoFlagMarksIsSeenInTheArrivals()
    {
        H5File file = Rows(9, 1);
        float[,] arrivals = new float[9, 1];
        for (int row = 0; row < 8; row++)
            arrivals[row, 0] = row == 4 ? 77 : row + 1;
        file["next_observations"] = arrivals;
        Refuse(file, "next_observations[4] is not observations[5], and neither terminals nor timeouts mark an end there.");
    }

    [Test]
    public void ALongFileIsReadInPartsOfWholeEpisodes()
    {
        const int Count = 120_000, Length = 1_000, Size = 40;
        using TemporaryDirectory folder = new();
        H5File file = Rows(Count, Size);
        byte[] timeouts = new byte[Count];
        for (int row = Length - 1; row < Count; row += Length)
            timeouts[row] = 1;
        file["timeouts"] = timeouts;
        file.Write(folder["long.hdf5"]);
        using IRecordingReader reader = Format.Open(folder["long.hdf5"], new());
        Assert.That(reader.Parts, Is.EqualTo(3));
        List<RecordedEpisode>[] parts = new List<RecordedEpisode>[reader.Parts];
        Parallel.For(0, parts.Length, part => parts[part] = [.. reader.Read(part)]);
        List<RecordedEpisode> episodes = [.. parts.SelectMany(part => part)];
        Assert.That(episodes, Has.Count.EqualTo(Count / Length));
        for (int e = 0; e < episodes.Count; e++)
        {
            Assert.That(episodes[e].FirstRecord, Is.EqualTo(e * Length));
            Assert.That(episodes[e].Columns["observation"].Shape, Is.EqualTo(new[] { Length, Size }));
            Assert.That(episodes[e].Columns["observation"].As<float>()[^1], Is.EqualTo((e + 1) * Length - 1));
        }
    }

    private static void Check(RecordedEpisode episode, int first, int[] seen, int[] done, bool terminated, double[]? arrival = null)
    {
        int records = done.Length + 1;
        IReadOnlyDictionary<string, NpyArray> columns = episode.Columns;
        double[] observations = [.. seen.SelectMany(row => (double[])[3 * row, 3 * row + 1, 3 * row + 2]), .. arrival ?? []];
        RecordingFiles.Check(columns["observation"], NpyType.Float32, [records, 3], observations);
        RecordingFiles.Check(
            columns["action"], NpyType.Float32, [records, 2], [0, 0, .. done.SelectMany(row => (double[])[row / 2.0, row / 2.0 + 0.25])]);
        RecordingFiles.Check(columns["reward"], NpyType.Float32, [records], [0, .. done.Select(row => (double)row)]);
        RecordingFiles.Check(columns["terminated"], NpyType.Bool, [records], [.. new double[records - 1], terminated ? 1 : 0]);
        RecordingFiles.Check(columns["truncated"], NpyType.Bool, [records], [.. new double[records - 1], terminated ? 0 : 1]);
        Assert.That(episode.FirstRecord, Is.EqualTo(first));
        Assert.That(() => new Episode(columns), Throws.Nothing);
    }

    private static H5File Rows(int count, int size)
    {
        float[,] observations = new float[count, size];
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < size; i++)
                observations[row, i] = row;
        }
        return new H5File
        {
            ["observations"] = observations,
            ["actions"] = new float[count, 1],
            ["rewards"] = new float[count],
            ["terminals"] = new byte[count],
        };
    }

    private static List<RecordedEpisode> All(IRecordingReader reader) => [.. Enumerable.Range(0, reader.Parts).SelectMany(reader.Read)];

    private static void Refuse(H5File file, string expected)
    {
        using TemporaryDirectory folder = new();
        file.Write(folder["rows.hdf5"]);
        RecordingException refused = Assert.Throws<RecordingException>(() =>
        {
            using IRecordingReader reader = Format.Open(folder["rows.hdf5"], new());
            All(reader);
        });
        Assert.That(refused.Message, Does.Contain($"'{folder["rows.hdf5"]}': {expected}").And.Not.Contain("\n"));
    }
}
