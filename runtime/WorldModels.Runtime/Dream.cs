using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>
/// Imagination of a fixed batch and horizon. All memory is bound once: a run allocates nothing, except the first run of each kind
/// (policy, given actions), the first look at decoded observations, and a context longer than any before. Use it from one thread at a
/// time: a second thread gets an <see cref="InvalidOperationException"/>. Dreams of one <see cref="WorldModel"/> may run at once, each on
/// its thread.
/// </summary>
/// <remarks>
/// A run starts each row from a random start of the bundle (or those of <see cref="Start(ReadOnlySpan{float})"/>), encodes it with graph
/// <c>observe</c> if there is one (a context: each observation in turn, from the first), then repeats: an action from graph <c>act</c> (or
/// uniformly random, if the bundle has none, or the caller's), then graph <c>imagine</c>. A fused graph <c>dream</c> does both at once.
/// Noise is drawn by <see cref="Philox"/>, so that a row's dream depends on the seed and its number alone. What no step needs (rewards,
/// values, observations) runs after the last step, once over all of them. Spans of the results are valid until the dream is disposed.
/// Given observations and states are not looked at: NaN in a row spoils that row's dream, and no other, except in an int8 variant, whose
/// rows share a scale.
/// </remarks>
public sealed class Dream : IDisposable
{
    /// <summary>Where a run's first state comes from.</summary>
    private enum Origin { Recorded, Observations, States }

    private static readonly uint ActionStream = Philox.Stream("action");

    private readonly Bundle _bundle;
    private readonly ExclusiveUse _use;
    private readonly DreamBuffers _buffers;
    private readonly DeviceMemory? _device;
    private readonly WorkerPool _pool;
    private readonly Filter? _filter;
    private readonly Rollout? _policy;
    private readonly DreamBatch _result;
    private Rollout? _given;
    private Rollout? _last;
    private Origin _origin;
    private int _context = 1;

    internal Dream(Bundle bundle, int batch, int horizon, DreamOptions options, DreamPlan plan)
    {
        _bundle = bundle;
        _use = new(this, bundle, Free);
        SizeCheck.Steps(batch, horizon, plan.Tile);
        _pool = new(plan.Threads);
        try
        {
            _device = bundle.NewDeviceMemory();
            _buffers = new(bundle, batch, horizon, options, plan, _device);
            if (bundle.Has("observe"))
                _filter = new(_buffers);
            _policy = new(_buffers, bundle.Manifest.DreamGraphs, _pool);
            if (!bundle.Has("dream") && !bundle.Has("act"))
                _given = _policy;
            _result = new(this, _buffers);
        }
        catch
        {
            Free();
            throw;
        }
    }

    /// <summary>B, rows.</summary>
    public int Batch => _buffers.Batch;

    /// <summary>T, steps.</summary>
    public int Horizon => _buffers.Horizon;

    /// <summary>How it runs.</summary>
    public DreamPlan Plan => _buffers.Plan;

