namespace WorldModels.Runtime;

/// <summary>The memory of a dream: trajectories (T or T + 1 tensors of B rows each) and constant inputs.</summary>
internal sealed class DreamBuffers : IDisposable
{
    private readonly List<TensorBuffer> _all = [];
    private readonly Dictionary<string, TensorSpec> _states = [];
    private readonly List<(string Name, bool FromObservation)> _started = [];
    private readonly bool _needsObservation;
    private readonly bool _needsStates;

    public DreamBuffers(Bundle bundle, int batch, int horizon, DreamOptions options)
    {
        (Bundle, Batch, Horizon, Options) = (bundle, batch, horizon, options);
        Tile = options.Tile <= 0 ? batch : Math.Min(options.Tile, batch);
        string[] used = [.. ((string[])["observe", "act", "imagine", "dream"]).Where(bundle.Has)];
        foreach (string name in used) Fixed(name, Manifest.Graphs[name]);
        var stepped = used.Where(g => g != "observe").SelectMany(g => Manifest.Graphs[g].Outputs).ToList();
        foreach (var state in used.SelectMany(g => Manifest.Graphs[g].Inputs).Where(t => t.Role == TensorRole.State))
        {
            if (!_states.TryAdd(state.Name, state)) continue;
            // What no step changes is one tensor at all times.
            bool changes = stepped.Any(t => t.Feeds == state.Name);
            States[state.Name] = changes ? New(state, horizon + 1) : [.. Enumerable.Repeat(New(state), horizon + 1)];
        }
        var observation = Manifest.Observation.Shape.Select(d => (Dim)d).ToList();
        var seen = _states.Values.FirstOrDefault(s => s.Dtype == TensorType.Float32 && s.Shape.Skip(1).SequenceEqual(observation));
        if (seen is not null) ObservationState = States[seen.Name];
        Actions = New(new TensorSpec
        {
            Name = "action",
            Role = TensorRole.Action,
            Dtype = Manifest.Action.Kind == ActionKind.Discrete ? TensorType.Int64 : TensorType.Float32,
            Shape = ["batch", .. (Manifest.Action.Shape ?? []).Select(d => (Dim)d)],
        }, horizon);
        StartObservation = New(new TensorSpec
        {
            Name = "observation",
            Role = TensorRole.Observation,
            Shape = ["batch", .. observation],
        });
        if (stepped.FirstOrDefault(t => t.Role == TensorRole.Reward) is { } reward) Rewards = New(reward, horizon);
        if (stepped.FirstOrDefault(t => t.Role == TensorRole.Continue) is { } carryOn) Continues = New(carryOn, horizon);
        var twice = Manifest.DreamGraphs.Where(bundle.Has).SelectMany(g => Manifest.Graphs[g].Outputs)
            .Where(t => t.Role == TensorRole.Logits).GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1);
        if (options.KeepLogits && twice is not null)
            throw new BundleException($"Both act and imagine call their logits '{twice.Key}', so that only one could be kept: "
                + "dream without KeepLogits, or export them under different names.");
        if (options.KeepLogits)
            foreach (var logits in stepped.Where(t => t.Role == TensorRole.Logits)) Logits.TryAdd(logits.Name, New(logits, horizon));
        foreach (var state in _states.Values.Where(s => s.Initial == InitialState.Starts)) _started.Add((state.Name, Source(state)));
        _needsObservation = bundle.Has("observe") || _started.Any(s => s.FromObservation);
        _needsStates = _started.Any(s => !s.FromObservation);
    }

    public Bundle Bundle { get; }

    public Manifest Manifest => Bundle.Manifest;

    public int Batch { get; }

    public int Horizon { get; }

    public int Tile { get; }

    public DreamOptions Options { get; }

    /// <summary>State by name, T + 1 tensors.</summary>
    public Dictionary<string, TensorBuffer[]> States { get; } = [];

    /// <summary>T tensors.</summary>
    public TensorBuffer[] Actions { get; }

    /// <summary>T tensors, or null.</summary>
    public TensorBuffer[]? Rewards { get; }

    /// <summary>T tensors, or null.</summary>
    public TensorBuffer[]? Continues { get; }

    /// <summary>Kept logits by name, T tensors each.</summary>
    public Dictionary<string, TensorBuffer[]> Logits { get; } = [];

    /// <summary>The observations that the rows start from.</summary>
    public TensorBuffer StartObservation { get; }

    /// <summary>Counts runs, so that decoded observations know when they are stale.</summary>
    public int Generation { get; set; }

    /// <summary>The state that is an observation itself, or null.</summary>
    public TensorBuffer[]? ObservationState { get; }

    public TensorBuffer New(TensorSpec tensor, bool perTile = false)
    {
        var buffer = new TensorBuffer(tensor, perTile ? Tile : Batch);
        _all.Add(buffer);
        return buffer;
    }

    /// <summary>Sets the starting observations and the states that come from the starts; other states are zero until observed.</summary>
    public void FillStarts(ulong seed, bool ownObservations)
    {
        var starts = Bundle.Starts;
        if (starts is null && ((_needsObservation && !ownObservations) || _needsStates))
            throw new BundleException($"Bundle '{Bundle.Directory}' has no {Starts.FileName}: give observations with Start(observations).");
        for (int row = 0; row < Batch && starts is not null; row++)
        {
            int index = Philox.NextInt(new NoiseKey(seed, (uint)row, 0, Starts.Stream), starts.Count);
            if (!ownObservations) starts.Copy("observation", index, StartObservation.Row<float>(row));
            foreach (var (name, fromObservation) in _started)
                if (!fromObservation) starts.Copy(name, index, States[name][0].Row<float>(row));
        }
        foreach (var (name, fromObservation) in _started)
            if (fromObservation) StartObservation.Bytes.CopyTo(States[name][0].Bytes);
    }

    public void Dispose()
    {
        foreach (var buffer in _all) buffer.Dispose();
    }

    private TensorBuffer[] New(TensorSpec tensor, int steps)
    {
        var buffers = new TensorBuffer[steps];
        for (int t = 0; t < steps; t++) buffers[t] = New(tensor);
        return buffers;
    }

    private static void Fixed(string graph, GraphSpec spec)
    {
        foreach (var tensor in spec.Inputs.Concat(spec.Outputs))
            if (tensor.Shape.Skip(1).FirstOrDefault(d => !d.IsFixed) is { IsFixed: false } named)
                throw new BundleException($"Graph {graph}: '{tensor.Name}' has a dimension '{named.Name}' of no fixed size; "
                    + "a dream needs every dimension but the batch fixed. Run it with WorldModel.Graph instead.");
    }

    /// <summary>Whether a state with initial "starts" is the starting observation; otherwise starts.npz has it by name.</summary>
    private bool Source(TensorSpec state)
    {
        if (Bundle.Starts?.Has(state.Name) == true) return false;
        if (ReferenceEquals(ObservationState, States[state.Name])) return true;
        throw new BundleException(
            $"State '{state.Name}' {state.Describe()} starts from {Starts.FileName}, which has no array of that name.");
    }
}
