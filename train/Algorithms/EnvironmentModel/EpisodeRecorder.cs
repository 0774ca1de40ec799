using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>Plays MiniPacman and records whole episodes.</summary>
public static class EpisodeRecorder
{
    /// <summary>(N + 1) uint8: the class of the reward, by the mode's reward table.</summary>
    public const string RewardClass = "reward_class";

    /// <summary>(N + 1) bool: whether this frame is the first that shows a new level.</summary>
    public const string LevelUp = "level_up";

    /// <summary>(N + 1) float32: about the probability of the most likely frame here under the rules; 0 of a new level.</summary>
    public const string Predictable = "predictable";

    private const int FrameSize = 3 * MiniPacmanMaze.Cells;

    /// <summary>How frames are kept: (N + 1, 3, 15, 19), 0..255.</summary>
    public static EpisodeColumn Frame { get; } =
        new(EpisodeColumn.Observation, NpyType.UInt8, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns);

    /// <summary>What is recorded beside that which every episode has.</summary>
    public static IReadOnlyList<EpisodeColumn> Extras { get; } =
        [new(RewardClass, NpyType.UInt8), new(LevelUp, NpyType.Bool), new(Predictable, NpyType.Float32)];

    /// <summary>Plays until the recorded episodes hold at least as many frames as asked for. A function of the options alone.</summary>
    public static IReadOnlyList<Episode> Record(
        EnvironmentModelOptions options, MiniPacmanMode mode, RewardTable rewards, IProgressReport progress, CancellationToken stop)
    {
        // Stepped one by one: a vector would reset a game at its end, and with it the events of its last step.
        MiniPacmanEnvironment[] games = [.. Enumerable.Range(0, options.Games).Select(_ => new MiniPacmanEnvironment(mode))];
        double epsilon = options.Policy == CollectionPolicy.Random ? 1 : options.Epsilon;
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon, (ulong)options.Seed);
        MiniPacmanGame painter = new MiniPacmanGame(mode, new Mt19937RandomSource(0));
        ActionVectors actions = new ActionVectors(ActionSpec.Discrete(((Discrete)games[0].ActionSpace).N));
        Recording[] recordings = [.. games.Select(_ => new Recording(new EpisodeBuilder(Frame, actions, [.. Extras])))];
        float[] observation = new float[FrameSize];
        byte[] frame = new byte[FrameSize];
        List<Episode> episodes = [];
        for (int row = 0; row < games.Length; row++)
        {
            games[row].Reset(RowSeed.Of((ulong)options.Seed, row), observation);
            Pixels.ToBytes(observation, frame);
            recordings[row].Episode.Begin<byte>(frame);
        }
        using IProgressTask task = progress.Start("collecting frames", options.Frames);
        int steps = 0;
        while (steps < options.Frames && !stop.IsCancellationRequested)
        {
            for (int row = 0; row < games.Length; row++)
            {
                (MiniPacmanEnvironment environment, Recording recording) = (games[row], recordings[row]);
                MiniPacmanGame game = environment.Game;
                Ghosts before = new Ghosts(game.State);
                int action = player.Act(game);
                StepResult result = environment.Step([action], observation);
                // A level that ran out of time is still in the picture: the new one shows after the next step.
                bool late = game.Events.LevelUp && !IsPictureOf(painter, game);
                bool levelUp = recording.LevelUpIsDue || (game.Events.LevelUp && !late);
                recording.LevelUpIsDue = late;
                Pixels.ToBytes(observation, frame);
                recording.Episode.Add<byte>(frame, action, (float)result.Reward, result.Terminated, result.Truncated);
                recording.Episode.Set(RewardClass, (byte)rewards.ClassOf(game.Events));
                recording.Episode.Set(LevelUp, levelUp);
                recording.Episode.Set(Predictable, levelUp ? 0 : before.Predictable(game.Events));
                if (!result.Done)
                    continue;
                episodes.Add(recording.Episode.End());
                steps += episodes[^1].Steps;
                environment.Reset(null, observation);
                Pixels.ToBytes(observation, frame);
                recording.LevelUpIsDue = false;
                recording.Episode.Begin<byte>(frame);
            }
            task.Report(Math.Min(steps, options.Frames), $"{episodes.Count} episodes");
        }
        return episodes;
    }

    /// <summary>Whether a game's picture shows its state.</summary>
    private static bool IsPictureOf(MiniPacmanGame painter, MiniPacmanGame game)
    {
        painter.Load(game.State);
        return painter.Observation.SequenceEqual(game.Observation);
    }

    /// <summary>What decides, before a step, how its ghosts will move.</summary>
    private readonly record struct Ghosts(int Count, double Speed, int Power)
    {
        public Ghosts(MiniPacmanState state) : this(state.Ghosts.Length, 0.5 + 0.1 * (state.Level - 1), state.Power) { }

        /// <summary>
        /// The chance that every ghost does the likelier of moving and staying. Its direction at a crossing is not counted, nor that ghosts
        /// behind an eaten one stand still: about the most that a model which knew all directions could reach.
        /// </summary>
        public float Predictable(MiniPacmanEvents events)
        {
            double move = Math.Min(1, Power > 1 || events.Pill ? Speed / 2 : Speed);
            return (float)Math.Pow(Math.Max(move, 1 - move), Count);
        }
    }

    /// <summary>A game at play.</summary>
    private sealed class Recording(EpisodeBuilder episode)
    {
        public EpisodeBuilder Episode { get; } = episode;

        /// <summary>Whether the next frame shows a level that began a step before.</summary>
        public bool LevelUpIsDue { get; set; }
    }
}
