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

    /// <summary>The task all rows follow, for bundles with a task input; see <see cref="Controller.Task"/>.</summary>
    public long Task { get; init; }

    /// <summary>Provider, threads and checks.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>
/// Acts on observations with a bundle's policy, and carries its state: graph <c>control</c>, or <c>act</c>, or <c>observe</c> then
/// <c>act</c> where <c>act</c> reads states alone. Acting allocates nothing once a batch size is bound. Use it from one thread at a time.
/// </summary>
public sealed class Controller : IDisposable
{
    private readonly Bundle _bundle;
    private readonly ControllerOptions _options;
    private readonly string[] _graphs;
    private ControllerStep? _step;
    private bool _disposed;

    private Controller(Bundle bundle, ControllerOptions options, string[] graphs)
    {
        (_bundle, _options, _graphs) = (bundle, options, graphs);
        Task = options.Task;
        if (options.Batch > 0) Bind(options.Batch);
    }

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Rows bound now; 0 before the first call, if the options left it open.</summary>
    public int Batch => _step?.Batch ?? 0;

    /// <summary>The task all rows follow from the next call on, for bundles with a task input.</summary>
    public long Task { get; set; }

    /// <summary>
    /// State values of the last call, (B) or as the graph gives them; empty if the bundle has none. Where the step leaves them to graph
    /// <c>value</c>, that runs now.
    /// </summary>
    public ReadOnlySpan<float> Values => Last(TensorRole.Value);

    /// <summary>Logits of the last call, (B, ..., classes); empty if the bundle has none.</summary>
    public ReadOnlySpan<float> Logits => Last(TensorRole.Logits);

    /// <summary>Copies to and from a device so far, for tests.</summary>
    internal long Copies => _step?.Copies ?? 0;

    /// <summary>Opens a bundle's policy.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">Batch, seed, and how to run.</param>
    /// <exception cref="BundleException">The bundle is incomplete, damaged or has no policy, or the provider fails.</exception>
    public static Controller Load(string directory, ControllerOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Batch);
        var bundle = new Bundle(directory, options.Runtime);
        try
        {
            var graphs = Policy(bundle);
            foreach (string graph in graphs) bundle.Open(graph, Math.Max(1, options.Batch));
            return new(bundle, options, graphs);
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
    public void Act(ReadOnlySpan<float> observations, Span<long> actions)
    {
        Expect(ActionKind.Discrete);
        Act<long>(observations, actions);
    }

    /// <summary>Chooses continuous actions.</summary>
    /// <param name="observations">(B, ...observation).</param>
    /// <param name="actions">(B, ...shape), written.</param>
    /// <exception cref="BundleException">Another number of values, or the actions are discrete.</exception>
    public void Act(ReadOnlySpan<float> observations, Span<float> actions)
    {
        Expect(ActionKind.Continuous);
        Act<float>(observations, actions);
    }

    /// <summary>Starts an episode in every row: states take their initial value, the previous action is zero, is-first is 1.</summary>
    public void Reset()
    {
        for (int row = 0; row < Batch; row++) _step!.Reset(row);
    }

    /// <summary>Starts an episode in some rows.</summary>
    /// <param name="rows">Row numbers, from 0.</param>
    /// <exception cref="BundleException">There is no such row, or no batch is bound yet; none is reset then.</exception>
    public void Reset(ReadOnlySpan<int> rows)
    {
        ActingRows.Check(rows, Batch, nameof(ControllerOptions));
        foreach (int row in rows) _step!.Reset(row);
    }

    /// <summary>Closes the sessions.</summary>
    public void Dispose()
    {
        _disposed = true;
        _step?.Dispose();
        _bundle.Dispose();
    }

    private void Act<T>(ReadOnlySpan<float> observations, Span<T> actions) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int batch = ActingRows.Infer(Manifest, _options.Batch, observations.Length, actions.Length);
        if (batch != Batch) Bind(batch);
        _step!.Run(observations, _options.Seed, _options.Deterministic, Task).Read<T>().CopyTo(actions);
    }

    private void Expect(ActionKind kind)
    {
        if (Manifest.Action.Kind == kind) return;
        throw new BundleException(kind == ActionKind.Discrete
            ? "This bundle's actions are continuous: give a span of floats."
            : "This bundle's actions are discrete: give a span of longs.");
    }

    private void Bind(int batch)
    {
        _step?.Dispose();
        _step = null;
        _step = new(_bundle, _graphs, batch);
    }

    private ReadOnlySpan<float> Last(TensorRole role)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _step?.Result(role) is { } buffer ? buffer.Read<float>() : [];
    }

    private static string[] Policy(Bundle bundle)
    {
        string[] graphs = bundle.Manifest.PolicyGraphs;
        if (graphs.Length == 0)
            throw new BundleException($"Bundle '{bundle.Directory}' has no policy: expected a graph 'control' or 'act', "
                + $"found {ManifestCheck.Listed(bundle.Manifest.Graphs.Keys)}.");
        string policy = graphs[^1];
        if (bundle.Manifest.Graphs[policy].Output(TensorRole.Action) is null)
            throw new BundleException($"Bundle '{bundle.Directory}': graph {policy} has no output of role action.");
        if (!graphs.All(bundle.Has))
            throw new BundleException(
                $"Bundle '{bundle.Directory}': graph {policy} reads no observation, and there is no graph 'observe' to make its state.");
        return graphs;
    }
}
