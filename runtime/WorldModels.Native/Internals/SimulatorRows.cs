using System.Runtime.InteropServices;
using WorldModels.Environments;

namespace WorldModels.Native.Internals;

/// <summary>Simulators in lock step; their actions are of one of two kinds.</summary>
internal sealed class SimulatorRows : Resource
{
    private const int Most = 1_000_000;

    private readonly string _name;
    private readonly IVectorEnvironment<float>? _continuous;
    private readonly IVectorEnvironment<long>? _discrete;

    public SimulatorRows(string name, int rows, int actionRepeat)
    {
        // Each row is a simulator of its own: beyond, the system ends processes that it cannot give memory.
        if (rows is < 1 or > Most)
            throw new ArgumentException($"'rows' is {rows}: give a number from 1 to {Most}.");
        EnvironmentSpec spec = EnvironmentRegistry.Find(name);
        _name = spec.Name;
        if (spec is EnvironmentSpec<long> discrete)
            _discrete = Rows(discrete, rows, actionRepeat);
        else
            _continuous = Rows((EnvironmentSpec<float>)spec, rows, actionRepeat);
    }

    public override string Kind => "batch of simulators";

    public Space ObservationSpace => _continuous?.ObservationSpace ?? _discrete!.ObservationSpace;

    public Space ActionSpace => _continuous?.ActionSpace ?? _discrete!.ActionSpace;

    private int Count => _continuous?.Count ?? _discrete!.Count;

    public void Reset(ulong seed, NativeArray<float> observations)
    {
        _continuous?.Reset(seed, Observations(observations));
        _discrete?.Reset(seed, Observations(observations));
    }

    public void Step(NativeArray<float> actions, in NativeArrivals arrivals)
    {
        if (_continuous is null)
            throw new ArgumentException($"The actions of '{_name}' are numbered: call wm_vector_step_discrete.");
        int size = ActionSpace.Size;
        Span<float> given = actions.Of((long)Count * size, "actions", "(B, action)");
        Arrivals to = new(this, arrivals);
        _continuous.Step(given, to.Observations, to.Rewards, to.Terminated, to.Truncated);
    }

    public void Step(NativeArray<long> actions, in NativeArrivals arrivals)
    {
        if (_discrete is null)
            throw new ArgumentException($"The actions of '{_name}' are continuous: call wm_vector_step.");
        Span<long> given = actions.Of(Count, "actions", "(B)");
        Arrivals to = new(this, arrivals);
        _discrete.Step(given, to.Observations, to.Rewards, to.Terminated, to.Truncated);
    }

    public void FinalObservation(int row, NativeArray<float> observation)
    {
        if (row < 0 || row >= Count)
            throw new ArgumentException($"There is no row {row}: rows are 0 to {Count - 1}.");
        ReadOnlySpan<float> final = _continuous is null ? _discrete!.FinalObservation(row) : _continuous.FinalObservation(row);
        final.CopyTo(observation.Of(final.Length, "observation", "(observation)"));
    }

    protected override void Free()
    {
        (_continuous as IDisposable)?.Dispose();
        (_discrete as IDisposable)?.Dispose();
    }

    private static IVectorEnvironment<TAction> Rows<TAction>(EnvironmentSpec<TAction> spec, int rows, int actionRepeat)
        where TAction : unmanaged => actionRepeat == 1
            ? spec.MakeVector(rows)
            : new SyncVectorEnvironment<ActionRepeat<TAction>, TAction>(rows, () => new(spec.Make(), actionRepeat));

    private Span<float> Observations(NativeArray<float> observations) => observations.Of(
        (long)Count * ObservationSpace.Size, "observations", "(B, observation)");

    /// <summary>The caller's arrays for what a step gives.</summary>
    private readonly unsafe ref struct Arrivals(SimulatorRows of, NativeArrivals arrivals)
    {
        public Span<float> Observations { get; } =
            of.Observations(new() { Data = arrivals.Observations, Count = arrivals.ObservationCount });

        public Span<float> Rewards { get; } = Caller.Array(arrivals.Rewards, arrivals.Rows, of.Count, "rewards", "(B)");

        public Span<bool> Terminated { get; } =
            MemoryMarshal.Cast<byte, bool>(Caller.Array(arrivals.Terminated, arrivals.Rows, of.Count, "terminated", "(B)"));

        public Span<bool> Truncated { get; } =
            MemoryMarshal.Cast<byte, bool>(Caller.Array(arrivals.Truncated, arrivals.Rows, of.Count, "truncated", "(B)"));
    }
}
