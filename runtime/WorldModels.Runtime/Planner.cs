using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>How a planner plans and runs.</summary>
public sealed record PlannerOptions
{
    /// <summary>H, actions planned ahead; null: as the manifest says, or <see cref="PlannerSpec"/>'s default.</summary>
    public int? Horizon { get; init; }

    /// <summary>N, candidates an iteration; null: as the manifest says, or <see cref="PlannerSpec"/>'s default.</summary>
    public int? Candidates { get; init; }

    /// <summary>The best candidates, which are fitted; null: as the manifest says, or <see cref="PlannerSpec"/>'s default.</summary>
    public int? Elites { get; init; }

    /// <summary>Iterations of a decision; null: as the manifest says, or <see cref="PlannerSpec"/>'s default.</summary>
    public int? Iterations { get; init; }

    /// <summary>
    /// Candidates that are imagined over the whole horizon together before the next ones; 0: all candidates of all rows. Null: the fastest
    /// number here, see <see cref="DreamPlan"/>. The plans are those of any other number.
    /// </summary>
    public int? Tile { get; init; }

    /// <summary>Cores that share the candidates; null: the fastest number here.</summary>
    public int? Threads { get; init; }

    /// <summary>Rows that act side by side; 0: bound at the first call, and again, with fresh states, when the number changes.</summary>
    public int Batch { get; init; }

    /// <summary>Determines the noise, with the row and the number of calls.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The noise of the posterior is zero (uniform noise: a half), so that the state that plans start from is its mode instead of a draw.
    /// Candidates and what they imagine are drawn all the same.
    /// </summary>
    public bool Deterministic { get; init; }

    /// <summary>The task all rows follow, for bundles with a task input; see <see cref="Planner.Task"/>.</summary>
    public long Task { get; init; }

    /// <summary>Provider, threads and checks.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>
/// Acts on observations by model-predictive control: graph <c>observe</c> filters them, then a <see cref="CrossEntropyMethod"/> searches
/// the actions whose rewards, summed over the horizon without discount as graph <c>imagine</c> draws them, are the best; the first is
/// executed and the rest planned anew (Hafner et al. 2019, algorithm 2). Needs no policy; continuous actions only. Acting allocates nothing
/// once a batch size is bound. Use it from one thread at a time.
/// </summary>
/// <remarks>
/// What candidate n of row b imagines draws from <see cref="Philox"/>'s key (seed, b * N + n, step, stream), with the step of the
/// candidates' own noise and the stream of graph <c>imagine</c> after <c>plan/</c>.
/// </remarks>
public sealed class Planner : IDisposable
{
    private readonly Bundle _bundle;
    private readonly PlannerOptions _options;
    private readonly EvaluateActions _evaluate;
    private CrossEntropyMethod? _search;
    private ControllerStep? _filter;
    private CandidateRollout? _rollout;
    private TensorBuffer? _executed;
    private float[] _plan = [];
    private uint _noiseStep;
    private bool _disposed;

    private Planner(Bundle bundle, PlannerOptions options, PlannerSpec spec)
    {
        (_bundle, _options, Spec) = (bundle, options, spec);
        _evaluate = Evaluate;
        Task = options.Task;
        if (options.Batch > 0) Bind(options.Batch);
    }

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Horizon, candidates, elites and iterations, as they are used.</summary>
    public PlannerSpec Spec { get; }

    /// <summary>Rows bound now; 0 before the first call, if the options left it open.</summary>
    public int Batch => _filter?.Batch ?? 0;

    /// <summary>The task all rows follow from the next call on, for bundles with a task input.</summary>
    public long Task { get; set; }

