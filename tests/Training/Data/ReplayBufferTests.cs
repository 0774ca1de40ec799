using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Whole episodes, in bounded memory and on disk.</summary>
public sealed class ReplayBufferTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3));

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-replay-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TheOldestEpisodesAreForgottenAndTheirFilesGoACheckpointLater()
    {
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 10, _folder);
        for (int i = 0; i < 5; i++)
            replay.Add(Played.Episode(i, records: 4, Discrete));
        Assert.That((replay.Count, replay.Records), Is.EqualTo((2, 8L)));
        Assert.That(replay.Episodes.Select(episode => episode.Observations.As<float>()[0]), Is.EqualTo(new[] { 3f, 4f }));
        Assert.That(EpisodeFile.Files(_folder), Has.Count.EqualTo(5), "a killed run may need them");
        Save(replay);
        Assert.That(EpisodeFile.Files(_folder), Has.Count.EqualTo(5), "this checkpoint may never be written");
        Save(replay);
        Assert.That(EpisodeFile.Files(_folder).Select(Path.GetFileName), Is.EqualTo(new[] { "episode-000003.npz", "episode-000004.npz" }));
    }

    [Test]
    public void MemoryBoundsWhatIsKeptToo()
    {
        long bytes = Played.Episode(0, records: 4, Discrete).Bytes;
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 1000, folder: null) { Memory = 2 * bytes };
        for (int i = 0; i < 5; i++)
            replay.Add(Played.Episode(i, records: 4, Discrete));
        Assert.That((replay.Count, replay.Records, replay.Bytes, replay.Forgotten), Is.EqualTo((2, 8L, 2 * bytes, 3L)));
    }

    [Test]
    public void ARunThatGoesOnKnowsWhatItsCheckpointKnew()
    {
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 100, _folder);
        for (int i = 0; i < 3; i++)
            replay.Add(Played.Episode(i, records: 4, Discrete));
        byte[] checkpoint = Save(replay);
        replay.Add(Played.Episode(9, records: 4, Discrete));      // after the checkpoint, before the kill

        ReplayBuffer resumed = new ReplayBuffer([2], Discrete, capacity: 100, _folder);
        resumed.Restore(new BinaryReader(new MemoryStream(checkpoint)));
        Assert.That(resumed.Episodes.Select(episode => episode.Observations.As<float>()[0]), Is.EqualTo(new[] { 0f, 1f, 2f }));
        Assert.That(EpisodeFile.Files(_folder), Has.Count.EqualTo(3));
        resumed.Add(Played.Episode(7, records: 4, Discrete));
        Assert.That(Dataset.Read(EpisodeFile.PathOf(_folder, 3), [2], Discrete).Observations.As<float>()[0], Is.EqualTo(7));
    }

    /// <summary>Sequences are stretches of episodes; where one ends, another begins, from its own first record.</summary>
    [Test]
    public void SequencesRunOnIntoOtherEpisodes()
    {
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 1000, folder: null);
        for (int i = 0; i < 4; i++)
            replay.Add(Played.Episode(100 * i, records: 3 + 4 * i, Discrete));      // 3, 7, 11, 15 records
        SequenceBatch batch = new SequenceBatch(length: 8, batch: 64, observation: 2, action: 3);
        replay.Sample(batch, seed: 1, update: 5);
        int begun = 0;
        for (int row = 0; row < batch.Batch; row++)
        {
            Assert.That(batch.IsFirst[row], Is.EqualTo(batch.Observations[row * 2] % 100 == 0 ? 1 : 0), "a first record or not");
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
        }

        Assert.That(begun, Is.GreaterThan(10));
        SequenceBatch again = new SequenceBatch(8, 64, 2, 3);
        replay.Sample(again, seed: 1, update: 5);
        Assert.That(again.Observations, Is.EqualTo(batch.Observations));
        replay.Sample(again, seed: 1, update: 6);
        Assert.That(again.Observations, Is.Not.EqualTo(batch.Observations));
    }

    [Test]
    public void StatisticsAreThoseOfAllRecords()
    {
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 1000, folder: null);
        replay.Add(Played.Episode(0, records: 3, Discrete));      // first numbers 0, 1, 2; second ones 7
        replay.Add(Played.Episode(3, records: 2, Discrete));      // 3, 4
        (float[] mean, float[] std) = replay.Statistics();
        Assert.That(mean, Is.EqualTo(new[] { 2f, 7f }).Within(1e-6));
        Assert.That(std, Is.EqualTo(new[] { MathF.Sqrt(2), 0f }).Within(1e-6));
    }

    /// <summary>
    /// Of images of 64 x 64 x 3 the bytes are kept and nothing else of their size: 12.3 KB a frame, 1.2 GB for 100,000 of them, where
    /// floats would take 4.9 GB. What a folder gives back takes no more.
    /// </summary>
    [Test]
    public void ImagesStayBytes()
    {
        const int Episodes = 20, Records = 101;
        const double Frames = (double)Episodes * Records * 64 * 64 * 3;
        int[] shape = [64, 64, 3];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ReplayBuffer replay = new ReplayBuffer(shape, Discrete, capacity: 1_000_000, _folder);
        for (int i = 0; i < Episodes; i++)
            replay.Add(Played.Images(i, Records, shape, Discrete));
        long played = GC.GetTotalMemory(forceFullCollection: true) - before;
        byte[] checkpoint = Save(replay);
        GC.KeepAlive(replay);
        ReplayBuffer restored = new ReplayBuffer(shape, Discrete, capacity: 1_000_000, _folder);
        restored.Restore(new BinaryReader(new MemoryStream(checkpoint)));
        long both = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(replay);
        GC.KeepAlive(restored);
        TestContext.Out.WriteLine($"{Frames / 1e6:F2} MB of frames; kept {played / 1e6:F2} MB, twice {both / 1e6:F2} MB");
        Assert.That(played / Frames, Is.InRange(0.98, 1.03));
        Assert.That(both / Frames, Is.InRange(1.96, 2.06));
    }

    /// <summary>The batch holds them as networks see them, exactly a byte's 255th.</summary>
    [Test]
    public void ImagesBecomeNumbersWithTheBatch()
    {
        int[] shape = [3, 5, 7];
        ReplayBuffer replay = new ReplayBuffer(shape, Discrete, capacity: 1000, folder: null);
        for (int i = 0; i < 3; i++)
            replay.Add(Played.Images(80 * i, records: 70, shape, Discrete));
        SequenceBatch batch = new SequenceBatch(length: 6, batch: 32, observation: 105, action: 3);
        replay.Sample(batch, seed: 3, update: 1);
        for (int at = 0; at < 6 * 32; at++)
        {
            float[] image = batch.Observations[(at * 105)..((at + 1) * 105)];
            float value = MathF.Round(image[0] * 255);
            Assert.That(image, Is.All.EqualTo(value / 255f));
            int record = (int)value % 80;
            Assert.That(batch.Rewards[at], Is.EqualTo(record));
            Assert.That(batch.Actions[(at * 3)..(at * 3 + 3)], Is.EqualTo(OneHot(record)));
        }
        Assert.That(batch.Discounts, Is.All.EqualTo(1), "they ran out of time, none terminated");

        static float[] OneHot(int record) => [.. Enumerable.Range(0, 3).Select(i => record > 0 && i == record % 3 ? 1f : 0f)];
    }

    /// <summary>What a run that is resumed learns from is what it would have learnt from.</summary>
    [Test]
    public void ABatchIsTheSameOutOfMemoryAndOffTheDisk()
    {
        ActionVectors actions = new ActionVectors(ActionSpec.Continuous([2], -0.3, 1.7));      // bounds that floats do not hold exactly
        ReplayBuffer replay = new ReplayBuffer([2], actions, capacity: 1000, _folder);
        for (int i = 0; i < 4; i++)
            replay.Add(Played.Episode(10 * i, records: 9, actions));
        ReplayBuffer resumed = new ReplayBuffer([2], actions, capacity: 1000, _folder);
        resumed.Restore(new BinaryReader(new MemoryStream(Save(replay))));
        SequenceBatch first = new(5, 16, 2, 2), second = new(5, 16, 2, 2);
        replay.Sample(first, seed: 1, update: 2);
        resumed.Sample(second, seed: 1, update: 2);
        Assert.That(second.Actions, Is.EqualTo(first.Actions).And.Some.Not.Zero);
        Assert.That(second.Observations, Is.EqualTo(first.Observations));
    }

    [Test]
    public void SpreadObservationsAreEverySoManyRecords()
    {
        ReplayBuffer replay = new ReplayBuffer([2], Discrete, capacity: 1000, folder: null);
        replay.Add(Played.Episode(0, records: 6, Discrete));
        replay.Add(Played.Episode(6, records: 4, Discrete));
        Assert.That(replay.SpreadObservations(5), Is.EqualTo(new float[] { 0, 7, 2, 7, 4, 7, 6, 7, 8, 7 }));
    }

    private static byte[] Save(ReplayBuffer replay)
    {
        using MemoryStream stream = new MemoryStream();
        replay.Save(new BinaryWriter(stream));
        return stream.ToArray();
    }
}
