using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// The memory of a dream: trajectories (T or T + 1 tensors of B rows each), and what came before them, as far back as was asked for.
/// Steps before the dream are negative: action -1 led to state 0.
/// </summary>
internal sealed class DreamBuffers : IDisposable
{
    private readonly List<IDisposable> _all = [];
    private readonly TensorSpec _action;
    private readonly TensorSpec _observation;

    // Entry i belongs to step -1 - i.
    private readonly Dictionary<string, List<TensorBuffer>> _earlierStates = [];
    private readonly List<TensorBuffer> _earlierActions = [];
    private readonly List<TensorBuffer> _earlierObservations = [];
    private readonly Dictionary<string, TensorSpec> _states = [];
    private readonly List<(string Name, bool FromObservation)> _started = [];
    private readonly Dictionary<string, TensorBuffer> _given = [];
    private readonly string[] _zeros;
    private readonly bool _needsObservation;
    private readonly bool _needsStates;

    public DreamBuffers(Bundle bundle, int batch, int horizon, DreamOptions options, DreamPlan plan, DeviceMemory? device,
        string purpose = "")
    {
        (Bundle, Batch, Horizon, Options, Plan, Device, Purpose) = (bundle, batch, horizon, options, plan, device, purpose);
        NoiseRows = [.. Enumerable.Range(0, batch).Select(row => (uint)row)];
        foreach (string name in Used(Manifest))
            Fixed(name, Manifest.Graphs[name]);
        foreach (TensorSpec setting in Used(Manifest).SelectMany(g => Manifest.Graphs[g].Inputs).Where(i => i.Role == TensorRole.Setting))
        {
            if (Settings.TryGetValue(setting.Name, out TensorBuffer? same) && same.RowSize == setting.RowSize)
                continue;
            Settings.Add(setting.Name, New(setting));
            Settings[setting.Name].Overwrite<float>().Fill(setting.Default!.Value);
        }
        List<TensorSpec> stepped = Used(Manifest).Where(g => g != "observe").SelectMany(g => Manifest.Graphs[g].Outputs).ToList();
        foreach (TensorSpec state in StatesOf(Manifest))
        {
            _states.Add(state.Name, state);
            // A state that no step changes is one tensor for all steps.
            bool changes = stepped.Any(t => t.Feeds == state.Name);
            States[state.Name] = New(state, horizon + 1, !changes ? 1 : state.Keep == KeptSteps.Last ? 2 : horizon + 1);
            _earlierStates[state.Name] = [];
        }
        ObservationState = ObservationStateOf(Manifest)?.Name;
        _action = TensorSpec.Of(Manifest.Action);
        _observation = new()
        {
            Name = "observation", Role = TensorRole.Observation, Shape = ["batch", .. Manifest.Observation.Shape.Select(d => (Dim)d)],
        };
        Actions = New(_action, horizon, horizon);
        _earlierActions.Add(New(_action)); // A policy may read the previous action at step 0.
        StartObservation = New(_observation);
        Rewards = Predicted(TensorRole.Reward, stepped, horizon);
        Continues = Predicted(TensorRole.Continue, stepped, horizon);
        if (Wants(DreamOutputs.Values))
            Values = Predicted(TensorRole.Value, [], horizon + 1);
        if (Wants(DreamOutputs.Observations) && ObservationState is null)
            Observations = Predicted(TensorRole.Observation, [], horizon + 1);
        IGrouping<string, TensorSpec>? twice = Manifest.DreamGraphs.Where(bundle.Has).SelectMany(g => Manifest.Graphs[g].Outputs)
            .Where(t => t.Role == TensorRole.Logits).GroupBy(t => t.Name).FirstOrDefault(g => g.Count() > 1);
        if (options.KeepLogits && twice is not null)
        {
            throw new BundleException($"Both act and imagine call their logits '{twice.Key}', so that only one could be kept: "
                + "dream without KeepLogits, or export them under different names.");
        }

        if (options.KeepLogits)
        {
            foreach (TensorSpec logits in stepped.Where(t => t.Role == TensorRole.Logits))
                Logits.TryAdd(logits.Name, New(logits, horizon, horizon));
        }

        foreach (TensorSpec state in _states.Values.Where(s => s.Initial == InitialState.Starts))
            _started.Add((state.Name, Source(state)));
        _needsObservation = bundle.Has("observe") || _started.Any(s => s.FromObservation);
        _needsStates = _started.Any(s => !s.FromObservation);
        string?[] observed = [.. bundle.Has("observe") ? Manifest.Graphs["observe"].Outputs.Select(o => o.Feeds) : []];
        _zeros = [.. _states.Keys.Except(observed)!];
    }

    public Bundle Bundle { get; }

    public Manifest Manifest => Bundle.Manifest;

    public int Batch { get; }

    public int Horizon { get; }

    public DreamOptions Options { get; }

    public DreamPlan Plan { get; }

    /// <summary>The device that has all of this, or null: it is in the host's memory alone.</summary>
    public DeviceMemory? Device { get; }

