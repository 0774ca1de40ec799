using System.Diagnostics;
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
    /// Time for one decision, from the call on; null: as long as its iterations take. The first iteration is always done; a later one begins
    /// only if, as long as the slowest before, it ends in time, so that plans depend on the machine's speed. See
    /// <see cref="Planner.Iterations"/>.
    /// </summary>
    public TimeSpan? Deadline { get; init; }

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

    /// <summary>Provider, threads and checks.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>
/// Acts on observations by model-predictive control: graph <c>observe</c> filters them, then a <see cref="CrossEntropyMethod"/> searches
/// the actions whose rewards, summed over the horizon without discount as graph <c>imagine</c> draws them, are the best; the first is
/// executed and the rest planned anew (Hafner et al. 2019, algorithm 2). Needs no policy; continuous actions only. Acting allocates nothing
/// once a batch size is bound. Use it from one thread at a time: a second thread gets an <see cref="InvalidOperationException"/>. Planners
/// of one <see cref="WorldModel"/> may act at once, each on its thread.
/// </summary>
/// <remarks>
/// What candidate n of row b imagines draws from <see cref="Philox"/>'s key (seed, b * N + n, step, stream), with the step of the
/// candidates' own noise and the stream of graph <c>imagine</c> after <c>plan/</c>.
/// </remarks>
public sealed class Planner : IDisposable
{
    private readonly Bundle _bundle;
    private readonly bool _ownsBundle;
    private readonly ExclusiveUse _use;
    private readonly PlannerOptions _options;
    private readonly EvaluateActions _evaluate;
    private readonly PictureRows _pictures;
    private CrossEntropyMethod? _search;
    private ControllerStep? _filter;
    private CandidateRollout? _rollout;
    private TensorBuffer? _executed;
    private float[] _plan = [];
    private uint _noiseStep;

    internal Planner(Bundle bundle, PlannerOptions options, bool ownsBundle)
    {
        CheckOptions(options);
        (_bundle, _options, _ownsBundle) = (bundle, options, ownsBundle);
        _use = new(this, bundle, Free);
        (_evaluate, _pictures) = (Evaluate, new(bundle));
        CheckBundle(bundle);
        PlannerSpec spec = bundle.Manifest.Planner ?? new();
        Spec = new()
        {
            Horizon = options.Horizon ?? spec.Horizon,
            Candidates = options.Candidates ?? spec.Candidates,
            Elites = options.Elites ?? spec.Elites,
            Iterations = options.Iterations ?? spec.Iterations,
        };
        if (Spec.Problems() is { Count: > 0 } problems)
            throw BundleException.Of($"Bundle '{bundle.Directory}'", problems);
        bundle.Open("observe", 1);
        if (options.Batch > 0)
            Bind(options.Batch);
    }

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Horizon, candidates, elites and iterations, as they are used.</summary>
    public PlannerSpec Spec { get; }

    /// <summary>Rows bound now; 0 before the first call, if the options left it open.</summary>
    public int Batch => _filter?.Batch ?? 0;

    /// <summary>
    /// The whole plans of the last call, (H, B, ...shape), the first of which were its actions: as
    /// <see cref="Dream.Run(ulong, ReadOnlySpan{float})"/> takes them. Empty before the first call.
    /// </summary>
    public ReadOnlySpan<float> Plan
    {
        get
        {
            using ExclusiveUse.Use use = _use.Begin();
            return _filter is { Calls: > 0 } ? _plan : [];
        }
    }

    /// <summary>Iterations of the last decision: fewer than planned where the deadline came first. 0 before the first call.</summary>
    public int Iterations => _search?.Iterations ?? 0;

    /// <summary>
    /// Opens a bundle's world model to plan in it, on sessions and weights of its own; <see cref="WorldModel.Planner"/> shares those of a
    /// world model.
    /// </summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">How to plan, batch, seed, and how to run.</param>
    /// <exception cref="BundleException">
    /// The bundle is incomplete or damaged, has no world model to plan in, or discrete actions; the numbers of the plan contradict each
    /// other; or the provider fails.
    /// </exception>
    public static Planner Load(string directory, PlannerOptions? options = null)
    {
        options ??= new();
        CheckOptions(options);
        Bundle bundle = new Bundle(directory, options.Runtime);
        try
        {
            return new(bundle, options, ownsBundle: true);
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
    /// <exception cref="BundleException">
    /// Another number of values, or no candidate of a row has a predicted return, as after NaN in its observation: no row has taken part
    /// then.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The planner, or the world model that it runs, was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the planner.</exception>
    public void Act(ReadOnlySpan<float> observations, Span<float> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActAlone(observations, actions);
    }

    /// <summary>Plans by pictures of bytes, 0 to 255, which networks see as 0 to 1.</summary>
    /// <param name="pictures">(B, channels, rows, columns).</param>
    /// <param name="actions">(B, ...shape), written.</param>
    /// <inheritdoc cref="Act" path="/exception"/>
    public void ActOnPictures(ReadOnlySpan<byte> pictures, Span<float> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActAlone(_pictures.Read(pictures), actions);
    }

    /// <summary>
    /// Says which actions were executed after the last <see cref="Act"/>, where they are not the planned ones, such as with noise to
    /// explore: the next call's filter reads them. Call it before <see cref="Reset()"/>.
    /// </summary>
    /// <param name="actions">(B, ...shape), in the bundle's bounds.</param>
    /// <exception cref="BundleException">Another number of values, or there was no call, or a reset since.</exception>
    public void Executed(ReadOnlySpan<float> actions)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_executed is null)
            throw new BundleException("Executed says what became of the last Act: call it after Act and before Reset.");
        Span<float> previous = _executed.Overwrite<float>();
        if (actions.Length != previous.Length)
            throw new BundleException($"Expected {previous.Length} executed actions' values (B={Batch}); found {actions.Length}.");
        actions.CopyTo(previous);
    }

