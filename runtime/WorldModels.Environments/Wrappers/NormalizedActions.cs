namespace WorldModels.Environments;

/// <summary>
/// Takes actions in [-1, 1] and stretches them to the bounds of the environment inside. What lies beyond is stretched alike; clipping
/// is the environment's.
/// </summary>
public sealed class NormalizedActions : EnvironmentWrapper<float>
{
    private readonly float _middle;
    private readonly float _half;
    private readonly float[] _action;

    /// <exception cref="ArgumentException">The actions inside are no box with finite bounds.</exception>
    public NormalizedActions(IEnvironment<float> inner) : base(inner)
    {
        if (inner.ActionSpace is not Box box || !float.IsFinite(box.Low) || !float.IsFinite(box.High))
        {
            throw new ArgumentException(
                $"The actions of '{inner.Name}' are {inner.ActionSpace}; only a box with finite bounds can be stretched to.");
        }
        (_middle, _half) = ((box.Low + box.High) / 2, (box.High - box.Low) / 2);
        _action = new float[box.Size];
        ActionSpace = new Box(-1, 1, box.Shape);
    }

    public override Space ActionSpace { get; }

    public override StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        Require.Length(action.Length, _action.Length, nameof(action));
        for (int i = 0; i < _action.Length; i++)
            _action[i] = _middle + _half * action[i];
        return Inner.Step(_action, observation);
    }
}