    /// <summary>Bytes of all tensors, in the host's memory or on each side.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the names of noise streams begin with.</summary>
    public string Purpose { get; }

    /// <summary>Whether every run computes some outputs. (Enum.HasFlag allocates until it is compiled well.)</summary>
    public bool Wants(DreamOutputs outputs) => (Options.Outputs & outputs) != 0;

    /// <summary>State by name, T + 1 steps.</summary>
    public Dictionary<string, Trajectory> States { get; } = [];

    /// <summary>T steps.</summary>
    public Trajectory Actions { get; }

    /// <summary>T steps, or null.</summary>
    public Trajectory? Rewards { get; }

    /// <summary>T steps, or null.</summary>
    public Trajectory? Continues { get; }

    /// <summary>T + 1 steps, or null.</summary>
    public Trajectory? Values { get; }

    /// <summary>T + 1 steps, where they are decoded at every run; or null.</summary>
    public Trajectory? Observations { get; }

    /// <summary>Settings by name, (B, ...).</summary>
    public Dictionary<string, TensorBuffer> Settings { get; } = [];

    /// <summary>(B): whose noise each row draws, and whose start it has; its own unless told otherwise.</summary>
    public uint[] NoiseRows { get; }

    /// <summary>Kept logits by name, T steps each.</summary>
    public Dictionary<string, Trajectory> Logits { get; } = [];

    /// <summary>The tiles of each worker: first row and rows.</summary>
    public IEnumerable<(int Worker, int First, int Rows)> Tiles
    {
        get
        {
            int count = (Batch + Plan.Tile - 1) / Plan.Tile;
            return Enumerable.Range(0, count).Select(i =>
                ((int)((long)i * Plan.Threads / count), i * Plan.Tile, Math.Min(Plan.Tile, Batch - i * Plan.Tile)));
        }
    }

    /// <summary>C, the observations that the dream starts after.</summary>
    public int Context { get; set; } = 1;

    /// <summary>The last observations of the context, those of step 0.</summary>
    public TensorBuffer StartObservation { get; }

    /// <summary>Counts runs, so that decoded observations know when they are stale.</summary>
    public int Generation { get; set; }

    /// <summary>The name of the state that is an observation itself, or null.</summary>
    public string? ObservationState { get; }

    /// <summary>
    /// The turn in which the previous run wrote its last state, where two places are used in turn: the number of times that its graphs
    /// ran for a row.
    /// </summary>
    public int LastTurn { get; set; }

    /// <summary>
    /// A state before step <paramref name="t"/>. If only the last step is kept: the place where the last run wrote it, or, for t of at most
    /// 0, the place where the filter of a context writes it.
    /// </summary>
    public TensorBuffer State(string name, int t)
    {
        Trajectory states = States[name];
        if (t >= 0)
            return states.At(t, t == 0 ? 0 : LastTurn);
        if (_states[name].Keep != KeptSteps.Last)
            return _earlierStates[name][-1 - t];
        // The filter of a context needs two in turn as well; step 0 is in the first place.
        return t % 2 == 0 ? states.First : states.IsConstant ? _earlierStates[name][0] : states.At(1, 1);
    }

    /// <summary>Whether the state before step <paramref name="t"/> is still in memory after a run.</summary>
    public bool HasState(string name, int t) =>
        t == Horizon || _states[name].Keep != KeptSteps.Last || (t >= 0 && !States[name].IsInTurn);

    /// <summary>
    /// Where a caller's state before step 0 is kept for all runs that start from it. A state with two places in turn has a copy for this,
    /// because runs overwrite both places.
    /// </summary>
    public TensorBuffer GivenState(string name)
    {
        if (!States[name].IsInTurn)
            return States[name].First;
        if (!_given.TryGetValue(name, out TensorBuffer? given))
            _given[name] = given = New(_states[name]);
        return given;
    }

    /// <summary>Before a run from the caller's states.</summary>
    public void TakeGivenStates()
    {
        foreach ((string name, Trajectory states) in States)
        {
            if (states.IsInTurn)
                states.First.CopyFrom(GivenState(name));
        }
    }

    /// <summary>The actions of step <paramref name="t"/>.</summary>
    public TensorBuffer Action(int t) => t >= 0 ? Actions[t] : _earlierActions[-1 - t];

    /// <summary>The observations of the context at step <paramref name="t"/>, at most 0.</summary>
    public TensorBuffer Observation(int t) => t == 0 ? StartObservation : _earlierObservations[-1 - t];

    /// <summary>Makes room for a context: its observations, and states and actions from the step before its first.</summary>
    public void Remember(int context)
    {
        while (_earlierActions.Count < context)
            _earlierActions.Add(New(_action));
        while (_earlierObservations.Count < context - 1)
            _earlierObservations.Add(New(_observation));
        foreach ((string name, List<TensorBuffer> states) in _earlierStates)
        {
            int places = _states[name].Keep != KeptSteps.Last ? context : States[name].IsConstant ? 1 : 0;
            while (states.Count < places)
                states.Add(New(_states[name]));
        }
    }

