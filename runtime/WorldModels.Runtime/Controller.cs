using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>How a controller acts.</summary>
public sealed record ControllerOptions
{
    /// <summary>Rows that act side by side; 0: bound at the first call, and again, with fresh states, when the number changes.</summary>
    public int Batch { get; init; }

    /// <summary>Determines the noise, with the row and the number of calls.</summary>
    public ulong Seed { get; init; }

    /// <summary>All noise is zero (uniform noise: a half): the mode of the policy instead of a draw.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Provider, threads and checks.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>
/// Acts on observations with a bundle's policy, and carries its state: graph <c>control</c>, or <c>act</c>, or <c>observe</c> then
/// <c>act</c> where <c>act</c> reads states alone. Acting allocates nothing once a batch size is bound. Use it from one thread at a time:
/// a second thread gets an <see cref="InvalidOperationException"/>. Controllers of one <see cref="WorldModel"/> may act at once, each on
/// its thread.
/// </summary>
/// <remarks>
/// <para>
/// Actions are looked at before they are given: continuous ones beyond the manifest's bounds are clipped to them, also for the next call,
/// and <see cref="Clipped"/> counts it. NaN, infinity, or a number that no action has, is a <see cref="GraphOutputException"/>, which names
/// the first row that has it. All actions are written then: the row's are as the graph gave them, or -1 where actions are discrete. The
/// call leaves no trace in its state, so that the next observation goes on from the one before; other rows go on as if nothing had
/// happened.
/// </para>
/// <para>
/// Observations are not looked at. NaN or infinity in one row makes that row's action NaN, or its logits, and is refused so; other rows act
/// as before, except in an int8 variant, whose rows share a scale. Where a discrete policy gives no logits, or they stay on a device, any
/// class may come out, and the row's state is spoilt until <see cref="Reset(ReadOnlySpan{int})"/>.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using Controller controller = Controller.Load("models/zoo/pendulum-dreamer", new() { Batch = 2, Deterministic = true });
/// float[] observations = new float[2 * controller.Manifest.Observation.Size];   // (B, ...observation), row after row
/// float[] actions = new float[2 * controller.Manifest.Action.Size];             // longs (B) where actions are discrete
/// controller.Act(observations, actions);                                    // the states of both rows are carried
/// controller.Act(observations, actions);
/// controller.Reset([1]);                                                    // an episode ended in row 1: before its next observation
/// </code>
/// </example>
public sealed class Controller : IDisposable
{
    private const long NoAction = -1;

    private readonly Bundle _bundle;
    private readonly bool _ownsBundle;
    private readonly ControllerOptions _options;
    private readonly string[] _graphs;
    private readonly ExclusiveUse _use;
    private readonly ActionCheck _check;
    private readonly bool _saysNovelty;
    private readonly PictureRows _pictures;
    private ControllerStep? _step;
    private int _task;      // of rows that were told none of their own
    private bool _acted;    // and neither reset nor taken back since

