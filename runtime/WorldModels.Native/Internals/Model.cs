using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Native.Internals;

/// <summary>A loaded bundle: the policy from the beginning; a planner and a dream when they are first asked for.</summary>
internal sealed class Model : Resource
{
    private const int MostThreads = 1024; // of the runtime

    private readonly SharedWorld? _shared;
    private readonly Controller? _controller;
    private readonly ModelOptions _options;
    private Planner? _planner;
    private Dream? _dream;
    private DreamOptions _dreamOptions = new();
    private bool _hasActed;

    private Model(SharedWorld? shared, Manifest manifest, ModelOptions options, Func<ControllerOptions, Controller> controller)
    {
        (_shared, Manifest, _options) = (shared, manifest, options);
        bool acts = manifest.PolicyGraphs.Length > 0 && manifest.PolicyGraphs.All(manifest.Graphs.ContainsKey);
        if (acts || shared is null) // What can nothing is refused, and told what it lacks.
            _controller = controller(new() { Batch = options.Rows, Seed = options.Seed, Deterministic = options.Deterministic });
    }

    public override string Kind => "model";

    public Manifest Manifest { get; }

    public int Rows => _options.Rows;

    public bool CanAct => _controller is not null;

    public bool CanDream => _shared is not null;

    public bool CanPlan => Manifest.Action.Kind == ActionKind.Continuous
        && Manifest.Graphs.TryGetValue("observe", out GraphSpec? observe) && observe.Input(TensorRole.Observation) is not null
        && Manifest.Graphs.TryGetValue("imagine", out GraphSpec? imagine) && imagine.Input(TensorRole.Action) is not null
        && imagine.Output(TensorRole.Reward) is not null;

    public bool SaysNovelty => Manifest.SaysNovelty;

    public string Provider => (_shared?.World.ProviderReport ?? _controller!.ProviderReport).ToString();

    private Controller Controller => _controller ?? throw new BundleException($"Bundle '{Manifest.Name}' has no policy: "
        + (CanPlan ? "wm_plan chooses its actions." : "it is a world model alone, for wm_dream along given actions."));

    private Planner Planner => _planner ??= World.Planner(
        _options.Planner with { Batch = Rows, Seed = _options.Seed, Deterministic = _options.Deterministic });

    private WorldModel World => _shared?.World ?? throw new BundleException(
        $"Bundle '{Manifest.Name}' has no world model, a graph 'imagine' or 'dream': it acts, and that alone.");

    /// <summary>Loads a bundle: its world model if it has one, its policy if it has one.</summary>
    public static Model Load(string directory, ModelOptions options)
    {
        Manifest manifest = ReadManifest(directory);
        if (!manifest.Graphs.ContainsKey("imagine") && !manifest.Graphs.ContainsKey("dream"))
        {
            return new(null, manifest, options,
                controller => WorldModels.Runtime.Controller.Load(directory, controller with { Runtime = options.Runtime }));
        }
        return On(new(WorldModel.Load(directory, options.Runtime)), options);
    }

    /// <summary>Another one on the same weights.</summary>
    public Model Share(ModelOptions options)
    {
        if (options.Runtime != new RuntimeOptions())
            throw new ArgumentException("threads, provider, variant and skip_hashes are those of wm_load: leave them zero in wm_share.");
        _ = World;
        return On(_shared!.Retain(), options);
    }

    public void Act(NativeArray<float> observations, NativeArray<float> actions)
    {
        if (Manifest.Action.Kind != ActionKind.Continuous)
            throw new ArgumentException("The actions of this bundle are numbered: call wm_act_discrete.");
        ReadOnlySpan<float> seen = Observations(observations);
        Span<float> chosen = Actions(actions);
        _hasActed = true; // though a row's action be refused
        Controller.Act(seen, chosen);
    }

    public void Act(NativeArray<float> observations, NativeArray<long> actions)
    {
        if (Manifest.Action.Kind != ActionKind.Discrete)
            throw new ArgumentException("The actions of this bundle are continuous: call wm_act.");
        ReadOnlySpan<float> seen = Observations(observations);
        Span<long> chosen = actions.Of(Rows, "actions", "(B)");
        _hasActed = true; // though a row's action be refused
        Controller.Act(seen, chosen);
    }