    /// <summary>A tensor of some rows, or of the whole batch, that lives as long as this.</summary>
    public TensorBuffer New(TensorSpec tensor, int? rows = null)
    {
        TensorBuffer buffer = new TensorBuffer(tensor, rows ?? Batch, Device);
        Bytes += TensorBuffer.BytesOf(tensor, rows ?? Batch);
        _all.Add(buffer);
        return buffer;
    }

    /// <summary>Sets the starting observations and the states: those of the starts, zeros for the others until observed.</summary>
    public void FillStarts(ulong seed, bool ownObservations)
    {
        Starts? starts = Bundle.Starts;
        if (starts is null && ((_needsObservation && !ownObservations) || _needsStates))
            throw new BundleException($"Bundle '{Bundle.Directory}' has no {Starts.FileName}: give observations with Start(observations).");
        foreach (string state in _zeros)
            States[state].First.SetAll(0);
        if (starts is not null)
        {
            if (!ownObservations)
                Fill("observation", StartObservation);
            foreach ((string name, bool fromObservation) in _started)
            {
                if (!fromObservation)
                    Fill(name, States[name].First);
            }
        }
        foreach ((string name, bool fromObservation) in _started)
        {
            if (fromObservation)
                States[name].First.CopyFrom(StartObservation);
        }

        void Fill(string name, TensorBuffer buffer)
        {
            Span<byte> rows = buffer.Overwrite<byte>();
            int size = rows.Length / Batch;
            for (int row = 0; row < Batch; row++)
            {
                int index = Philox.NextInt(new NoiseKey(seed, NoiseRows[row], 0, Starts.Stream), starts.Count);
                starts.Copy(name, index, rows.Slice(row * size, size));
            }
        }
    }

    public void Dispose()
    {
        foreach (IDisposable memory in _all)
            memory.Dispose();
    }

    /// <summary>A tensor at several steps, in as many places or fewer, that lives as long as this.</summary>
    public Trajectory New(TensorSpec tensor, int steps, int places)
    {
        Bytes += (long)TensorBuffer.BytesOf(tensor, Batch) * places;
        if (Device is null)
            CheckMemory();
        Trajectory trajectory = new Trajectory(tensor, Batch, steps, places, Device);
        _all.Add(trajectory);
        return trajectory;
    }

    /// <summary>The state that is an observation itself, or null.</summary>
    public static TensorSpec? ObservationStateOf(Manifest manifest) => StatesOf(manifest).FirstOrDefault(s =>
        s.Dtype == TensorType.Float32 && s.Shape.Skip(1).SequenceEqual(manifest.Observation.Shape.Select(d => (Dim)d)));

    private static IEnumerable<string> Used(Manifest manifest) =>
        ((string[])["observe", "act", "imagine", "dream"]).Where(manifest.Graphs.ContainsKey);

    private static IEnumerable<TensorSpec> StatesOf(Manifest manifest) =>
        Used(manifest).SelectMany(g => manifest.Graphs[g].Inputs).Where(t => t.Role == TensorRole.State).DistinctBy(t => t.Name);

    /// <summary>Memory for what the steps, or a graph on states, predict; null if neither does.</summary>
    private Trajectory? Predicted(TensorRole role, IReadOnlyList<TensorSpec> stepped, int steps)
    {
        TensorSpec? head = Manifest.Head(role) is { } graph ? Manifest.Graphs[graph].Output(role) : null;
        return (stepped.FirstOrDefault(t => t.Role == role) ?? head) is { } tensor ? New(tensor, steps, steps) : null;
    }

    /// <summary>Refuses more memory than there is: the operating system would kill the process without an error.</summary>
    private void CheckMemory()
    {
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (Bytes > available)
        {
            throw new BundleException($"A dream of batch {Batch} and horizon {Horizon} takes more than {Bytes / 1e9:0.0} GB, and this "
                + $"process may use {available / 1e9:0.0} GB: use a smaller batch or horizon, or several dreams in turn.");
        }
    }

    private static void Fixed(string graph, GraphSpec spec)
    {
        foreach (TensorSpec tensor in spec.Inputs.Concat(spec.Outputs))
        {
            if (tensor.Shape.Skip(1).FirstOrDefault(d => !d.IsFixed) is { IsFixed: false } named)
            {
                throw new BundleException($"Graph {graph}: '{tensor.Name}' has a dimension '{named.Name}' of no fixed size; "
                    + "a dream needs every dimension but the batch fixed. Run it with WorldModel.Graph instead.");
            }
        }
    }

    /// <summary>Whether a state with initial "starts" is the starting observation; otherwise starts.npz has it by name.</summary>
    private bool Source(TensorSpec state)
    {
        if (Bundle.Starts?.Has(state.Name) == true)
            return false;
        if (state.Name == ObservationState)
            return true;
        throw new BundleException(
            $"State '{state.Name}' {state.Describe()} starts from {Starts.FileName}, which has no array of that name.");
    }
}
