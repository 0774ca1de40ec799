using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// Graph <c>imagine</c> from each row's state along each of its candidates, as a dream of B * N rows, and the sum of the rewards on the
/// way.
/// </summary>
internal sealed class CandidateRollout : IDisposable
{
    private const string Purpose = "plan/"; // what the names of its noise streams begin with

    private readonly ControllerStep _from;
    private readonly int _candidates;
    private readonly WorkerPool _pool;
    private readonly DeviceMemory? _device;
    private readonly DreamBuffers? _buffers;
    private readonly Rollout? _rollout;
    private readonly float[] _centre;   // of each element of an action
    private readonly float[] _reach;

    /// <param name="bundle">The bundle.</param>
    /// <param name="from">Where the rows' states are.</param>
    /// <param name="candidates">Candidates of one row.</param>
    /// <param name="horizon">Actions of a candidate.</param>
    /// <param name="options">How to run.</param>
    public CandidateRollout(Bundle bundle, ControllerStep from, int candidates, int horizon, DreamOptions options)
    {
        (_from, _candidates) = (from, candidates);
        int rows = checked(from.Batch * candidates);
        ActionSpec space = bundle.Manifest.Action;
        _centre = [.. Enumerable.Range(0, space.Size).Select(i => (float)((space.HighOf(i) + space.LowOf(i)) / 2))];
        _reach = [.. Enumerable.Range(0, space.Size).Select(i => (float)((space.HighOf(i) - space.LowOf(i)) / 2))];
        DreamPlan plan = DreamTuning.Choose(bundle, rows, horizon, options, Purpose);
        SizeCheck.Steps(rows, horizon, plan.Tile);
        _pool = new(plan.Threads);
        try
        {
            _device = bundle.NewDeviceMemory();
            _buffers = new(bundle, rows, horizon, options, plan, _device, purpose: Purpose);
            _rollout = new(_buffers, ["imagine"], _pool);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sums each candidate's rewards.</summary>
    /// <param name="actions">(H, B * N, A) in [-1, 1].</param>
    /// <param name="returns">(B * N).</param>
    /// <param name="seed">Determines the noise.</param>
    /// <param name="noiseStep">The noise's step of the first action; those of the others follow.</param>
    public void Run(ReadOnlySpan<float> actions, Span<float> returns, ulong seed, uint noiseStep)
    {
        int size = actions.Length / _buffers!.Horizon;
        foreach ((string name, Trajectory states) in _buffers.States)
            Repeat(_from.State(name).Read<byte>(), states.First.Overwrite<byte>());
        for (int t = 0; t < _buffers.Horizon; t++)
            Scale(actions.Slice(t * size, size), _buffers.Actions[t].Overwrite<float>());
        _rollout!.Run(seed, filter: null, noiseStep);
        returns.Clear();
        for (int t = 0; t < _buffers.Horizon; t++)
        {
            ReadOnlySpan<float> rewards = _buffers.Rewards![t].Read<float>();
            for (int i = 0; i < returns.Length; i++)
                returns[i] += rewards[i];
        }
    }

    /// <summary>From [-1, 1] to the bundle's bounds.</summary>
    public void Scale(ReadOnlySpan<float> actions, Span<float> scaled)
    {
        for (int i = 0, element = 0; i < actions.Length; i++)
        {
            scaled[i] = _centre[element] + _reach[element] * actions[i];
            element = element + 1 == _centre.Length ? 0 : element + 1;
        }
    }

    public void Dispose()
    {
        _rollout?.Dispose();
        _pool.Dispose();
        _buffers?.Dispose();
        _device?.Dispose();
    }

    /// <summary>Each candidate starts where its row stands.</summary>
    private void Repeat(ReadOnlySpan<byte> rows, Span<byte> candidates)
    {
        int size = rows.Length / _from.Batch;
        for (int i = 0; i < candidates.Length / size; i++)
            rows.Slice(i / _candidates * size, size).CopyTo(candidates[(i * size)..]);
    }
}
