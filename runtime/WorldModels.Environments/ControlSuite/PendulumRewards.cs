namespace WorldModels.Environments;

/// <summary>
/// More to want of a pendulum than what its environment rewards, told from its observation (cosine and sine of the angle from upright,
/// velocity in rad/s): for one exploration without reward, several tasks afterwards. Rewards are in 0..1 a step.
/// </summary>
public static class PendulumRewards
{
    private const double SlowSpeed = 1, FastSpeed = 8;

    /// <summary>The environments whose observations they are told from.</summary>
    public static IReadOnlyList<string> Environments { get; } = ["pendulum", "pendulum-swingup"];

    /// <summary>What the environment itself rewards.</summary>
    public const string Own = "swingup";

    /// <summary>The others' names: to stand still upright, and to go round and round.</summary>
    public static IReadOnlyList<string> Names { get; } = ["balance", "spin"];

    /// <summary>The reward of a task on arrival at an observation.</summary>
    /// <param name="task">One of <see cref="Names"/>.</param>
    /// <param name="observation">Cosine, sine, velocity; what follows is not looked at.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public static double Of(string task, ReadOnlySpan<float> observation) => task switch
    {
        "balance" => Math.Max(0, observation[0]) * Math.Max(0, 1 - Math.Abs(observation[2]) / SlowSpeed),
        "spin" => Math.Clamp(observation[2] / FastSpeed, 0, 1),
        _ => throw new ArgumentException($"A pendulum has no task '{task}', but {string.Join(", ", Names)}."),
    };
}
