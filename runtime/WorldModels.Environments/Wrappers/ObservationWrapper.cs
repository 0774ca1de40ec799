namespace WorldModels.Environments;

/// <summary>An environment that is observed otherwise than the one inside observes itself; all else is the latter's.</summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class ObservationWrapper<TAction>(IEnvironment<TAction> inner) : EnvironmentWrapper<TAction>(inner)
    where TAction : unmanaged
{
    /// <summary>What the environment inside observed last.</summary>
    private protected float[] Observed { get; } = new float[inner.ObservationSpace.Size];

    public override void Reset(ulong? seed, Span<float> observation)
    {
        Require.Length(observation.Length, ObservationSpace.Size, nameof(observation));
        Inner.Reset(seed, Observed);
        Observe(observation);
    }

    public sealed override StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation)
    {
        Require.Length(observation.Length, ObservationSpace.Size, nameof(observation));
        StepResult result = Inner.Step(action, Observed);
        Observe(observation);
        return result;
    }

    /// <summary>Writes an observation, of what was <see cref="Observed"/> or of the environment inside.</summary>
    private protected abstract void Observe(Span<float> observation);
}