    public void Plan(NativeArray<float> observations, NativeArray<float> actions)
    {
        if (!CanPlan)
        {
            throw new BundleException($"Bundle '{Manifest.Name}' cannot plan: that takes continuous actions, a graph 'observe', and a "
                + $"graph 'imagine' that gives rewards.{(CanAct ? " It has a policy." : "")}");
        }
        Planner.Act(Observations(observations), Actions(actions));
    }

    public void Reset(ReadOnlySpan<int> rows)
    {
        _controller?.Reset(rows);
        _planner?.Reset(rows);
    }

    public void ResetAll()
    {
        _controller?.Reset();
        _planner?.Reset();
    }

    /// <param name="row">-1: all rows.</param>
    /// <param name="task">One of the manifest's.</param>
    public void SetTask(int row, string task)
    {
        if (row == -1)
            Controller.SetTask(task);
        else
            Controller.SetTask(row, task);
    }

    public void Values(NativeArray<float> values)
    {
        ReadOnlySpan<float> last = Acted("values").Values;
        if (last.IsEmpty)
            throw new BundleException($"Bundle '{Manifest.Name}' estimates no values.");
        last.CopyTo(values.Of(last.Length, "values", "(B)"));
    }

    public void Novelty(NativeArray<float> novelty)
    {
        if (!SaysNovelty)
            throw new BundleException($"Bundle '{Manifest.Name}' does not say how novel a step is; one by plan2explore does.");
        ReadOnlySpan<float> last = Acted("novelty").Novelty;
        last.CopyTo(novelty.Of(last.Length, "novelty", "(B)"));
    }

    public void DreamOn(in NativeDreamRequest request)
    {
        Dream dream = Fitting(request);
        DreamTransfer.Begin(dream, Manifest, request);
        DreamTransfer.Read(DreamTransfer.Run(dream, Manifest, request), Manifest, request);
    }

    /// <summary>Frees what it holds.</summary>
    protected override void Free()
    {
        _dream?.Dispose();
        _planner?.Dispose();
        _controller?.Dispose();
        _shared?.Release();
    }

    private static Model On(SharedWorld shared, ModelOptions options)
    {
        try
        {
            return new(shared, shared.World.Manifest, options, shared.World.Controller);
        }
        catch
        {
            shared.Release();
            throw;
        }
    }

    private static Manifest ReadManifest(string directory)
    {
        try
        {
            return Manifest.Load(directory, verifyHashes: false);
        }
        catch (InvalidDataException e)
        {
            throw new BundleException(e.Message, e);
        }
    }

    /// <summary>The controller, if there is a last action to tell something of.</summary>
    private Controller Acted(string what)
    {
        Controller controller = Controller;
        return _hasActed ? controller : throw new InvalidOperationException($"No {what} before the first wm_act: it says them of the last one.");
    }

    private ReadOnlySpan<float> Observations(NativeArray<float> observations) =>
        observations.Of((long)Rows * Manifest.Observation.Size, "observations", "(B, observation)");

    private Span<float> Actions(NativeArray<float> actions) =>
        actions.Of((long)Rows * Manifest.Action.Size, "actions", "(B, action)");

    /// <summary>The dream of the last call if it is of the same size and computes the same, else a new one in its place.</summary>
    private Dream Fitting(in NativeDreamRequest request)
    {
        if (request.Batch < 1 || request.Horizon < 1)
            throw new ArgumentException($"A dream of batch {request.Batch} and horizon {request.Horizon}: give numbers from 1 on.");
        if (request.Threads is < 0 or > MostThreads)
        {
            throw new ArgumentException(
                $"'threads' is {request.Threads}: give a number from 1 to {MostThreads}, or 0 for the fastest, found by trying.");
        }
        DreamOptions options = new()
        {
            Outputs = DreamOutputs.Arrivals | (request.Values.IsGiven ? DreamOutputs.Values : 0)
                | (request.Observations.IsGiven ? DreamOutputs.Observations : 0),
            Threads = request.Threads == 0 ? null : request.Threads,
        };
        if (_dream is { } last && (last.Batch, last.Horizon) == (request.Batch, request.Horizon) && _dreamOptions == options)
            return last;
        if (request.GoOn != 0)
        {
            throw new InvalidOperationException("There is no dream to go on with: this handle's last one was of another size, or other "
                + "things were wanted of it. Dream with go_on = 0 first.");
        }
        _dream?.Dispose();
        _dream = null;
        _dream = World.Dream(request.Batch, request.Horizon, options);
        _dreamOptions = options;
        return _dream;
    }
}
