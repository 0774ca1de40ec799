namespace WorldModels.Environments;

/// <summary>The dodging games by name.</summary>
public static class DodgeEgo
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        new EnvironmentSpec<float>(
            "dodge-ego",
            "Dodge falling balls, seen from the agent: (1, 16, 16) pixels, 1 number in -1..1",
            () => new DodgeEgoEnvironment(),
            count => new SyncVectorEnvironment<DodgeEgoEnvironment, float>(count, () => new()))
        {
            ActionNames = ["move"],
        },
        new EnvironmentSpec<long>(
            "dodge-ego-discrete",
            "The same with 3 actions",
            () => new DiscreteDodgeEgoEnvironment(),
            count => new SyncVectorEnvironment<DiscreteDodgeEgoEnvironment, long>(count, () => new()))
        {
            ActionNames = ["left", "stay", "right"],
        },
    ];
}
