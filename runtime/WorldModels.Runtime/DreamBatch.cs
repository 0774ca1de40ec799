using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>
/// What a dream imagined: a view of its memory, overwritten by the dream's next start and run. Nothing is copied; but what a device
/// imagined stays there until it is looked at, and then comes with all its steps.
/// States have T + 1 entries, everything else T: action t led from state t to state t + 1, with reward t. Of a state that the manifest
/// says to keep for the last step alone, there is entry T.
/// Where the dream started after a context of C observations, its states and actions come before, at negative steps: states -C + 1 to 0 are
/// the posteriors of the observations, actions -C + 1 to -1 those taken between them.
/// </summary>
/// <remarks>
/// On the CPU several threads may read at once what a run computed, but <see cref="Observations"/> that are decoded when looked at, and
/// anything on a device, by one at a time. While a run is in flight on another thread, reading throws
/// <see cref="InvalidOperationException"/>; after the dream or its world model was disposed, <see cref="ObjectDisposedException"/>. A span
/// that was read before is not watched: it is valid until the dream is disposed, and overwritten by its next run.
/// </remarks>
public sealed class DreamBatch
{
    private readonly Dream _dream;
    private readonly DreamBuffers _buffers;
    private readonly Dictionary<(int Step, int Turn), Decoder> _decoders = [];

    internal DreamBatch(Dream dream, DreamBuffers buffers) => (_dream, _buffers) = (dream, buffers);

    /// <summary>B, rows.</summary>
    public int Batch => _buffers.Batch;

    /// <summary>T, steps.</summary>
    public int Horizon => _buffers.Horizon;

    /// <summary>C, observations that this dream started after; 1 unless <see cref="Dream.Start(ReadOnlySpan{float})"/> gave more.</summary>
    public int Context => _buffers.Context;

    /// <summary>Names of the states.</summary>
    public IReadOnlyCollection<string> StateNames => _buffers.States.Keys;

    /// <summary>Rewards of step <paramref name="t"/>, on arrival (B).</summary>
    /// <exception cref="BundleException">The bundle predicts no reward.</exception>
    public ReadOnlySpan<float> Rewards(int t) =>
        Arrival(_buffers.Rewards, t, TensorRole.Reward, "predicts no reward");

    /// <summary>Probability that the episode goes on after step <paramref name="t"/>, without discount (B).</summary>
    /// <exception cref="BundleException">The bundle predicts no continuation.</exception>
    public ReadOnlySpan<float> Continues(int t) =>
        Arrival(_buffers.Continues, t, TensorRole.Continue, "predicts no continuation");

    /// <summary>Values of the states before step <paramref name="t"/>, 0 to T (B).</summary>
    /// <exception cref="BundleException">
    /// The bundle has no graph <c>value</c> on states, or <see cref="DreamOptions.Outputs"/> did not ask for it.
    /// </exception>
    public ReadOnlySpan<float> Values(int t) => Read(_buffers.Values ?? throw Lacks(_buffers.Manifest.Head(TensorRole.Value) is null
        ? "has no graph 'value' that reads states alone" : "was not asked for values: set DreamOptions.Outputs"), t);

    /// <summary>Discrete actions of step <paramref name="t"/>, -C + 1 to T - 1 (B).</summary>
    /// <exception cref="BundleException">The actions are continuous.</exception>
    public ReadOnlySpan<long> Actions(int t) => _buffers.Manifest.Action.Kind == ActionKind.Discrete
        ? Action<long>(t) : throw Lacks("has continuous actions: use ContinuousActions");

    /// <summary>Continuous actions of step <paramref name="t"/>, -C + 1 to T - 1 (B, ...shape).</summary>
    /// <exception cref="BundleException">The actions are discrete.</exception>
    public ReadOnlySpan<float> ContinuousActions(int t) => _buffers.Manifest.Action.Kind == ActionKind.Continuous
        ? Action<float>(t) : throw Lacks("has discrete actions: use Actions");

    /// <summary>A float32 state before step <paramref name="t"/>, -C + 1 to T (B, ...shape).</summary>
    /// <exception cref="BundleException">There is no such state, it is of another type, or not kept of that step.</exception>
    public ReadOnlySpan<float> State(string name, int t) => State<float>(name, t);

    /// <summary>A state before step <paramref name="t"/>, -C + 1 to T (B, ...shape).</summary>
    /// <typeparam name="T">float, long or bool, as the manifest says of the state.</typeparam>
    /// <exception cref="BundleException">There is no such state, it is of another type, or not kept of that step.</exception>
    public ReadOnlySpan<T> State<T>(string name, int t) where T : unmanaged
    {
        if (!_buffers.States.ContainsKey(name))
            throw Lacks($"has no state '{name}'; it has: {ManifestCheck.Listed(_buffers.States.Keys)}");
        Check(t, 1 - Context, Horizon);
        TensorBuffer buffer = Kept(name, t);
        if (Tensors.ArrayType(buffer.Type) != NpyArray.TypeOf<T>())
            throw Lacks($"has a state '{name}' of {NameConverter<TensorType>.Write(buffer.Type)}, not {typeof(T).Name}");
        return Read<T>(buffer);
    }

    /// <summary>Logits of step <paramref name="t"/>, if <see cref="DreamOptions.KeepLogits"/> asked for them (B, ...shape).</summary>
    /// <exception cref="BundleException">They were not kept, or there are none of that name.</exception>
    public ReadOnlySpan<float> Logits(string name, int t) => _buffers.Logits.TryGetValue(name, out Trajectory? logits)
        ? Read(logits, t)
        : throw Lacks($"kept no logits '{name}'; it kept: {ManifestCheck.Listed(_buffers.Logits.Keys)}. Set DreamOptions.KeepLogits");

