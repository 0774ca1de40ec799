namespace WorldModels.Train.EnvironmentModel;

/// <summary>What a step led to beyond its frame and reward. LevelUp: the frame after it is the first that shows a new level.</summary>
[Flags]
public enum Outcome : byte { None = 0, Terminated = 1, Truncated = 2, LevelUp = 4 }

/// <summary>
/// One recorded episode of MiniPacman: T steps and the T + 1 frames around them (the last one is the terminal frame, not the next
/// episode's first).
/// </summary>
/// <param name="Observations">(T + 1, 3, 15, 19), 0..255.</param>
/// <param name="Actions">(T).</param>
/// <param name="Rewards">(T), in the mode's units.</param>
/// <param name="RewardClasses">(T), by the mode's reward table.</param>
/// <param name="Outcomes">(T).</param>
/// <param name="Predictable">(T), about the probability of the most likely next frame under the rules; 0 of a new level.</param>
public sealed record Episode(
    byte[] Observations, long[] Actions, float[] Rewards, byte[] RewardClasses, Outcome[] Outcomes, float[] Predictable)
{
    /// <summary>Number of steps.</summary>
    public int Length => Actions.Length;
}