    /// <summary>Imagines with the bundle's policy, or with uniformly random actions if it has none.</summary>
    /// <param name="seed">Determines starts, noise and random actions.</param>
    /// <returns>A view of this dream's memory, overwritten by the next run.</returns>
    /// <exception cref="BundleException">The bundle has no starts and <see cref="Start(ReadOnlySpan{float})"/> gave none.</exception>
    public DreamBatch Run(ulong seed)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (ReferenceEquals(_policy, _given))
            DrawActions(seed);
        return Run(_policy!, seed);
    }

    /// <summary>Imagines with given discrete actions.</summary>
    /// <param name="seed">Determines starts and noise.</param>
    /// <param name="actions">(T, B), each from 0 to count - 1.</param>
    /// <exception cref="BundleException">A wrong number of actions, one out of range, or no graph <c>imagine</c>.</exception>
    public DreamBatch Run(ulong seed, ReadOnlySpan<long> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_buffers.Manifest.Action.Kind != ActionKind.Discrete)
            throw new BundleException("This bundle's actions are continuous: give floats (T, B, ...shape).");
        CheckRange(actions);
        return RunGiven(seed, actions);
    }

    /// <summary>Imagines with given continuous actions.</summary>
    /// <param name="seed">Determines starts and noise.</param>
    /// <param name="actions">(T, B, ...shape).</param>
    /// <exception cref="BundleException">Another number of values, a discrete space, or no graph <c>imagine</c>.</exception>
    public DreamBatch Run(ulong seed, ReadOnlySpan<float> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_buffers.Manifest.Action.Kind != ActionKind.Continuous)
            throw new BundleException("This bundle's actions are discrete: give longs (T, B).");
        return RunGiven(seed, actions);
    }

    /// <summary>Makes following runs start from given observations instead of the bundle's.</summary>
    /// <param name="observations">(B, ...observation); empty: the bundle's starts again.</param>
    /// <exception cref="BundleException">Another number of values.</exception>
    public void Start(ReadOnlySpan<float> observations)
    {
        using ExclusiveUse.Use use = _use.Begin();
        int size = Batch * _buffers.StartObservation.RowSize;
        if (!observations.IsEmpty && observations.Length != size)
            throw Wrong(observations.Length, size, $"observations (B={Batch}, {ObservationShape})");
        StartAfter<float>(observations, default);
        if (observations.IsEmpty)
            _origin = Origin.Recorded;
    }

    /// <summary>
    /// Makes following runs start after a context of C observations, which graph <c>observe</c> filters from the first to the last:
    /// is-first is 1 and the previous action zero at the first only. The dream goes on from the last posterior. C is inferred; 1 is
    /// <see cref="Start(ReadOnlySpan{float})"/>. In <see cref="DreamBatch"/> the context is what comes before step 0.
    /// </summary>
    /// <param name="observations">(C, B, ...observation).</param>
    /// <param name="actions">(C - 1, B), those taken between the observations, each from 0 to count - 1.</param>
    /// <exception cref="BundleException">
    /// Another number of values, an action out of range, a continuous space, or no graph <c>observe</c> to filter with.
    /// </exception>
    public void Start(ReadOnlySpan<float> observations, ReadOnlySpan<long> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_buffers.Manifest.Action.Kind != ActionKind.Discrete)
            throw new BundleException("This bundle's actions are continuous: give floats (C - 1, B, ...shape).");
        CheckRange(actions);
        CheckContext(observations.Length, actions.Length);
        StartAfter(observations, actions);
    }

    /// <summary>The same for continuous actions.</summary>
    /// <param name="observations">(C, B, ...observation).</param>
    /// <param name="actions">(C - 1, B, ...shape), those taken between the observations.</param>
    /// <exception cref="BundleException">
    /// Another number of values, a discrete space, or no graph <c>observe</c> to filter with.
    /// </exception>
    public void Start(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_buffers.Manifest.Action.Kind != ActionKind.Continuous)
            throw new BundleException("This bundle's actions are discrete: give longs (C - 1, B).");
        CheckContext(observations.Length, actions.Length);
        StartAfter(observations, actions);
    }

    /// <summary>
    /// Makes following runs start from given states, not from observations: call it for every state of the bundle. For states that the
    /// caller keeps himself, such as those of an agent that imagines from where it stands.
    /// </summary>
    /// <param name="state">The name of a float32 state.</param>
    /// <param name="values">(B, ...state).</param>
    /// <exception cref="BundleException">There is no such state of float32, or another number of values.</exception>
    public void Start(string state, ReadOnlySpan<float> values) => StartFrom(state, values);

    /// <summary>The same for an int64 state, such as the position in a cache.</summary>
    /// <param name="state">The name of an int64 state.</param>
    /// <param name="values">(B, ...state).</param>
    /// <exception cref="BundleException">There is no such state of int64, or another number of values.</exception>
    public void Start(string state, ReadOnlySpan<long> values) => StartFrom(state, values);

    /// <summary>The same for a bool state.</summary>
    /// <param name="state">The name of a bool state.</param>
    /// <param name="values">(B, ...state).</param>
    /// <exception cref="BundleException">There is no such state of bool, or another number of values.</exception>
    public void Start(string state, ReadOnlySpan<bool> values) => StartFrom(state, values);

    /// <summary>Sets what a graph takes as a setting, such as a temperature, for following runs.</summary>
    /// <param name="setting">Its name.</param>
    /// <param name="values">(B, ...), or those of one row for all of them.</param>
    /// <exception cref="BundleException">There is no such setting, or another number of values.</exception>
    public void Set(string setting, params ReadOnlySpan<float> values)
    {
        using ExclusiveUse.Use use = _use.Begin();
        SettingValues.Fill(_buffers.Settings, setting, values);
    }

    /// <summary>
    /// Makes rows of following runs draw the noise, and have the start, of other rows. Rows that are given one number differ in nothing but
    /// what they do (common random numbers); and a row that keeps its number dreams the same wherever in a batch it is.
    /// </summary>
    /// <param name="rows">(B); empty: each row its own again.</param>
    /// <exception cref="BundleException">Another number of rows.</exception>
    public void DrawAs(ReadOnlySpan<uint> rows)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (rows.Length != Batch && !rows.IsEmpty)
            throw Wrong(rows.Length, Batch, $"the numbers of rows (B={Batch})");
        for (int row = 0; row < Batch; row++)
            _buffers.NoiseRows[row] = rows.IsEmpty ? (uint)row : rows[row];
    }

    /// <summary>
    /// Makes the next run start where the last one ended: a horizon of 1 and a call of this before every run but the first step the world
    /// like an environment. Noise is a function of the seed and the step within a run, so give every run a seed of its own.
    /// </summary>
    public void Continue()
    {
        using ExclusiveUse.Use use = _use.Begin();
        foreach ((string name, Trajectory states) in _buffers.States)
        {
            if (!states.IsConstant)
                _buffers.GivenState(name).CopyFrom(_buffers.State(name, Horizon));
        }

        StartFromStates();
        _buffers.Action(-1).CopyFrom(_buffers.Actions[Horizon - 1]);
    }

    /// <summary>
    /// Frees its memory: spans of its results are invalid then. Where a run is in flight on another thread, when that ends. A second
    /// call does nothing.
    /// </summary>
    public void Dispose() => _use.Dispose();

    private void Free()
    {
        _filter?.Dispose();
        _policy?.Dispose();
        if (!ReferenceEquals(_policy, _given))
            _given?.Dispose();
        _result?.Dispose();
        _pool.Dispose();
        _buffers?.Dispose();
        _device?.Dispose();
    }

    /// <summary>Whether the last run's steps or heads computed a role.</summary>
    internal bool Computes(TensorRole role) => _last?.Computes(role) == true;

    /// <summary>Guards its memory, also for what looks at results.</summary>
    internal ExclusiveUse Use => _use;

    private DreamBatch RunGiven<T>(ulong seed, ReadOnlySpan<T> actions) where T : unmanaged
    {
        if (!_bundle.Has("imagine"))
            throw new BundleException("This bundle has no graph 'imagine'; its graph 'dream' chooses the actions itself: run it without.");
        int size = Batch * _buffers.Actions[0].RowSize;
        if (actions.Length != (long)Horizon * size)
        {
            throw Wrong(actions.Length, (long)Horizon * size,
                $"actions (T={Horizon}, B={Batch}{(size == Batch ? "" : $", {size / Batch}")})");
        }

        _given ??= new(_buffers, ["imagine"], _pool);
        for (int t = 0; t < Horizon; t++)
            actions.Slice(t * size, size).CopyTo(_buffers.Actions[t].Overwrite<T>());
        return Run(_given, seed);
    }

    private DreamBatch Run(Rollout rollout, ulong seed)
    {
        _buffers.Context = _context;
        bool observes = _origin != Origin.States;
        if (observes)
            _buffers.FillStarts(seed, _origin == Origin.Observations);
        else
            _buffers.TakeGivenStates();
        rollout.Run(seed, observes ? _filter : null);
        _last = rollout;
        _buffers.Generation++;
        return _result;
    }

    /// <summary>Runs from whatever states there are, to see how long it takes.</summary>
    internal void Try() => _policy!.Run(0, _filter);

    private void DrawActions(ulong seed)
    {
        ActionSpec space = _buffers.Manifest.Action;
        for (int t = 0; t < Horizon; t++)
        {
            TensorBuffer buffer = _buffers.Actions[t];
            Span<long> discrete = buffer.Overwrite<long>();
            Span<float> continuous = buffer.Overwrite<float>();
            for (int row = 0; row < Batch; row++)
            {
                NoiseKey key = new NoiseKey(seed, _buffers.NoiseRows[row], (uint)t, ActionStream);
                if (space.Kind == ActionKind.Discrete)
                {
                    discrete[row] = Philox.NextInt(key, space.Count!.Value);
                    continue;
                }
                Span<float> action = continuous.Slice(row * buffer.RowSize, buffer.RowSize);
                Philox.FillUniform(key, action);
                for (int i = 0; i < action.Length; i++)
                    action[i] = (float)(space.LowOf(i) + (space.HighOf(i) - space.LowOf(i)) * action[i]);
            }
        }
    }

    private string ObservationShape => string.Join(", ", _buffers.Manifest.Observation.Shape);

    private void CheckRange(ReadOnlySpan<long> actions)
    {
        int count = _buffers.Manifest.Action.Count!.Value;
        foreach (long action in actions)
        {
            if ((ulong)action >= (ulong)count)
                throw new BundleException($"Action {action} is out of range: expected 0 to {count - 1}.");
        }
    }

    private void CheckContext(int observations, int actions)
    {
        int size = Batch * _buffers.StartObservation.RowSize, actionSize = Batch * _buffers.Manifest.Action.Size;
        int context = observations / size;
        if (context == 0 || observations != context * size)
        {
            throw new BundleException(
                $"Expected observations (C, B={Batch}, {ObservationShape}), a multiple of {size} values; found {observations}.");
        }

        if (actions != (context - 1L) * actionSize)
            throw Wrong(actions, (context - 1L) * actionSize, $"the actions between {context} observations (C - 1, B={Batch}, ...)");
        if (context > 1 && _filter is null)
        {
            throw new BundleException($"Bundle '{_bundle.Directory}' has no graph 'observe' to filter a context of {context} observations "
                + "with: start from the last one alone.");
        }
    }

    private void StartAfter<T>(ReadOnlySpan<float> observations, ReadOnlySpan<T> actions) where T : unmanaged
    {
        int size = Batch * _buffers.StartObservation.RowSize, actionSize = Batch * _buffers.Manifest.Action.Size;
        _context = Math.Max(1, observations.Length / size);
        _filter?.Reach(_context);
        for (int i = 0; i < observations.Length / size; i++)
        {
            observations.Slice(i * size, size).CopyTo(_buffers.Observation(i - _context + 1).Overwrite<float>());
            if (i < _context - 1)
                actions.Slice(i * actionSize, actionSize).CopyTo(_buffers.Action(i - _context + 1).Overwrite<T>());
        }
        if (_context == 1)
            _buffers.Action(-1).SetAll(0);
        _origin = Origin.Observations;
    }

    private void StartFrom<T>(string state, ReadOnlySpan<T> values) where T : unmanaged
    {
        using ExclusiveUse.Use use = _use.Begin();
        NpyType type = NpyArray.TypeOf<T>();
        if (!_buffers.States.TryGetValue(state, out Trajectory? states) || Tensors.ArrayType(states.First.Type) != type)
        {
            IEnumerable<string> all = _buffers.States.Select(s => $"{s.Key} ({NameConverter<TensorType>.Write(s.Value.First.Type)})");
            throw new BundleException(
                $"There is no {NpyArray.NumpyName(type)} state '{state}'; there are: {ManifestCheck.Listed(all)}.");
        }
        int size = Batch * states.First.RowSize;
        if (values.Length != size)
            throw Wrong(values.Length, size, $"state '{state}' (B={Batch}, ...)");
        values.CopyTo(_buffers.GivenState(state).Overwrite<T>());
        StartFromStates();
    }

    private void StartFromStates()
    {
        _origin = Origin.States;
        _context = 1;
        _buffers.Action(-1).SetAll(0);
    }

    private static BundleException Wrong(int found, long expected, string what) =>
        new($"Expected {what}, {expected} values; found {found}.");
}