    internal Controller(Bundle bundle, ControllerOptions options, bool ownsBundle)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Batch, nameof(options));
        (_bundle, _options, _ownsBundle) = (bundle, options, ownsBundle);
        _use = new(this, bundle, Free);
        _graphs = Policy(bundle);
        (_check, _pictures) = (new(bundle, _graphs[^1]), new(bundle));
        _saysNovelty = bundle.Manifest.SaysNovelty;
        foreach (string graph in _graphs)
            bundle.Open(graph, Math.Max(1, options.Batch));
        if (options.Batch > 0)
            Bind(options.Batch);
    }

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Rows bound now; 0 before the first call, if the options left it open.</summary>
    public int Batch => _step?.Batch ?? 0;

    /// <summary>
    /// State values of the last call, (B) or as the graph gives them; empty if the bundle has none. Where the step leaves them to graph
    /// <c>value</c>, that runs now.
    /// </summary>
    public ReadOnlySpan<float> Values => Last(TensorRole.Value);

    /// <summary>Logits of the last call, (B, ..., classes); empty if the bundle has none.</summary>
    public ReadOnlySpan<float> Logits => Last(TensorRole.Logits);

    /// <summary>
    /// How far each row's last step was from what was learnt, (B); empty before the first call. The manifest's
    /// <see cref="Manifest.NoveltyThreshold"/> is what familiar play exceeds in one step of a hundred.
    /// </summary>
    /// <exception cref="BundleException">The bundle does not measure it.</exception>
    public ReadOnlySpan<float> Novelty
    {
        get
        {
            if (!_saysNovelty)
            {
                throw new BundleException($"Bundle '{_bundle.Directory}' does not say how novel a step is: none of the graphs "
                    + $"{string.Join(" and ", _graphs)} has an output of role novelty. Train one that does (train plan2explore).");
            }
            return Last(TensorRole.Novelty);
        }
    }

    /// <summary>What was clipped so far, since an action of the policy lay beyond the manifest's bounds.</summary>
    public ActionClipping Clipped => _check.Clipped;

    /// <summary>Copies to and from a device so far, for tests.</summary>
    internal long Copies => _step?.Copies ?? 0;

    /// <summary>
    /// Opens a bundle's policy, on sessions and weights of its own; <see cref="WorldModel.Controller"/> shares those of a world model.
    /// </summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">Batch, seed, and how to run.</param>
    /// <exception cref="BundleException">The bundle is incomplete, damaged or has no policy, or the provider fails.</exception>
    public static Controller Load(string directory, ControllerOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Batch, nameof(options));
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

    /// <summary>Chooses discrete actions.</summary>
    /// <param name="observations">(B, ...observation).</param>
    /// <param name="actions">(B), written.</param>
    /// <exception cref="BundleException">Another number of values, or the actions are continuous.</exception>
    /// <exception cref="GraphOutputException">The policy gave NaN, infinity, or an action that there is not; all are written.</exception>
    /// <exception cref="ObjectDisposedException">The controller, or the world model that it runs, was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void Act(ReadOnlySpan<float> observations, Span<long> actions)
    {
        Act(ActionKind.Discrete, observations, actions, places: default);
    }

    /// <summary>Chooses continuous actions.</summary>
    /// <param name="observations">(B, ...observation).</param>
    /// <param name="actions">(B, ...shape), written.</param>
    /// <exception cref="BundleException">Another number of values, or the actions are discrete.</exception>
    /// <exception cref="GraphOutputException">The policy gave NaN, infinity, or an action that there is not; all are written.</exception>
    /// <exception cref="ObjectDisposedException">The controller, or the world model that it runs, was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void Act(ReadOnlySpan<float> observations, Span<float> actions)
    {
        Act(ActionKind.Continuous, observations, actions, places: default);
    }

    /// <summary>Chooses discrete actions by pictures of bytes, 0 to 255, which networks see as 0 to 1.</summary>
    /// <param name="pictures">(B, channels, rows, columns).</param>
    /// <param name="actions">(B), written.</param>
    /// <inheritdoc cref="Act(ReadOnlySpan{float}, Span{long})" path="/exception"/>
    public void ActOnPictures(ReadOnlySpan<byte> pictures, Span<long> actions)
    {
        Act(ActionKind.Discrete, pictures, actions);
    }

    /// <summary>Chooses continuous actions by pictures of bytes, 0 to 255, which networks see as 0 to 1.</summary>
    /// <param name="pictures">(B, channels, rows, columns).</param>
    /// <param name="actions">(B, ...shape), written.</param>
    /// <inheritdoc cref="Act(ReadOnlySpan{float}, Span{float})" path="/exception"/>
    public void ActOnPictures(ReadOnlySpan<byte> pictures, Span<float> actions)
    {
        Act(ActionKind.Continuous, pictures, actions);
    }

    /// <summary>
    /// Says that other actions were played than those that the last call chose, as by a safety filter: the next call takes these for the
    /// previous ones. A policy that does not look at its actions takes no notice.
    /// </summary>
    /// <param name="actions">(B), the discrete actions that were played.</param>
    /// <exception cref="BundleException">Another number of values, or actions that there are not.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void Played(ReadOnlySpan<long> actions)
    {
        int most = (Manifest.Action.Count ?? int.MaxValue) - 1, unknown = actions.IndexOfAnyExceptInRange(0, most);
        if (unknown >= 0)
            throw new BundleException($"Row {unknown} is said to have played action {actions[unknown]}; there are 0 to {most}.");
        Played(ActionKind.Discrete, actions);
    }

    /// <inheritdoc cref="Played(ReadOnlySpan{long})"/>
    /// <param name="actions">(B, ...shape), the continuous actions that were played.</param>
    public void Played(ReadOnlySpan<float> actions)
    {
        int broken = actions.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (broken >= 0)
        {
            int row = broken / Math.Max(1, Manifest.Action.Size);
            throw new BundleException($"Row {row} is said to have played {ActionCheck.Named(actions[broken])}; give finite numbers.");
        }
        Played(ActionKind.Continuous, actions);
    }

    /// <summary>
    /// Takes the last call back in some rows, whose actions are nobody's: state and previous action are those before it, as if these rows had
    /// not taken part. For batches whose players are not in step with each other.
    /// </summary>
    /// <param name="rows">Row numbers, from 0, each once.</param>
    /// <exception cref="BundleException">There is no such row, or there was no call since the last reset or taking back.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void TakeBack(ReadOnlySpan<int> rows)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (!_acted)
            throw new BundleException("TakeBack undoes the last Act: call it once, after Act and before Reset.");
        ActingRows.Check(rows, Batch, nameof(ControllerOptions));
        _acted = false;
        foreach (int row in rows)
            _step!.TakeBack(row);
    }

    /// <summary>Has every row act for a task from its next step on; episodes go on.</summary>
    /// <param name="task">One of the manifest's tasks.</param>
    /// <exception cref="BundleException">There is no such task.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void SetTask(string task)
    {
        using ExclusiveUse.Use use = _use.Begin();
        _task = Find(task);
        for (int row = 0; row < Batch; row++)
            _step!.SetTask(row, _task);
    }

    /// <summary>
    /// Has a row act for a task from its next step on; its episode goes on, and so do other rows with their tasks. Where another number of
    /// rows is bound later, all of them act for the task of <see cref="SetTask(string)"/>, or the first.
    /// </summary>
    /// <param name="row">Its number, from 0.</param>
    /// <param name="task">One of the manifest's tasks.</param>
    /// <exception cref="BundleException">There is no such row or task, or no batch is bound yet.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void SetTask(int row, string task)
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActingRows.Check([row], Batch, nameof(ControllerOptions));
        _step!.SetTask(row, Find(task));
    }

    /// <summary>
    /// Sets what the policy's graphs take as a setting, from the next step on, until another number of rows is bound.
    /// </summary>
    /// <param name="setting">Its name.</param>
    /// <param name="values">(B, ...), or those of one row for all of them.</param>
    /// <exception cref="BundleException">There is no such setting, another number of values, or no batch is bound yet.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the controller.</exception>
    public void Set(string setting, params ReadOnlySpan<float> values)
    {
        using ExclusiveUse.Use use = _use.Begin();
        if (_step is null)
            throw new BundleException($"No rows are bound yet that '{setting}' could be set of: give {nameof(ControllerOptions)} a batch.");
        _step.Set(setting, values);
    }

    /// <summary>Starts an episode in every row: states take their initial value, the previous action is zero, is-first is 1.</summary>
    public void Reset()
    {
        using ExclusiveUse.Use use = _use.Begin();
        _acted = false;
        for (int row = 0; row < Batch; row++)
            _step!.Reset(row);
    }

    /// <summary>Starts an episode in some rows.</summary>
    /// <param name="rows">Row numbers, from 0.</param>
    /// <exception cref="BundleException">There is no such row, or no batch is bound yet; none is reset then.</exception>
    public void Reset(ReadOnlySpan<int> rows)
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActingRows.Check(rows, Batch, nameof(ControllerOptions));
        _acted = false;
        foreach (int row in rows)
            _step!.Reset(row);
    }

    /// <summary>
    /// Frees its memory, and closes the sessions that <see cref="Load"/> opened; where a call is in flight on another thread, when that
    /// ends. A second call does nothing.
    /// </summary>
    public void Dispose() => _use.Dispose();

    private void Free()
    {
        _step?.Dispose();
        _step = null;
        if (_ownsBundle)
            _bundle.Dispose();
    }

    /// <summary>Chooses actions of the bundle's kind, and draws each row's noise at a place that the caller says.</summary>
    internal void Act<T>(ReadOnlySpan<float> observations, Span<T> actions, ReadOnlySpan<DrawPlace> places) where T : unmanaged =>
        Act(typeof(T) == typeof(long) ? ActionKind.Discrete : ActionKind.Continuous, observations, actions, places);

    private void Act<T>(ActionKind kind, ReadOnlySpan<float> observations, Span<T> actions, ReadOnlySpan<DrawPlace> places)
        where T : unmanaged
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActAlone(kind, observations, actions, places);
    }

    private void Act<T>(ActionKind kind, ReadOnlySpan<byte> pictures, Span<T> actions) where T : unmanaged
    {
        using ExclusiveUse.Use use = _use.Begin();
        ActAlone(kind, _pictures.Read(pictures), actions, places: default);
    }

    private void ActAlone<T>(ActionKind kind, ReadOnlySpan<float> observations, Span<T> actions, ReadOnlySpan<DrawPlace> places)
        where T : unmanaged
    {
        Expect(kind);
        int batch = ActingRows.Infer(Manifest, _options.Batch, observations.Length, actions.Length);
        if (batch != Batch)
            Bind(batch);
        TensorBuffer chosen = _step!.Run(observations, _options.Seed, _options.Deterministic, places);
        GraphOutputException? broken = _check.Look(_step, chosen, observations);
        chosen.Read<T>().CopyTo(actions);
        _acted = broken is null;
        if (broken is null)
            return;
        foreach (int row in _check.Broken)
        {
            _step.TakeBack(row);
            if (kind == ActionKind.Discrete)
                MemoryMarshal.Cast<T, long>(actions)[row] = NoAction;
        }
        throw broken;
    }

    private void Played<T>(ActionKind kind, ReadOnlySpan<T> actions) where T : unmanaged
    {
        using ExclusiveUse.Use use = _use.Begin();
        Expect(kind);
        if (actions.Length != Batch * Manifest.Action.Size)
        {
            throw new BundleException($"Expected the actions of {Batch} rows, {Batch * Manifest.Action.Size} numbers, found "
                + $"{actions.Length}: give those of the last call.");
        }
        _step?.Play(actions);
    }

    private void Expect(ActionKind kind)
    {
        if (Manifest.Action.Kind == kind)
            return;
        throw new BundleException(kind == ActionKind.Discrete
            ? "This bundle's actions are continuous: give a span of floats."
            : "This bundle's actions are discrete: give a span of longs.");
    }

    private void Bind(int batch)
    {
        _step?.Dispose();
        _step = null;
        SizeCheck.Controller(_bundle, _graphs, batch);
        _step = new(_bundle, _graphs, batch);
        for (int row = 0; row < batch; row++)
            _step.SetTask(row, _task);
    }

    private int Find(string task)
    {
        IReadOnlyList<string> tasks = Manifest.Tasks ?? [];
        for (int i = 0; i < tasks.Count; i++)
        {
            if (tasks[i] == task)
                return i;
        }
        throw new BundleException(tasks.Count == 0
            ? $"Bundle '{_bundle.Directory}' has one task, and no names to choose it by: its manifest has no \"tasks\"."
            : $"Bundle '{_bundle.Directory}' has no task '{task}', but {string.Join(", ", tasks)}.");
    }

    private ReadOnlySpan<float> Last(TensorRole role)
    {
        using ExclusiveUse.Use use = _use.Begin();
        return _step?.Result(role) is { } buffer ? buffer.Read<float>() : [];
    }

    private static string[] Policy(Bundle bundle)
    {
        string[] graphs = bundle.Manifest.PolicyGraphs;
        if (graphs.Length == 0)
        {
            throw new BundleException($"Bundle '{bundle.Directory}' has no policy: expected a graph 'control' or 'act', "
                + $"found {ManifestCheck.Listed(bundle.Manifest.Graphs.Keys)}. {Instead(bundle)}");
        }

        string policy = graphs[^1];
        if (bundle.Manifest.Graphs[policy].Output(TensorRole.Action) is null)
            throw new BundleException($"Bundle '{bundle.Directory}': graph {policy} has no output of role action.");
        if (!graphs.All(bundle.Has))
        {
            throw new BundleException(
                $"Bundle '{bundle.Directory}': graph {policy} reads no observation, and there is no graph 'observe' to make its state.");
        }

        return graphs;
    }

    private static string Instead(Bundle bundle) => Planner.Lacks(bundle.Manifest).Count == 0
        && bundle.Manifest.Action.Kind == ActionKind.Continuous
        ? "A planner can choose its actions: use Planner.Load, or WorldModel.Planner."
        : "It is a world model alone: to imagine with actions of your own, use WorldModel.Load and Dream.Run(seed, actions).";
}
