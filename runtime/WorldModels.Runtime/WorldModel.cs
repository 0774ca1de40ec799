using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>
/// A world model shipped as a bundle. Thread-safe: any number of threads may make dreams and run graphs of one model at once;
/// each <see cref="Runtime.Dream"/> belongs to one thread at a time. Dispose it after its dreams.
/// </summary>
public sealed class WorldModel : IDisposable
{
    private readonly Bundle _bundle;

    private WorldModel(Bundle bundle) => _bundle = bundle;

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>The directory it was loaded from.</summary>
    public string Directory => _bundle.Directory;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Opens a bundle: checks the manifest and the files, opens the graphs of a dream, and compares their tensors.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">Provider, threads and checks.</param>
    /// <exception cref="BundleException">The bundle is incomplete, damaged or contradicts itself, or the provider fails.</exception>
    public static WorldModel Load(string directory, RuntimeOptions? options = null)
    {
        var bundle = new Bundle(directory, options);
        try
        {
            if (!bundle.Has("imagine") && !bundle.Has("dream"))
                throw new BundleException($"Bundle '{directory}' has no world model: expected a graph 'imagine' or 'dream', "
                    + $"found {ManifestCheck.Listed(bundle.Manifest.Graphs.Keys)}. If it is a policy, use Controller.Load.");
            // What a dream runs; the rest opens when asked for.
            foreach (string graph in (string[])["observe", .. bundle.Manifest.DreamGraphs])
                if (bundle.Has(graph)) bundle.Open(graph, 1);
            return new(bundle);
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Prepares imagination: finds how it runs fastest (see <see cref="DreamPlan"/>), allocates the trajectories and binds every step once.
    /// </summary>
    /// <param name="batch">B, rows imagined side by side.</param>
    /// <param name="horizon">T, steps imagined.</param>
    /// <param name="options">What to compute and keep, and how to run.</param>
    /// <exception cref="BundleException">The bundle's graphs do not make a rollout, or the batch is too large.</exception>
    public Dream Dream(int batch, int horizon, DreamOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        options ??= new();
        if (options.Tile is { } tile) ArgumentOutOfRangeException.ThrowIfNegative(tile, nameof(options));
        if (options.Threads is { } threads) ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(options));
        return new(_bundle, batch, horizon, options, DreamTuning.Choose(_bundle, batch, horizon, options));
    }

    /// <summary>One graph, to run on named arrays.</summary>
    /// <exception cref="BundleException">There is no such graph, or it is not what the manifest says.</exception>
    public GraphRunner Graph(string name) => new(_bundle.Open(name, 1));

    /// <summary>Closes the sessions.</summary>
    public void Dispose() => _bundle.Dispose();
}