    /// <summary>
    /// Observations before step <paramref name="t"/>, -C + 1 to T (B, ...observation): the state itself if it is an observation, else graph
    /// <c>decode</c> run on it now (once a run and t).
    /// </summary>
    /// <exception cref="BundleException">
    /// The state is no observation and the bundle has no graph <c>decode</c>; or it reads a state that is not kept of that step, and
    /// <see cref="DreamOptions.Outputs"/> did not ask for observations.
    /// </exception>
    public ReadOnlySpan<float> Observations(int t)
    {
        Check(t, 1 - Context, Horizon);
        if (t >= 0 && _buffers.Observations is { } decoded)
            return Read<float>(decoded[t]);
        if (_buffers.ObservationState is { } frame)
            return Read<float>(Kept(frame, t));
        using ExclusiveUse.Use use = _dream.Use.Begin();
        // The last step has two places to be in, where states are kept in turn: which one, the graphs that ran decide.
        (int t, int) key = (t, t == Horizon ? _buffers.LastTurn & 1 : 0);
        if (!_decoders.TryGetValue(key, out Decoder? decoder))
            _decoders[key] = decoder = BindDecoder(t);
        if (decoder.Generation != _buffers.Generation)
        {
            decoder.Graph.Run();
            decoder.Generation = _buffers.Generation;
        }
        return decoder.Observation.Read<float>();
    }

    /// <summary>
    /// Looks through the states, actions, rewards and continuations that were kept; for hosts that do not trust a bundle. It reads
    /// everything, and a run never does so by itself.
    /// </summary>
    /// <exception cref="GraphOutputException">One is NaN or infinite; the message names the first.</exception>
    public void ThrowIfNotFinite() => new DreamCheck(_buffers, this).Run();

    /// <summary>Whether the graphs that ran last computed rewards or continuations.</summary>
    internal bool Has(TensorRole role) => _dream.Computes(role);

    internal void Dispose()
    {
        foreach (Decoder decoder in _decoders.Values)
            decoder.Graph.Dispose();
    }

    private Decoder BindDecoder(int t)
    {
        if (!_buffers.Bundle.Has("decode"))
            throw Lacks("has no graph 'decode', and no state that is an observation");
        GraphSession graph = _buffers.Bundle.Open("decode", _buffers.Plan.Variant);
        TensorSpec output = graph.Spec.Output(TensorRole.Observation) ?? throw Lacks("has a graph 'decode' without an observation output");
        Decoder decoder = new Decoder(new(graph, _buffers.Device), _buffers.New(output));
        foreach (TensorSpec input in graph.Spec.Inputs)
        {
            if (input.Role != TensorRole.State || !_buffers.States.ContainsKey(input.Name))
                throw Lacks($"has a graph 'decode' that reads '{input.Name}', which no dream has: expected states only");
            decoder.Graph.Input(input, Kept(input.Name, t).View(0, Batch));
        }
        foreach (TensorSpec other in graph.Spec.Outputs)
            decoder.Graph.Output(other, (ReferenceEquals(other, output) ? decoder.Observation : _buffers.New(other)).View(0, Batch));
        return decoder;
    }

    private TensorBuffer Kept(string state, int t) => _buffers.HasState(state, t) ? _buffers.State(state, t)
        : throw Lacks($"keeps only the last step of state '{state}' (\"keep\": \"last\" in the manifest): step {Horizon}, not {t}. "
            + "What a graph reads from it at every step, such as values and observations, DreamOptions.Outputs asks for");

    private ReadOnlySpan<T> Action<T>(int t) where T : unmanaged
    {
        Check(t, 1 - Context, Horizon - 1);
        return Read<T>(_buffers.Action(t));
    }

    private ReadOnlySpan<float> Arrival(Trajectory? trajectory, int t, TensorRole role, string lack)
    {
        if (trajectory is null)
            throw Lacks(lack);
        if (!_buffers.Wants(DreamOutputs.Arrivals))
            throw Lacks($"was not asked for {NameConverter<TensorRole>.Write(role)}s: set DreamOptions.Outputs");
        if (!_dream.Computes(role))
            throw Lacks($"predicts no {NameConverter<TensorRole>.Write(role)} in the graphs that ran last");
        return Read(trajectory, t);
    }

    private ReadOnlySpan<float> Read(Trajectory trajectory, int t)
    {
        Check(t, 0, trajectory.Length - 1);
        return Read<float>(trajectory[t]);
    }

    /// <summary>What is in the host's memory is only looked at; from a device it may have to be copied first.</summary>
    private ReadOnlySpan<T> Read<T>(TensorBuffer buffer) where T : unmanaged
    {
        if (_buffers.Device is null)
            return buffer.Read<T>();
        using ExclusiveUse.Use use = _dream.Use.Begin();
        return buffer.Read<T>();
    }

    private void Check(int t, int first, int last)
    {
        _dream.Use.ThrowIfUnusable();
        if (t < first || t > last)
            throw new ArgumentOutOfRangeException(nameof(t), t, $"Expected a step from {first} to {last}.");
    }

    private BundleException Lacks(string what) => new($"Bundle '{_buffers.Bundle.Directory}' {what}.");

    /// <summary>Graph <c>decode</c> at one step, what it decoded, and in which run.</summary>
    private sealed class Decoder(BoundGraph graph, TensorBuffer observation)
    {
        public BoundGraph Graph => graph;

        public TensorBuffer Observation => observation;

        public int Generation { get; set; }
    }
}
