using WorldModels.Bundles;
using WorldModels.Runtime.Internals;
namespace WorldModels.Runtime;

/// <summary>
/// A world model shipped as a bundle: its weights and sessions, once, for any number of dreams, controllers, planners and graph runners.
/// Thread-safe: several threads may make and run them at once, while each <see cref="Runtime.Dream"/>, <see cref="Runtime.Controller"/> and
/// <see cref="Runtime.Planner"/> belongs to one thread at a time.
/// </summary>
/// <remarks>
/// After it is disposed, whatever was made of it throws <see cref="ObjectDisposedException"/>, in whatever order things are disposed; a run
/// that is in flight on another thread finishes first. <see cref="Manifest"/> and <see cref="ProviderReport"/> can still be read.
/// </remarks>
/// <example>
/// <code>
/// using WorldModel world = WorldModel.Load("models/zoo/pendulum-dreamer");   // weights once
/// using Dream dream = world.Dream(batch: 256, horizon: 15);             // buffers bound once, no allocation per step
/// DreamBatch imagined = dream.Run(seed: 7);
/// float reward = imagined.Rewards(0)[255];                            // of step 0 in the last row
///
/// using Controller controller = world.Controller();                          // the same weights
/// controller.Act(observations, actions);                              // spans in, spans out; the state is carried
/// controller.Reset([0]);                                              // a new episode in row 0
/// </code>
/// </example>
public sealed class WorldModel : IDisposable
{
    private readonly Bundle _bundle;

    private WorldModel(Bundle bundle) => _bundle = bundle;

    /// <summary>What the bundle says of itself.</summary>
    public Manifest Manifest => _bundle.Manifest;

    /// <summary>The directory it was loaded from, as an absolute path.</summary>
    public string Directory => _bundle.FullPath;

    /// <summary>Which execution provider runs it, and why.</summary>
    public ProviderReport ProviderReport => _bundle.Report!;

    /// <summary>Opens a bundle: checks the manifest and the files, opens the graphs of a dream, and compares their tensors.</summary>
    /// <param name="directory">The bundle's directory. The process may change its current directory afterwards.</param>
    /// <param name="options">Provider, threads and checks.</param>
    /// <exception cref="BundleException">The bundle is incomplete, damaged or contradicts itself, or the provider fails.</exception>
    public static WorldModel Load(string directory, RuntimeOptions? options = null)
    {
        Bundle bundle = new Bundle(directory, options);
        try
        {
            if (!bundle.Has("imagine") && !bundle.Has("dream"))
            {
                throw new BundleException($"Bundle '{directory}' has no world model: expected a graph 'imagine' or 'dream', "
                    + $"found {ManifestCheck.Listed(bundle.Manifest.Graphs.Keys)}. If it is a policy, use Controller.Load.");
            }
            // What a dream runs; the rest opens when asked for.
            foreach (string graph in (string[])["observe", .. bundle.Manifest.DreamGraphs])
            {
                if (bundle.Has(graph))
                    bundle.Open(graph, 1);
            }

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
    /// <param name="batch">B, rows imagined side by side: as many as memory allows, and one tensor of one step holds.</param>
    /// <param name="horizon">T, steps imagined.</param>
    /// <param name="options">What to compute and keep, and how to run.</param>
    /// <exception cref="BundleException">The bundle's graphs do not make a rollout, or batch or horizon are too large.</exception>
    /// <exception cref="ObjectDisposedException">The world model was disposed.</exception>
    public Dream Dream(int batch, int horizon, DreamOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        options ??= new();
        if (options.Tile is { } tile)
            ArgumentOutOfRangeException.ThrowIfNegative(tile, nameof(options));
        if (options.Threads is { } threads)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1, nameof(options));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, SizeCheck.MostThreads, nameof(options));
        }
        using Bundle.Lease lease = _bundle.LeaseFor(this);
        SizeCheck.Dream(_bundle, batch, horizon);
        return new(_bundle, batch, horizon, options, DreamTuning.Choose(_bundle, batch, horizon, options));
    }

    /// <summary>A controller on this world model's sessions and weights, if the bundle has a policy.</summary>
    /// <param name="options">Batch and seed. How graphs run was said when the world model was loaded.</param>
    /// <exception cref="BundleException">The bundle has no policy, or the batch is too large.</exception>
    /// <exception cref="ArgumentException"><see cref="ControllerOptions.Runtime"/> was set to something else than its default.</exception>
    /// <exception cref="ObjectDisposedException">The world model was disposed.</exception>
    public Controller Controller(ControllerOptions? options = null)
    {
        options ??= new();
        ExpectDefault(options.Runtime, nameof(options));
        using Bundle.Lease lease = _bundle.LeaseFor(this);
        return new(_bundle, options, ownsBundle: false);
    }

    /// <summary>A planner on this world model's sessions and weights.</summary>
    /// <param name="options">How to plan, batch and seed. How graphs run was said when the world model was loaded.</param>
    /// <exception cref="BundleException">
    /// The bundle has discrete actions, or lacks what a planner needs; the numbers of the plan contradict each other; or the batch is too
    /// large.
    /// </exception>
    /// <exception cref="ArgumentException"><see cref="PlannerOptions.Runtime"/> was set to something else than its default.</exception>
    /// <exception cref="ObjectDisposedException">The world model was disposed.</exception>
    public Planner Planner(PlannerOptions? options = null)
    {
        options ??= new();
        ExpectDefault(options.Runtime, nameof(options));
        using Bundle.Lease lease = _bundle.LeaseFor(this);
        return new(_bundle, options, ownsBundle: false);
    }

    /// <summary>One graph, to run on named arrays.</summary>
    /// <exception cref="BundleException">There is no such graph, or it is not what the manifest says.</exception>
    /// <exception cref="ObjectDisposedException">The world model was disposed.</exception>
    public GraphRunner Graph(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        using Bundle.Lease lease = _bundle.LeaseFor(this);
        return new(_bundle.Open(name, 1));
    }

    /// <summary>Closes the sessions, once no run is in flight; does not wait for it. A second call does nothing.</summary>
    public void Dispose() => _bundle.Dispose();

    private static void ExpectDefault(RuntimeOptions runtime, string parameter)
    {
        if (runtime == new RuntimeOptions())
            return;
        throw new ArgumentException("Runtime options belong to WorldModel.Load: what shares a world model's sessions runs as they do. For "
            + "others use Controller.Load or Planner.Load, which open sessions of their own.", parameter);
    }
}
