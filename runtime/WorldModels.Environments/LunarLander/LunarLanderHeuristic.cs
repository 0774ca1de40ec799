namespace WorldModels.Environments;

/// <summary>
/// The fixed rule that comes with Gymnasium's LunarLander: it leans towards the pad, comes down the slower the nearer it is, and stops
/// steering when a leg touches. Lands nine times of ten; a baseline. Holds no state.
/// </summary>
public static class LunarLanderHeuristic
{
    /// <summary>The action of the discrete environment.</summary>
    /// <param name="observation">Its 8 values.</param>
    public static long Act(ReadOnlySpan<float> observation)
    {
        const double DeadBand = 0.05;
        (double turn, double hover) = Wanted(observation);
        if (hover > Math.Abs(turn) && hover > DeadBand)
            return 2;
        return turn < -DeadBand ? 3 : turn > DeadBand ? 1 : 0;
    }

    /// <summary>The action of the continuous environment.</summary>
    /// <param name="observation">Its 8 values.</param>
    /// <param name="action">Receives 2 values.</param>
    public static void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        Require.Length(action.Length, 2, nameof(action));
        (double turn, double hover) = Wanted(observation);
        (action[0], action[1]) = ((float)Math.Clamp(20 * hover - 1, -1, 1), (float)Math.Clamp(-20 * turn, -1, 1));
    }

    private static (double Turn, double Hover) Wanted(ReadOnlySpan<float> observation)
    {
        const double MaxLean = 0.4;
        Require.Length(observation.Length, LunarLanderSimulation.Observations, nameof(observation));
        (double x, double y, double speedX, double speedY) = (observation[0], observation[1], observation[2], observation[3]);
        (double angle, double spin) = (observation[4], observation[5]);
        if (observation[6] > 0 || observation[7] > 0)
            return (0, -0.5 * speedY);
        double lean = Math.Clamp(0.5 * x + speedX, -MaxLean, MaxLean), height = 0.55 * Math.Abs(x);
        return (0.5 * (lean - angle) - spin, 0.5 * (height - y) - 0.5 * speedY);
    }
}