    /// <summary>Starts an episode in every row: states take their initial value, the previous action is zero, is-first is 1.</summary>
    public void Reset()
    {
        using ExclusiveUse.Use use = _use.Begin();
        for (int row = 0; row < Batch; row++)
            _filter!.Reset(row);
        _executed = null;
    }

    /// <summary>Starts an episode in some rows.</summary>
    /// <param name="rows">Row numbers, from 0.</param>
    /// <exception cref="BundleException">There is no such row, or no batch is bound yet; none is reset then.</exception>
    public void Reset(ReadOnlySpan<int> rows)
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActingRows.Check(rows, Batch, nameof(PlannerOptions));
        foreach (int row in rows)
            _filter!.Reset(row);
        _executed = null;
    }

    /// <summary>
    /// Frees its memory, and closes the sessions that <see cref="Load"/> opened; where a call is in flight on another thread, when that
    /// ends. A second call does nothing.
    /// </summary>
    public void Dispose() => _use.Dispose();

    private void Free()
    {
        Unbind();
        if (_ownsBundle)
            _bundle.Dispose();
    }

    private void Unbind()
    {
        _rollout?.Dispose();
        _filter?.Dispose();
        (_rollout, _filter, _executed) = (null, null, null);
    }

    private void ActAlone(ReadOnlySpan<float> observations, Span<float> actions)
    {
        long begun = Stopwatch.GetTimestamp();
        int batch = ActingRows.Infer(Manifest, _options.Batch, observations.Length, actions.Length);
        if (batch != Batch)
            Bind(batch);
        uint decision = _filter!.Calls;
        _executed = _filter.Run(observations, _options.Seed, _options.Deterministic);
        _noiseStep = _search!.NoiseStep(decision, 0);
        try
        {
            _search.Plan(_options.Seed, decision, _evaluate, _options.Deadline - Stopwatch.GetElapsedTime(begun));
        }
        catch (BundleException e)
        {
            for (int row = 0; row < batch; row++)
                _filter.TakeBack(row);
            _executed = null;
            throw new BundleException($"Bundle '{_bundle.Directory}', decision {_filter.Calls}: {e.Message}", e);
        }
        _rollout!.Scale(_search.Mean, _plan);
        _plan.AsSpan(0, actions.Length).CopyTo(actions);
        _plan.AsSpan(0, actions.Length).CopyTo(_executed.Overwrite<float>());
    }

    private void Evaluate(ReadOnlySpan<float> actions, Span<float> returns)
    {
        _rollout!.Run(actions, returns, _options.Seed, _noiseStep);
        _noiseStep += (uint)Spec.Horizon;
    }

    private void Bind(int batch)
    {
        Unbind();
        _search = new(Spec, batch, Manifest.Action.Size);
        SizeCheck.Controller(_bundle, ["observe"], batch);
        SizeCheck.Dream(_bundle, batch * Spec.Candidates, Spec.Horizon); // The search would have refused what overflows.
        ControllerStep filter = new ControllerStep(_bundle, ["observe"], batch, reader: "imagine");
        try
        {
            DreamOptions dream = new() { Tile = _options.Tile, Threads = _options.Threads };
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

    private static void CheckOptions(PlannerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Batch, nameof(options));
        if (options.Deadline is { } deadline)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero, nameof(options));
        if (options.Tile is { } tile)
            ArgumentOutOfRangeException.ThrowIfNegative(tile, nameof(options));
        if (options.Threads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(options));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, SizeCheck.MostThreads, nameof(options));
        }
    }

    /// <summary>What a planner needs and the graphs do not have.</summary>
    internal static List<string> Lacks(Manifest manifest)
    {
        List<string> missing = new List<string>();
        if (!manifest.Graphs.TryGetValue("observe", out GraphSpec? observe))
            missing.Add("a graph 'observe'");
        else if (observe.Input(TensorRole.Observation) is null)
            missing.Add("an input of role observation in graph observe");
        if (!manifest.Graphs.TryGetValue("imagine", out GraphSpec? imagine))
            missing.Add("a graph 'imagine'");
        else if (imagine.Input(TensorRole.Action) is null)
            missing.Add("an input of role action in graph imagine");
        if (imagine is not null && imagine.Output(TensorRole.Reward) is null)
            missing.Add("an output of role reward in graph imagine");
        return missing;
    }

    private static void CheckBundle(Bundle bundle)
    {
        Manifest manifest = bundle.Manifest;
        string instead = manifest.PolicyGraphs.Length > 0
            ? "It has a policy: use Controller.Load, or WorldModel.Controller."
            : "It has no policy either: to imagine with actions of your own, use WorldModel.Load and Dream.Run(seed, actions).";
        if (Lacks(manifest) is { Count: > 0 } missing)
        {
            throw new BundleException($"Bundle '{bundle.Directory}' cannot plan, it lacks {string.Join(" and ", missing)}; "
                + $"it has graphs: {ManifestCheck.Listed(manifest.Graphs.Keys)}. {instead}");
        }

        if (manifest.Action.Kind == ActionKind.Discrete)
        {
            throw new BundleException(
                $"Bundle '{bundle.Directory}' has discrete actions, and this planner searches continuous ones. {instead}");
        }
    }
}
