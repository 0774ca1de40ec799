using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

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

    /// <summary>An environment whose steps are actions of a bundle, each repeated.</summary>
    internal static Contestant Contestant(EnvironmentSpec environment, int batch, int horizon, int repeat = 1) => environment switch
    {
        EnvironmentSpec<long> discrete => Contestant(discrete, batch, horizon, repeat, DrawIndex),
        EnvironmentSpec<float> continuous => Contestant(continuous, batch, horizon, repeat, DrawValue),
        _ => throw new BundleException($"The actions of environment '{environment.Name}' are of a kind that cannot be drawn here."),
    };

    private static Contestant Contestant<TAction>(
        EnvironmentSpec<TAction> spec, int batch, int horizon, int repeat, Func<Random, Space, TAction> draw)
        where TAction : unmanaged
    {
        IVectorEnvironment<TAction> environment = repeat == 1
            ? spec.MakeVector(batch)
            : new SyncVectorEnvironment<ActionRepeat<TAction>, TAction>(batch, () => new(spec.Make(), repeat));
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
