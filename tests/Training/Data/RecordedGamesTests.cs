using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Data;

/// <summary>What is recorded of games, in every mode, and what is learnt from of it.</summary>
[TestFixtureSource(typeof(MiniPacmanMode), nameof(MiniPacmanMode.All))]
public sealed class RecordedGamesTests(MiniPacmanMode mode)
{
    private const int Frame = 3 * MiniPacmanMaze.Cells;

    private RewardTable _rewards;
    private IReadOnlyList<Episode> _episodes;

    [OneTimeSetUp]
    public void Record()
    {
        _rewards = RewardTable.For(mode);
        EnvironmentModelOptions options = new EnvironmentModelOptions { Frames = 12_000, Games = 24, Epsilon = 0.1 };
        _episodes = EpisodeRecorder.Record(options, mode, _rewards, new PlainProgress(TextWriter.Null), CancellationToken.None);
    }

    /// <summary>Every mode has its rewards and its ends, and a model of it trains and is judged.</summary>
    [Test]
    public void AModelLearnsOfThem()
    {
        EnvironmentModelOptions options = new EnvironmentModelOptions
        {
            Env = $"minipacman-{mode.Name}", Updates = 200, Frames = 3000, Games = 12, Stack = 2, Epsilon = 0.1,
        };
        using TemporaryRun run = new TemporaryRun("environment-model", options);
        using EnvironmentModelTrainer trainer = new EnvironmentModelTrainer(options, CPU);
        IReadOnlyDictionary<string, double> last = run.Train(trainer);
        IReadOnlyDictionary<string, double> figures = trainer.Evaluate(options.EvaluationEpisodes, TemporaryRun.Progress);
        Assert.That(last.Values, Is.All.Matches<double>(double.IsFinite));
        Assert.That(last["pixel_loss"], Is.LessThan(0.5 * Math.Log(MiniPacmanPixels.Count)), "it was ln 7 before the first update");
        Assert.That(figures["reward"], Is.InRange(0.2, 1));
        Assert.That(figures.Values, Is.All.Matches<double>(double.IsFinite));
    }

    /// <summary>The last step's too, at which the game is over and deaths are paid for.</summary>
    [Test]
    public void EveryRewardIsItsClasss()
    {
        foreach (Episode episode in _episodes)
        {
            for (int t = 1; t < episode.Records; t++)
            {
                byte rewardClass = episode[EpisodeRecorder.RewardClass].As<byte>()[t];
                Assert.That(episode.Rewards[t], Is.EqualTo((float)_rewards.Values[rewardClass]), $"step {t} of {episode.Steps}");
            }
        }

        Assert.That(_episodes.Count(episode => episode.Terminated), Is.Positive, "nobody died");
    }

    /// <summary>
    /// Pacman walks a cell at a time, but where a level begins he is somewhere else: in the transition that is marked, and in no other. The
    /// picture of a level that ran out of time changes a step late, and the mark with it.
    /// </summary>
    [Test]
    public void ANewLevelIsMarkedWhereItShows()
    {
        int levels = 0, elsewhere = 0;
        foreach (Episode episode in _episodes)
        {
            Transitions transitions = new Transitions([episode]);
            for (int t = 0; t < episode.Steps; t++)
            {
                bool walked = Distance(Pacman(transitions.Classes(t)), Pacman(transitions.NextClasses(t))) <= 1;
                bool marked = episode[EpisodeRecorder.LevelUp].As<bool>()[t + 1];
                Assert.That(walked || marked, $"pacman jumps unmarked, at step {t} of {episode.Steps}");
                levels += marked ? 1 : 0;
                elsewhere += walked ? 0 : 1;
            }
        }
        TestContext.Out.WriteLine($"{mode}: {levels} new levels in {_episodes.Sum(episode => episode.Steps)} steps, {elsewhere} jumps");
        Assert.That(levels, Is.Positive);
        Assert.That(elsewhere, Is.GreaterThan(0.9 * levels), "by chance pacman seldom begins beside where he was");
    }

    [Test]
    public void AStackIsTheFramesBeforeAndNoOtherEpisodes()
    {
        const int Stack = 4;
        Transitions transitions = new Transitions(_episodes);
        (float[] frames, float[] expected) = (new float[Stack * Frame], new float[Stack * Frame]);
        int transition = 0;
        foreach (Episode episode in _episodes)
        {
            for (int t = 0; t < episode.Steps; t++, transition++)
            {
                if (t > 6 && t < episode.Steps - 1)
                    continue;
                for (int i = 0; i < Stack; i++)
                {
                    for (int k = 0; k < Frame; k++)
                        expected[i * Frame + k] = episode.Observations.As<byte>()[Math.Max(0, t - Stack + 1 + i) * Frame + k] / 255f;
                }

                transitions.Frames(transition, Stack, frames);
                Assert.That(frames.AsSpan().SequenceEqual(expected), $"step {t} of {episode.Steps}");
            }
        }
    }

    /// <summary>A folder of an earlier version, a step's flags in one array and nothing of the reset, holds the same games.</summary>
    [Test]
    public void GamesOfAnEarlierVersionAreTheSameGames()
    {
        string folder = Directory.CreateTempSubdirectory("worldmodels-games-").FullName;
        try
        {
            for (int i = 0; i < _episodes.Count; i++)
                Npz.Write(EpisodeFile.PathOf(folder, i), AsEarlier(_episodes[i]));
            File.WriteAllText(Path.Combine(folder, Manifest.FileName), JsonSerializer.Serialize(Manifest.HashFiles(folder)));
            IReadOnlyList<Episode> read = RecordedGames.ReadOrRecord(
                folder, new(), mode, _rewards, TemporaryRun.Progress, CancellationToken.None);
            Assert.That(read, Has.Count.EqualTo(_episodes.Count));
            for (int i = 0; i < read.Count; i++)
            {
                Assert.That(read[i].Columns.Keys, Is.EquivalentTo(_episodes[i].Columns.Keys));
                foreach ((string name, NpyArray column) in _episodes[i].Columns)
                {
                    Assert.That(read[i][name].Describe(), Is.EqualTo(column.Describe()), name);
                    Assert.That(read[i][name].ToFloats(), Is.EqualTo(column.ToFloats()), name);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, NpyArray> AsEarlier(Episode episode)
    {
        ReadOnlySpan<bool> levels = episode[EpisodeRecorder.LevelUp].As<bool>();
        byte[] outcomes = new byte[episode.Steps];
        for (int t = 0; t < outcomes.Length; t++)
            outcomes[t] = (byte)(levels[t + 1] ? 4 : 0);
        outcomes[^1] |= (byte)((episode.Terminated ? 1 : 0) | (episode.Truncated ? 2 : 0));
        return new()
        {
            ["observation"] = episode.Observations,
            ["action"] = NpyArray.Of(episode.Actions.As<long>()[1..].ToArray()),
            ["reward"] = NpyArray.Of(episode.Rewards[1..].ToArray()),
            ["reward_class"] = NpyArray.Of(episode["reward_class"].As<byte>()[1..].ToArray()),
            ["outcome"] = NpyArray.Of(outcomes),
            ["predictable"] = NpyArray.Of(episode["predictable"].As<float>()[1..].ToArray()),
        };
    }

    private static int Pacman(ReadOnlySpan<byte> classes) => classes.IndexOf((byte)MiniPacmanPixel.Pacman);

    private static int Distance(int a, int b) => Math.Abs(a / MiniPacmanMaze.Columns - b / MiniPacmanMaze.Columns)
        + Math.Abs(a % MiniPacmanMaze.Columns - b % MiniPacmanMaze.Columns);
}
