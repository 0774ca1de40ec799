namespace WorldModels.Runtime;

/// <summary>What a dream keeps and how it runs.</summary>
public sealed record DreamOptions
{
    /// <summary>Whether all logits are kept for <see cref="DreamBatch.Logits"/>; otherwise one scratch buffer takes them.</summary>
    public bool KeepLogits { get; init; }

    /// <summary>
    /// Rows that run the whole horizon together before the next rows start; 0: the whole batch. On a CPU, 128 to 256 rows of a small
    /// model stay in the cache. The results are those of the whole batch.
    /// </summary>
    public int Tile { get; init; }

    /// <summary>The task all rows follow, for bundles with a task input.</summary>
    public long Task { get; init; }
}

/// <summary>
/// Imagination of a fixed batch and horizon. All memory is bound once: a run allocates nothing, except the first run of each kind
/// (policy, given actions) and the first look at decoded observations. Use it from one thread at a time.
/// </summary>
/// <remarks>
/// A run starts each row from a random start of the bundle (or those of <see cref="Start"/>), encodes it with graph <c>observe</c> if there
/// is one, then repeats: an action from graph <c>act</c> (or uniformly random, if the bundle has none, or the caller's), then graph
/// <c>imagine</c>. A fused graph <c>dream</c> does both at once. Noise is drawn by <see cref="Philox"/>, so that a row's dream depends on
/// the seed and its number alone.
/// </remarks>
public sealed class Dream : IDisposable
{
    private static readonly uint ActionStream = Philox.Stream("action");

    private readonly Bundle _bundle;
    private readonly DreamBuffers _buffers;
    private readonly Rollout? _policy;
    private readonly DreamBatch _result;
    private Rollout? _given;
    private bool _ownStart;
    private bool _disposed;

    internal Dream(Bundle bundle, int batch, int horizon, DreamOptions options)
    {
        _bundle = bundle;
        _buffers = new(bundle, batch, horizon, options);
        try
        {
            _policy = new(_buffers, bundle.Manifest.DreamGraphs);
            if (!bundle.Has("dream") && !bundle.Has("act")) _given = _policy;
            _result = new(this, _buffers);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>B, rows.</summary>
    public int Batch => _buffers.Batch;

    /// <summary>T, steps.</summary>
    public int Horizon => _buffers.Horizon;

    /// <summary>Imagines with the bundle's policy, or with uniformly random actions if it has none.</summary>
    /// <param name="seed">Determines starts, noise and random actions.</param>
    /// <returns>A view of this dream's memory, overwritten by the next run.</returns>
    /// <exception cref="BundleException">The bundle has no starts and <see cref="Start"/> gave none.</exception>
    public DreamBatch Run(ulong seed)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ReferenceEquals(_policy, _given)) DrawActions(seed);
        return Run(_policy!, seed);
    }

    /// <summary>Imagines with given discrete actions.</summary>
    /// <param name="seed">Determines starts and noise.</param>
    /// <param name="actions">(T, B), each from 0 to count - 1.</param>
    /// <exception cref="BundleException">A wrong number of actions, one out of range, or no graph <c>imagine</c>.</exception>
    public DreamBatch Run(ulong seed, ReadOnlySpan<long> actions)
    {
        var space = _buffers.Manifest.Action;
        if (space.Kind != ActionKind.Discrete)
            throw new BundleException("This bundle's actions are continuous: give floats (T, B, ...shape).");
        foreach (long action in actions)
            if ((ulong)action >= (ulong)space.Count!.Value)
                throw new BundleException($"Action {action} is out of range: expected 0 to {space.Count - 1}.");
        return RunGiven(seed, actions);
    }

    /// <summary>Imagines with given continuous actions.</summary>
    /// <param name="seed">Determines starts and noise.</param>
    /// <param name="actions">(T, B, ...shape).</param>
    /// <exception cref="BundleException">Another number of values, a discrete space, or no graph <c>imagine</c>.</exception>
    public DreamBatch Run(ulong seed, ReadOnlySpan<float> actions)
    {
        if (_buffers.Manifest.Action.Kind != ActionKind.Continuous)
            throw new BundleException("This bundle's actions are discrete: give longs (T, B).");
        return RunGiven(seed, actions);
    }

    /// <summary>Makes following runs start from given observations instead of the bundle's.</summary>
    /// <param name="observations">(B, ...observation); empty: the bundle's starts again.</param>
    /// <exception cref="BundleException">Another number of values.</exception>
    public void Start(ReadOnlySpan<float> observations)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _ownStart = false;
        if (observations.IsEmpty) return;
        var starts = _buffers.StartObservation.Span<float>();
        if (observations.Length != starts.Length)
        {
            string shape = string.Join(", ", _buffers.Manifest.Observation.Shape);
            throw Wrong(observations.Length, starts.Length, $"observations (B={Batch}, {shape})");
        }
        observations.CopyTo(starts);
        _ownStart = true;
    }

    /// <summary>Frees what ONNX Runtime holds of this dream.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _policy?.Dispose();
        if (!ReferenceEquals(_policy, _given)) _given?.Dispose();
        _result?.Dispose();
        _buffers.Dispose();
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    private DreamBatch RunGiven<T>(ulong seed, ReadOnlySpan<T> actions) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_bundle.Has("imagine"))
            throw new BundleException("This bundle has no graph 'imagine'; its graph 'dream' chooses the actions itself: run it without.");
        int size = _buffers.Actions[0].Span<T>().Length;
        if (actions.Length != Horizon * size)
            throw Wrong(actions.Length, Horizon * size, $"actions (T={Horizon}, B={Batch}{(size == Batch ? "" : $", {size / Batch}")})");
        _given ??= new(_buffers, ["imagine"]);
        for (int t = 0; t < Horizon; t++) actions.Slice(t * size, size).CopyTo(_buffers.Actions[t].Span<T>());
        return Run(_given, seed);
    }

    private DreamBatch Run(Rollout rollout, ulong seed)
    {
        _buffers.FillStarts(seed, _ownStart);
        rollout.Run(seed);
        _buffers.Generation++;
        return _result;
    }

    private void DrawActions(ulong seed)
    {
        var space = _buffers.Manifest.Action;
        for (int t = 0; t < Horizon; t++)
        {
            for (int row = 0; row < Batch; row++)
            {
                var key = new NoiseKey(seed, (uint)row, (uint)t, ActionStream);
                if (space.Kind == ActionKind.Discrete)
                {
                    _buffers.Actions[t].Span<long>()[row] = Philox.NextInt(key, space.Count!.Value);
                    continue;
                }
                var action = _buffers.Actions[t].Row<float>(row);
                Philox.FillUniform(key, action);
                foreach (ref float x in action) x = (float)(space.Low!.Value + (space.High!.Value - space.Low.Value) * x);
            }
        }
    }

    private static BundleException Wrong(int found, int expected, string what) =>
        new($"Expected {what}, {expected} values; found {found}.");
}
