using WorldModels.Environments;

namespace WorldModels.Tests.Zoo;

/// <summary>
/// Transitions of the scripted player, thinly spread over whole episodes: those of one episode are alike. The ones that end an episode are
/// left out, as the card leaves them out: nothing follows them.
/// </summary>
internal sealed class FreshTransitions
{
    private const int Cells = MiniPacmanMaze.Cells, FrameSize = 3 * Cells;
    private const int Stride = 16;

    private readonly byte[] _now, _next;    // (N, 15, 19), classes
    private readonly int[] _episode;        // (N)

    private FreshTransitions(List<Transition> transitions)
    {
        Frames = [.. transitions.SelectMany(transition => transition.Frame)];
        Past = [.. transitions.SelectMany(transition => transition.Past)];
        Actions = [.. transitions.Select(transition => transition.Action)];
        _episode = [.. transitions.Select(transition => transition.Episode)];
        (_now, _next) = (new byte[Count * Cells], new byte[Count * Cells]);
        MiniPacmanPixels.Classify<byte>(Frames, _now);
        MiniPacmanPixels.Classify<byte>([.. transitions.SelectMany(transition => transition.Next)], _next);
    }

    /// <summary>N.</summary>
    public int Count => Actions.Length;

    /// <summary>Episodes they come from.</summary>
    public int Episodes => _episode[^1] + 1;

    /// <summary>Where they start, (N, 3, 15, 19).</summary>
    public float[] Frames { get; }

    /// <summary>The frames before those, the oldest first; where an episode begins its first frame stands for them, (N, 3 past, 15, 19).</summary>
    public float[] Past { get; }

    /// <summary>(N).</summary>
    public long[] Actions { get; }

    /// <summary>
    /// Plays whole episodes, a random stream each, until there are <paramref name="count"/> transitions or a few more, with so many frames
    /// of their past.
    /// </summary>
    public static FreshTransitions Play(MiniPacmanMode mode, int count, double epsilon, ulong seed, int past)
    {
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon, seed);
        MiniPacmanEnvironment game = new MiniPacmanEnvironment(mode);
        float[] observation = new float[FrameSize];
        List<Transition> transitions = [];
        int steps = 0;
        for (int episode = 0; transitions.Count < count; episode++)
        {
            game.Reset(RowSeed.Of(seed, episode), observation);
            float[][] before = [.. Enumerable.Repeat((float[])[.. observation], past)];
            for (bool done = false; !done; steps++)
            {
                float[] frame = [.. observation];
                bool kept = steps % Stride == 0;
                long action = player.Act(game.Game);
                StepResult result = game.Step([action], observation);
                done = result.Done;
                if (kept && !result.Terminated)
                    transitions.Add(new(episode, frame, [.. before.SelectMany(earlier => earlier)], action, [.. observation]));
                before = [.. before.Append(frame).Skip(1)];
            }
        }
        return new(transitions);
    }

    /// <summary>The share for which copying the frame is right.</summary>
    public Share Copying() => Equal(_now);

    /// <summary>The share whose next frame is <paramref name="predicted"/>, (N, 15, 19) classes, in every cell.</summary>
    /// <param name="predicted">What is compared.</param>
    /// <param name="ghosts">Count only the transitions that start with a ghost in sight, or only the others.</param>
    public Share Equal(ReadOnlySpan<byte> predicted, bool? ghosts = null)
    {
        (int[] hits, int[] counts) = (new int[Episodes], new int[Episodes]);
        for (int i = 0; i < Count; i++)
        {
            if (ghosts is { } wanted && wanted != HasGhost(_now.AsSpan(i * Cells, Cells)))
                continue;
            counts[_episode[i]]++;
            hits[_episode[i]] += predicted.Slice(i * Cells, Cells).SequenceEqual(_next.AsSpan(i * Cells, Cells)) ? 1 : 0;
        }
        return new(hits, counts);
    }

    private static bool HasGhost(ReadOnlySpan<byte> classes) =>
        classes.ContainsAny((byte)MiniPacmanPixel.EdibleGhost, (byte)MiniPacmanPixel.DangerousGhost);

    private sealed record Transition(int Episode, float[] Frame, float[] Past, long Action, float[] Next);
}

/// <summary>A share of transitions, by episode.</summary>
/// <param name="Hits">Hits in each episode.</param>
/// <param name="Counts">Transitions of each episode.</param>
internal sealed record Share(int[] Hits, int[] Counts)
{
    /// <summary>Over all transitions.</summary>
    public double Mean => (double)Hits.Sum() / Counts.Sum();

    /// <summary>
    /// Variance of <see cref="Mean"/>, of these episodes or of as many others like them, by the linearised ratio estimator
    /// (Cochran 1977, section 6.3, with episodes as clusters).
    /// </summary>
    public double Variance(double? episodes = null)
    {
        double mean = Mean, meanCount = Counts.Average();
        double residuals = Hits.Zip(Counts, (hits, count) => hits - mean * count).Sum(residual => residual * residual);
        return residuals / (Counts.Length - 1) / (meanCount * meanCount) / (episodes ?? Counts.Length);
    }
}
