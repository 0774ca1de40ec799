namespace WorldModels.Environments;

/// <summary>The lunar landers by name.</summary>
public static class LunarLander
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        Discrete("lunar-lander", "bring a lander down on its pad", wind: false) with { Aliases = ["LunarLander-v3"] },
        Discrete("lunar-lander-wind", "the same in wind", wind: true),
        Continuous("lunar-lander-continuous", "the same with throttles", wind: false) with { Aliases = ["LunarLanderContinuous-v3"] },
        Continuous("lunar-lander-continuous-wind", "the same with throttles in wind", wind: true),
    ];

    private static EnvironmentSpec<long> Discrete(string name, string what, bool wind) => Name(
        new EnvironmentSpec<long>(
            name,
            $"Gymnasium's LunarLander-v3, {what}: 8 reals, 4 actions",
            () => new LunarLanderEnvironment(new() { Wind = wind }),
            count => new SyncVectorEnvironment<LunarLanderEnvironment, long>(count, () => new(new() { Wind = wind }))),
        ["none", "left engine", "main engine", "right engine"]);

    private static EnvironmentSpec<float> Continuous(string name, string what, bool wind) => Name(
        new EnvironmentSpec<float>(
            name,
            $"Gymnasium's LunarLander-v3, {what}: 8 reals, 2 throttles in -1..1",
            () => new ContinuousLunarLanderEnvironment(new() { Wind = wind }),
            count => new SyncVectorEnvironment<ContinuousLunarLanderEnvironment, float>(count, () => new(new() { Wind = wind }))),
        ["main throttle", "side throttle"],
        ArrowKeys.Of(across: 1, upright: 0));

    private static EnvironmentSpec<TAction> Name<TAction>(
        EnvironmentSpec<TAction> spec, string[] actions, ArrowKeys? arrows = null) where TAction : unmanaged => spec with
        {
            ObservationNames = ["x", "y", "ẋ", "ẏ", "θ", "θ̇", "right leg", "left leg"],
            // Places are in half pictures, speeds are m/s over 5 (x) and 7.5 (y), the angular velocity rad/s over 2.5.
            ObservationUnits = ["", "", "", "", "rad", "", "", ""],
            ActionNames = actions,
            Arrows = arrows,
            TimeStep = LunarLanderCraft.TimeStep,
        };
}
