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
        var games = new MiniPacmanVectorEnvironment(mode, options.Games);
        double epsilon = options.Policy == CollectionPolicy.Random ? 1 : options.Epsilon;
        var player = new MiniPacmanGreedyPlayer(epsilon, (ulong)options.Seed);
        var (observations, actions) = (new float[games.Count * FrameSize], new long[games.Count]);
        var (reward, terminated, truncated) = (new float[games.Count], new bool[games.Count], new bool[games.Count]);
        Recording[] recordings = [.. Enumerable.Range(0, games.Count).Select(_ => new Recording())];
        var before = new Ghosts[games.Count];
        List<Episode> episodes = [];
        games.Reset((ulong)options.Seed, observations);
        for (int row = 0; row < games.Count; row++)
            recordings[row].Frame(observations.AsSpan(row * FrameSize, FrameSize));
        using IProgressTask task = progress.Start("collecting frames", options.Frames);
        int frames = 0;
        while (frames < options.Frames && !stop.IsCancellationRequested)
        {
            player.Act(games, actions);
            for (int row = 0; row < games.Count; row++)
                before[row] = new(games[row].Game.State);
            games.Step(actions, observations, reward, terminated, truncated);
            for (int row = 0; row < games.Count; row++)
            {
                MiniPacmanEvents events = games[row].Game.Events;
                bool done = terminated[row] || truncated[row];
                Outcome outcome = (terminated[row] ? Outcome.Terminated : 0)
                    | (truncated[row] ? Outcome.Truncated : 0)
                    | (events.LevelUp ? Outcome.LevelUp : 0);
                recordings[row].Step(actions[row], reward[row], (byte)rewards.ClassOf(events), outcome, before[row].Predictable(events));
                ReadOnlySpan<float> next = observations.AsSpan(row * FrameSize, FrameSize);
                recordings[row].Frame(done ? games.FinalObservation(row) : next);
                if (!done)
                    continue;
                episodes.Add(recordings[row].End());
                frames += episodes[^1].Length;
                recordings[row].Frame(next);
            }
            task.Report(Math.Min(frames, options.Frames), $"{episodes.Count} episodes");
        }
        return episodes;
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
            return episode;
        }
    }
}
