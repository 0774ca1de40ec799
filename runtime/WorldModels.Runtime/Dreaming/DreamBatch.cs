namespace WorldModels.Runtime;

/// <summary>
/// What a dream imagined: a view of its memory, without copies, overwritten by the dream's next run.
/// States have T + 1 entries, everything else T: action t led from state t to state t + 1, with reward t.
/// </summary>
public sealed class DreamBatch
{
    private readonly Dream _dream;
    private readonly DreamBuffers _buffers;
    private readonly TensorBuffer?[] _decoded;
    private readonly BoundGraph?[] _decoders;
    private readonly int[] _decodedAt;

    internal DreamBatch(Dream dream, DreamBuffers buffers)
    {
        (_dream, _buffers) = (dream, buffers);
        _decoded = new TensorBuffer?[buffers.Horizon + 1];
        _decoders = new BoundGraph?[buffers.Horizon + 1];
        _decodedAt = new int[buffers.Horizon + 1];
    }

    /// <summary>B, rows.</summary>
    public int Batch => _buffers.Batch;

    /// <summary>T, steps.</summary>
    public int Horizon => _buffers.Horizon;

    /// <summary>Names of the states.</summary>
    public IReadOnlyCollection<string> StateNames => _buffers.States.Keys;

    /// <summary>Rewards of step <paramref name="t"/>, on arrival (B).</summary>
    /// <exception cref="BundleException">The bundle predicts no reward.</exception>
    public ReadOnlySpan<float> Rewards(int t) => At(_buffers.Rewards ?? throw Lacks("predicts no reward"), t).Span<float>();

    /// <summary>Probability that the episode goes on after step <paramref name="t"/>, without discount (B).</summary>
    /// <exception cref="BundleException">The bundle predicts no continuation.</exception>
    public ReadOnlySpan<float> Continues(int t) => At(_buffers.Continues ?? throw Lacks("predicts no continuation"), t).Span<float>();

    /// <summary>Discrete actions of step <paramref name="t"/> (B).</summary>
    /// <exception cref="BundleException">The actions are continuous.</exception>
    public ReadOnlySpan<long> Actions(int t) => _buffers.Manifest.Action.Kind == ActionKind.Discrete
        ? At(_buffers.Actions, t).Span<long>() : throw Lacks("has continuous actions: use ContinuousActions");

    /// <summary>Continuous actions of step <paramref name="t"/> (B, ...shape).</summary>
    /// <exception cref="BundleException">The actions are discrete.</exception>
    public ReadOnlySpan<float> ContinuousActions(int t) => _buffers.Manifest.Action.Kind == ActionKind.Continuous
        ? At(_buffers.Actions, t).Span<float>() : throw Lacks("has discrete actions: use Actions");

    /// <summary>A float32 state before step <paramref name="t"/>, 0 to T (B, ...shape).</summary>
    /// <exception cref="BundleException">There is no such state, or it is of another type.</exception>
    public ReadOnlySpan<float> State(string name, int t) => State<float>(name, t);

    /// <summary>A state before step <paramref name="t"/>, 0 to T (B, ...shape).</summary>
    /// <typeparam name="T">float, long or bool, as the manifest says of the state.</typeparam>
    /// <exception cref="BundleException">There is no such state, or it is of another type.</exception>
    public ReadOnlySpan<T> State<T>(string name, int t) where T : unmanaged
    {
        if (!_buffers.States.TryGetValue(name, out var state))
            throw Lacks($"has no state '{name}'; it has: {ManifestCheck.Listed(_buffers.States.Keys)}");
        var buffer = At(state, t);
        if (Tensors.ArrayType(buffer.Type) != NpyArray.TypeOf<T>())
            throw Lacks($"has a state '{name}' of {NameConverter<TensorType>.Write(buffer.Type)}, not {typeof(T).Name}");
        return buffer.Span<T>();
    }

    /// <summary>Logits of step <paramref name="t"/>, if <see cref="DreamOptions.KeepLogits"/> asked for them (B, ...shape).</summary>
    /// <exception cref="BundleException">They were not kept, or there are none of that name.</exception>
    public ReadOnlySpan<float> Logits(string name, int t) => _buffers.Logits.TryGetValue(name, out var logits)
        ? At(logits, t).Span<float>()
        : throw Lacks($"kept no logits '{name}'; it kept: {ManifestCheck.Listed(_buffers.Logits.Keys)}. Set DreamOptions.KeepLogits");

    /// <summary>
    /// Observations before step <paramref name="t"/>, 0 to T (B, ...observation): the state itself if it is an observation, else graph
    /// <c>decode</c> run on it now (once a run and t).
    /// </summary>
    /// <exception cref="BundleException">The state is no observation and the bundle has no graph <c>decode</c>.</exception>
    public ReadOnlySpan<float> Observations(int t)
    {
        if (_buffers.ObservationState is { } frames) return At(frames, t).Span<float>();
        _dream.ThrowIfDisposed();
        if ((uint)t > (uint)Horizon) throw OutOfRange(t, Horizon);
        var bound = _decoders[t] ??= BindDecoder(t);
        if (_decodedAt[t] != _buffers.Generation)
        {
            bound.Run();
            _decodedAt[t] = _buffers.Generation;
        }
        return _decoded[t]!.Span<float>();
    }

    internal void Dispose()
    {
        foreach (var decoder in _decoders) decoder?.Dispose();
    }

    private BoundGraph BindDecoder(int t)
    {
        if (!_buffers.Bundle.Has("decode")) throw Lacks("has no graph 'decode', and no state that is an observation");
        var graph = _buffers.Bundle.Open("decode");
        var output = graph.Spec.Output(TensorRole.Observation) ?? throw Lacks("has a graph 'decode' without an observation output");
        var bound = new BoundGraph(graph);
        foreach (var input in graph.Spec.Inputs)
        {
            if (input.Role != TensorRole.State || !_buffers.States.TryGetValue(input.Name, out var state))
                throw Lacks($"has a graph 'decode' that reads '{input.Name}', which no dream has: expected states only");
            bound.Input(input, state[t].View(0, Batch));
        }
        _decoded[t] = _buffers.New(output);
        foreach (var other in graph.Spec.Outputs)
            bound.Output(other, (ReferenceEquals(other, output) ? _decoded[t]! : _buffers.New(other)).View(0, Batch));
        return bound;
    }

    private TensorBuffer At(TensorBuffer[] trajectory, int t)
    {
        _dream.ThrowIfDisposed();
        return (uint)t < (uint)trajectory.Length ? trajectory[t] : throw OutOfRange(t, trajectory.Length - 1);
    }

    private static ArgumentOutOfRangeException OutOfRange(int t, int last) => new(nameof(t), t, $"Expected a step from 0 to {last}.");

    private BundleException Lacks(string what) => new($"Bundle '{_buffers.Bundle.Directory}' {what}.");
}
