using WorldModels.Environments;

namespace WorldModels.Train.EnvironmentModel;

/// <summary>Plays MiniPacman and records whole episodes.</summary>
public static class EpisodeRecorder
{
    private const int FrameSize = 3 * MiniPacmanMaze.Cells;

    /// <summary>Plays until the recorded episodes hold at least as many frames as asked for. A function of the options alone.</summary>
    public static IReadOnlyList<Episode> Record(
        EnvironmentModelOptions options, MiniPacmanMode mode, RewardTable rewards, IProgressReport progress, CancellationToken stop)
    {
        // Stepped one by one: a vector would reset a game at its end, and with it the events of its last step.
        MiniPacmanEnvironment[] games = [.. Enumerable.Range(0, options.Games).Select(_ => new MiniPacmanEnvironment(mode))];
        double epsilon = options.Policy == CollectionPolicy.Random ? 1 : options.Epsilon;
        var player = new MiniPacmanGreedyPlayer(epsilon, (ulong)options.Seed);
        var painter = new MiniPacmanGame(mode, new Mt19937RandomSource(0));
        Recording[] recordings = [.. games.Select(_ => new Recording())];
        var observation = new float[FrameSize];
        List<Episode> episodes = [];
        for (int row = 0; row < games.Length; row++)
        {
            games[row].Reset(RowSeed.Of((ulong)options.Seed, row), observation);
            recordings[row].Frame(observation);
        }
        using IProgressTask task = progress.Start("collecting frames", options.Frames);
        int frames = 0;
        while (frames < options.Frames && !stop.IsCancellationRequested)
        {
            for (int row = 0; row < games.Length; row++)
            {
                (MiniPacmanEnvironment environment, Recording recording) = (games[row], recordings[row]);
                MiniPacmanGame game = environment.Game;
                var before = new Ghosts(game.State);
                int action = player.Act(game);
                StepResult result = environment.Step([action], observation);
                // A level that ran out of time is still in the picture: the new one shows after the next step.
                bool late = game.Events.LevelUp && !IsPictureOf(painter, game);
                bool levelUp = recording.LevelUpIsDue || (game.Events.LevelUp && !late);
                recording.LevelUpIsDue = late;
                Outcome outcome = (result.Terminated ? Outcome.Terminated : 0)
                    | (result.Truncated ? Outcome.Truncated : 0)
                    | (levelUp ? Outcome.LevelUp : 0);
                recording.Step(action, (float)result.Reward, (byte)rewards.ClassOf(game.Events), outcome,
                    levelUp ? 0 : before.Predictable(game.Events));
                recording.Frame(observation);
                if (!result.Done)
                    continue;
                episodes.Add(recording.End());
                frames += episodes[^1].Length;
                environment.Reset(null, observation);
                recording.Frame(observation);
            }
            task.Report(Math.Min(frames, options.Frames), $"{episodes.Count} episodes");
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

    /// <summary>An episode on its way.</summary>
    private sealed class Recording
    {
        private readonly List<byte> _observations = [];
        private readonly List<long> _actions = [];
        private readonly List<float> _rewards = [], _predictable = [];
        private readonly List<byte> _classes = [];
        private readonly List<Outcome> _outcomes = [];

        /// <summary>Whether the next frame shows a level that began a step before.</summary>
        public bool LevelUpIsDue { get; set; }

        public void Frame(ReadOnlySpan<float> image)
        {
            foreach (float value in image)
                _observations.Add((byte)MathF.Round(value * 255));
        }

        public void Step(long action, float reward, byte rewardClass, Outcome outcome, float predictable)
        {
            _actions.Add(action);
            _rewards.Add(reward);
            _classes.Add(rewardClass);
            _outcomes.Add(outcome);
            _predictable.Add(predictable);
        }

        public Episode End()
        {
            var episode = new Episode([.. _observations], [.. _actions], [.. _rewards], [.. _classes], [.. _outcomes], [.. _predictable]);
            _observations.Clear();
            _actions.Clear();
            _rewards.Clear();
            _classes.Clear();
            _outcomes.Clear();
            _predictable.Clear();
            LevelUpIsDue = false;
            return episode;
        }
    }
}
