using WorldModels.Environments;

namespace WorldModels.Native.Internals;

/// <summary>One simulator; its actions are of one of two kinds.</summary>
internal sealed class Simulator : Resource
{
    private readonly EnvironmentSpec _spec;
    private readonly int _repeat;
    private readonly IEnvironment<float>? _continuous;
    private readonly IEnvironment<long>? _discrete;
    private readonly ObservationPicture? _picture;
    private IDrawable? _drawable;

    public Simulator(string name, int actionRepeat)
    {
        (_spec, _repeat) = (EnvironmentRegistry.Find(name), actionRepeat);
        if (_spec is EnvironmentSpec<long> discrete)
            _discrete = Repeated(discrete.Make());
        else
            _continuous = Repeated(((EnvironmentSpec<float>)_spec).Make());
        _picture = _drawable is null ? ObservationPicture.Of(ObservationSpace) : null;
    }

    public override string Kind => "simulator";

    public Space ObservationSpace => _continuous?.ObservationSpace ?? _discrete!.ObservationSpace;

    public Space ActionSpace => _continuous?.ActionSpace ?? _discrete!.ActionSpace;

    public double TimeStep => (_spec.TimeStep ?? 0) * _repeat;

    /// <summary>Width over height; 0: no picture.</summary>
    public double Aspect => _drawable?.Draw().Aspect ?? _picture?.Aspect ?? 0;

    public void Reset(ulong? seed, NativeArray<float> observation)
    {
        Span<float> seen = Observation(observation);
        _continuous?.Reset(seed, seen);
        _discrete?.Reset(seed, seen);
        _picture?.Show(seen);
    }

    public StepResult Step(NativeArray<float> action, NativeArray<float> observation)
    {
        if (_continuous is null)
            throw new ArgumentException($"The actions of '{_spec.Name}' are numbered: call wm_env_step_discrete.");
        Span<float> seen = Observation(observation);
        StepResult result = _continuous.Step(action.Of(ActionSpace.Size, "action", "(action)"), seen);
        _picture?.Show(seen);
        return result;
    }

    public StepResult Step(long action, NativeArray<float> observation)
    {
        if (_discrete is null)
            throw new ArgumentException($"The actions of '{_spec.Name}' are continuous: call wm_env_step.");
        Span<float> seen = Observation(observation);
        StepResult result = _discrete.Step([action], seen);
        _picture?.Show(seen);
        return result;
    }

    public unsafe void Render(int width, int height, byte* rgb, nuint count)
    {
        if (width < 1 || height < 1 || (long)width * height > int.MaxValue / 3)
            throw new ArgumentException($"A picture of {width} x {height} pixels: give numbers from 1 on, less than 2 GB in all.");
        Span<byte> pixels = Caller.Array(rgb, count, 3L * width * height, "rgb", "(height, width, 3)");
        if (_drawable is not null)
            _drawable.Draw().Render(pixels, width, height);
        else if (_picture is not null)
            _picture.Render(pixels, width, height);
        else
            throw new ArgumentException($"There is no picture of '{_spec.Name}'.");
    }

    protected override void Free()
    {
        (_continuous as IDisposable)?.Dispose();
        (_discrete as IDisposable)?.Dispose();
    }

    private IEnvironment<TAction> Repeated<TAction>(IEnvironment<TAction> environment) where TAction : unmanaged
    {
        _drawable = environment as IDrawable;
        return _repeat == 1 ? environment : new ActionRepeat<TAction>(environment, _repeat);
    }

    private Span<float> Observation(NativeArray<float> observation) =>
        observation.Of(ObservationSpace.Size, "observation", "(observation)");
}
