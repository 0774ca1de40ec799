namespace WorldModels.Environments;

/// <summary>
/// An environment around another one: passes everything on until a subclass says otherwise, and keeps the name. It can be saved and
/// drawn where the inner one can.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class EnvironmentWrapper<TAction>(IEnvironment<TAction> inner) : IEnvironment<TAction>, IResumable, IDrawable
    where TAction : unmanaged
{
    /// <summary>The environment inside.</summary>
    public IEnvironment<TAction> Inner { get; } = inner;

    public string Name => Inner.Name;

    public virtual Space ObservationSpace => Inner.ObservationSpace;

    public virtual Space ActionSpace => Inner.ActionSpace;

    public virtual void Reset(ulong? seed, Span<float> observation) => Inner.Reset(seed, observation);

    public abstract StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation);

    /// <summary>Whether the innermost environment can be drawn.</summary>
    public bool CanDraw => Inner is EnvironmentWrapper<TAction> wrapper ? wrapper.CanDraw : Inner is IDrawable;

    /// <exception cref="NotSupportedException">The inner environment cannot be drawn.</exception>
    public Scene Draw() => Inner is IDrawable drawable
        ? drawable.Draw()
        : throw new NotSupportedException($"The environment '{Name}' cannot be drawn.");

    /// <exception cref="NotSupportedException">The inner environment cannot save its state.</exception>
    public virtual void Save(BinaryWriter writer) => Resumable.Save(writer);

    /// <inheritdoc/>
    public virtual void Restore(BinaryReader reader) => Resumable.Restore(reader);

    private IResumable Resumable => Inner as IResumable
        ?? throw new NotSupportedException($"The environment '{Name}' cannot save its state.");
}
