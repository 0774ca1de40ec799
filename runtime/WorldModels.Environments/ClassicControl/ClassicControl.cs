namespace WorldModels.Environments;

/// <summary>The classic control problems by name.</summary>
public static class ClassicControl
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        Spec<CartPoleEnvironment, long>("cartpole", "balance a pole on a cart (Gymnasium's CartPole-v1): 4 reals, 2 actions", () => new()),
        Spec<PendulumEnvironment, float>("pendulum", "swing a rod up (Gymnasium's Pendulum-v1): 3 reals, a torque in -2..2", () => new()),
    ];

    private static EnvironmentSpec<TAction> Spec<TEnvironment, TAction>(string name, string summary, Func<TEnvironment> make)
        where TEnvironment : class, IEnvironment<TAction>
        where TAction : unmanaged =>
        new(name, summary, make, count => new SyncVectorEnvironment<TEnvironment, TAction>(count, make));
}
