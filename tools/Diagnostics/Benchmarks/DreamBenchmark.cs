using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

/// <summary>What <see cref="DreamBenchmark"/> measures.</summary>
public sealed record DreamBenchmarkOptions
{
    /// <summary>The batch sizes.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 64, 1024];

    /// <summary>Steps of a dream.</summary>
    public int Horizon { get; init; } = 15;

    /// <summary>Time for each batch size and contestant, seconds.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>Whether the real environment is measured beside the dream, if there is one of the bundle's name.</summary>
    public bool Simulator { get; init; }

    /// <summary>The bundle's directory, to count its operations; null: no operations and no share of the peak.</summary>
    public string? Directory { get; init; }

    /// <summary>How dreams run.</summary>
    public DreamOptions Dream { get; init; } = new();
}

/// <summary>Frames per second of a world model's dream, and of the real environment beside it.</summary>
public static class DreamBenchmark
{
    /// <summary>Measures dreams of each batch size, in turn with the real environment.</summary>
    /// <exception cref="BundleException">The bundle cannot dream so, or the options are out of range.</exception>
    public static BenchmarkReport Run(WorldModel world, DreamBenchmarkOptions? options = null)
    {
        options ??= new();
        if (options.Batches.Count == 0 || options.Batches.Any(batch => batch < 1) || options.Horizon < 1 || options.Seconds is not (> 0 and < 1e6))
            throw new BundleException("A benchmark needs batch sizes and a horizon of at least 1, and more than 0 seconds.");
        bool onCpu = world.ProviderReport.Chosen == "cpu";
        double? flops = options.Directory is null ? null : DreamCost.FlopsPerFrame(options.Directory, world.Manifest);
        double? peak = onCpu && flops is not null ? MachinePeak.MeasureGflops() : null;
        List<Dream> dreams = [];
        List<Contestant> contestants = [];
        string? without = null;
        try
        {
            foreach (int batch in options.Batches)
            {
                Dream dream = world.Dream(batch, options.Horizon, options.Dream);
                dreams.Add(dream);
                ulong seed = 0;
                contestants.Add(new("dream", batch, options.Horizon, () => dream.Run(seed++)) { FlopsPerFrame = flops });
                if (options.Simulator && EnvironmentBenchmark.Find(world.Manifest.Environment, out without) is { } environment)
                    contestants.Add(EnvironmentBenchmark.Contestant(environment, batch, options.Horizon));
            }
            return new()
            {
                Bundle = world.Manifest.Name,
                Provider = world.ProviderReport.ToString(),
                PeakGflops = peak,
                Note = without,
                Measurements = Contest.Run(contestants, options.Seconds, peak),
            };
        }
        finally
        {
            foreach (Dream dream in dreams) dream.Dispose();
        }
    }
}

/// <summary>Frames per second of a real environment: all rows on one thread, random actions, observations written.</summary>
public static class EnvironmentBenchmark
{
    private const int DrawnSteps = 256;

    /// <summary>Measures an environment at each batch size.</summary>
    /// <param name="name">Its registered name.</param>
    /// <param name="batches">The batch sizes.</param>
    /// <param name="seconds">Time for each.</param>
    /// <exception cref="BundleException">There is no such environment.</exception>
    public static IReadOnlyList<Measurement> Run(string name, IReadOnlyList<int> batches, double seconds = 1)
    {
        EnvironmentSpec environment = Find(name, out string? problem) ?? throw new BundleException(problem!);
        return Contest.Run([.. batches.Select(batch => Contestant(environment, batch, horizon: 15))], seconds, peakGflops: null);
    }

    internal static EnvironmentSpec? Find(string name, out string? problem)
    {
        try
        {
            problem = null;
            return EnvironmentRegistry.Find(name);
        }
        catch (ArgumentException e)
        {
            problem = e.Message;
            return null;
        }
    }

    internal static Contestant Contestant(EnvironmentSpec environment, int batch, int horizon) => environment switch
    {
        EnvironmentSpec<long> discrete => Contestant(discrete, batch, horizon, DrawIndex),
        EnvironmentSpec<float> continuous => Contestant(continuous, batch, horizon, DrawValue),
        _ => throw new BundleException($"The actions of environment '{environment.Name}' are of a kind that cannot be drawn here."),
    };

    private static Contestant Contestant<TAction>(EnvironmentSpec<TAction> spec, int batch, int horizon, Func<Random, Space, TAction> draw)
        where TAction : unmanaged
    {
        IVectorEnvironment<TAction> environment = spec.MakeVector(batch);
        int size = batch * environment.ActionSpace.Size, step = 0;
        Random random = new(0);
        // Drawn beforehand: drawing is not what is measured.
        TAction[] actions = [.. Enumerable.Range(0, DrawnSteps * size).Select(_ => draw(random, environment.ActionSpace))];
        float[] observations = new float[batch * environment.ObservationSpace.Size], rewards = new float[batch];
        bool[] terminated = new bool[batch], truncated = new bool[batch];
        environment.Reset(0, observations);
        return new("simulator", batch, horizon, () =>
        {
            for (int t = 0; t < horizon; t++, step = (step + 1) % DrawnSteps)
                environment.Step(actions.AsSpan(step * size, size), observations, rewards, terminated, truncated);
        });
    }

    internal static long DrawIndex(Random random, Space space) => random.NextInt64(((Discrete)space).N);

    internal static float DrawValue(Random random, Space space)
    {
        Box box = (Box)space;
        return box.Low + random.NextSingle() * (box.High - box.Low);
    }
}

/// <summary>Decisions per second of a bundle's policy. The median and p99 of a measurement are those of one call, all rows.</summary>
public static class ControllerBenchmark
{
    /// <summary>Measures a controller at each batch size, on random observations.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="batches">The batch sizes.</param>
    /// <param name="seconds">Time for each.</param>
    /// <param name="options">How the controller acts; its batch is replaced.</param>
    /// <exception cref="BundleException">The bundle has no policy, is damaged, or does not run.</exception>
    public static IReadOnlyList<Measurement> Run(
        string directory, IReadOnlyList<int> batches, double seconds = 1, ControllerOptions? options = null)
    {
        List<Controller> controllers = [];
        try
        {
            List<Contestant> contestants = [];
            foreach (int batch in batches)
            {
                Controller controller = Controller.Load(directory, (options ?? new()) with { Batch = batch });
                controllers.Add(controller);
                contestants.Add(new("controller", batch, 1, Call(controller, batch)));
            }
            return Contest.Run(contestants, seconds, peakGflops: null);
        }
        finally
        {
            foreach (Controller controller in controllers) controller.Dispose();
        }
    }

    private static Action Call(Controller controller, int batch)
    {
        Random random = new(0);
        ObservationSpec space = controller.Manifest.Observation;
        float[] observations = [.. Enumerable.Range(0, batch * space.Size).Select(_ => (float)(space.Low + random.NextDouble() * (space.High - space.Low)))];
        if (controller.Manifest.Action.Kind == ActionKind.Discrete)
        {
            long[] indices = new long[batch];
            return () => controller.Act(observations, indices);
        }
        float[] actions = new float[batch * controller.Manifest.Action.Size];
        return () => controller.Act(observations, actions);
    }
}