    /// <summary>
    /// The whole plans of the last call, (H, B, ...shape), the first of which were its actions: as
    /// <see cref="Dream.Run(ulong, ReadOnlySpan{float})"/> takes them. Empty before the first call.
    /// </summary>
    public ReadOnlySpan<float> Plan
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _filter is { Calls: > 0 } ? _plan : [];
        }
    }

    /// <summary>Opens a bundle's world model to plan in it.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">How to plan, batch, seed, and how to run.</param>
    /// <exception cref="BundleException">
    /// The bundle is incomplete or damaged, has no world model to plan in, or discrete actions; the numbers of the plan contradict each
    /// other; or the provider fails.
    /// </exception>
    public static Planner Load(string directory, PlannerOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Batch);
        if (options.Tile is { } tile) ArgumentOutOfRangeException.ThrowIfNegative(tile, nameof(options));
        if (options.Threads is { } threads) ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(options));
        var bundle = new Bundle(directory, options.Runtime);
        try
        {
            Check(bundle);
            var spec = bundle.Manifest.Planner ?? new();
            spec = new()
            {
                Horizon = options.Horizon ?? spec.Horizon,
                Candidates = options.Candidates ?? spec.Candidates,
                Elites = options.Elites ?? spec.Elites,
                Iterations = options.Iterations ?? spec.Iterations,
            };
            if (spec.Problems() is { Count: > 0 } problems) throw BundleException.Of($"Bundle '{directory}'", problems);
            bundle.Open("observe", 1);
            return new(bundle, options, spec);
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
    }

    /// <summary>Plans, and chooses each plan's first action.</summary>
    /// <param name="observations">(B, ...observation).</param>
    /// <param name="actions">(B, ...shape), written.</param>
    /// <exception cref="BundleException">Another number of values, or no candidate of a row has a predicted return.</exception>
    public void Act(ReadOnlySpan<float> observations, Span<float> actions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int batch = ActingRows.Infer(Manifest, _options.Batch, observations.Length, actions.Length);
        if (batch != Batch) Bind(batch);
        uint decision = _filter!.Calls;
        _executed = _filter.Run(observations, _options.Seed, _options.Deterministic, Task);
        _noiseStep = _search!.NoiseStep(decision, 0);
        _search.Plan(_options.Seed, decision, _evaluate);
        _rollout!.Scale(_search.Mean, _plan);
        _plan.AsSpan(0, actions.Length).CopyTo(actions);
        _plan.AsSpan(0, actions.Length).CopyTo(_executed.Overwrite<float>());
    }

    /// <summary>
    /// Says which actions were executed after the last <see cref="Act"/>, where they are not the planned ones, such as with noise to
    /// explore: the next call's filter reads them. Call it before <see cref="Reset()"/>.
    /// </summary>
    /// <param name="actions">(B, ...shape), in the bundle's bounds.</param>
    /// <exception cref="BundleException">Another number of values, or there was no call, or a reset since.</exception>
    public void Executed(ReadOnlySpan<float> actions)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_executed is null) throw new BundleException("Executed says what became of the last Act: call it after Act and before Reset.");
        var previous = _executed.Overwrite<float>();
        if (actions.Length != previous.Length)
            throw new BundleException($"Expected {previous.Length} executed actions' values (B={Batch}); found {actions.Length}.");
        actions.CopyTo(previous);
    }

    /// <summary>Starts an episode in every row: states take their initial value, the previous action is zero, is-first is 1.</summary>
    public void Reset()
    {
        for (int row = 0; row < Batch; row++) _filter!.Reset(row);
        _executed = null;
    }

    /// <summary>Starts an episode in some rows.</summary>
    /// <param name="rows">Row numbers, from 0.</param>
    /// <exception cref="BundleException">There is no such row, or no batch is bound yet; none is reset then.</exception>
    public void Reset(ReadOnlySpan<int> rows)
    {
        ActingRows.Check(rows, Batch, nameof(PlannerOptions));
        foreach (int row in rows) _filter!.Reset(row);
        _executed = null;
    }

    /// <summary>Closes the sessions.</summary>
    public void Dispose()
    {
        _disposed = true;
        _rollout?.Dispose();
        _filter?.Dispose();
        _bundle.Dispose();
    }

    private void Evaluate(ReadOnlySpan<float> actions, Span<float> returns)
    {
        _rollout!.Run(actions, returns, _options.Seed, _noiseStep, Task);
        _noiseStep += (uint)Spec.Horizon;
    }

    private void Bind(int batch)
    {
        _rollout?.Dispose();
        _filter?.Dispose();
        (_rollout, _filter, _executed) = (null, null, null);
        var filter = new ControllerStep(_bundle, ["observe"], batch, reader: "imagine");
        try
        {
            _search = new(Spec, batch, Manifest.Action.Size);
            DreamOptions dream = new() { Tile = _options.Tile, Threads = _options.Threads, Task = Task };
            _rollout = new(_bundle, filter, Spec.Candidates, Spec.Horizon, dream);
        }
        catch
        {
            filter.Dispose();
            throw;
        }
        _filter = filter;
        _plan = new float[_search.Mean.Length];
    }

    private static void Check(Bundle bundle)
    {
        var manifest = bundle.Manifest;
        var missing = new List<string>();
        if (!manifest.Graphs.TryGetValue("observe", out var observe)) missing.Add("a graph 'observe'");
        else if (observe.Input(TensorRole.Observation) is null) missing.Add("an input of role observation in graph observe");
        if (!manifest.Graphs.TryGetValue("imagine", out var imagine)) missing.Add("a graph 'imagine'");
        else if (imagine.Input(TensorRole.Action) is null) missing.Add("an input of role action in graph imagine");
        if (imagine is not null && imagine.Output(TensorRole.Reward) is null) missing.Add("an output of role reward in graph imagine");
        if (missing.Count > 0)
            throw new BundleException($"Bundle '{bundle.Directory}' cannot plan, it lacks {string.Join(" and ", missing)}; "
                + $"it has graphs: {ManifestCheck.Listed(manifest.Graphs.Keys)}. If it is a policy, use Controller.Load.");
        if (manifest.Action.Kind == ActionKind.Discrete)
            throw new BundleException($"Bundle '{bundle.Directory}' has discrete actions, and this planner searches continuous ones: "
                + "use Controller.Load if it has a policy.");
    }
}
