using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

/// <summary>Decisions per second of a bundle's policy. The median and p99 of a measurement are those of one call, all rows.</summary>
public static class ControllerBenchmark
{
    /// <summary>Measures a controller at each batch size, on recorded observations, or random ones where the bundle has none.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="batches">The batch sizes.</param>
    /// <param name="seconds">Time for each.</param>
    /// <param name="options">How the controller acts; its batch is replaced.</param>
    /// <exception cref="BundleException">The bundle has no policy, is damaged, or does not run.</exception>
    public static BenchmarkReport Run(
        string directory, IReadOnlyList<int> batches, double seconds = 1, ControllerOptions? options = null)
    {
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        List<Controller> controllers = [];
        try
        {
            foreach (int batch in batches) controllers.Add(Controller.Load(directory, (options ?? new()) with { Batch = batch }));
            string starts = Path.Combine(directory, "starts.npz");
            float[] seen = File.Exists(starts) ? Npz.Read(starts)["observation"].ToFloats() : [];
            ProviderReport provider = controllers[0].ProviderReport;
            double flops = DreamCost.Flops(directory, manifest, manifest.PolicyGraphs);
            double? peak = provider.Chosen == "cpu" ? MachinePeak.MeasureGflops() : null;
            Contestant[] contestants =
                [.. controllers.Select(c => new Contestant("controller", c.Batch, 1, Call(c, seen)) { FlopsPerFrame = flops })];
            return new()
            {
                Bundle = manifest.Name,
                Provider = provider.ToString(),
                PeakGflops = peak,
                Measurements = Contest.Run(contestants, seconds, peak),
            };
        }
        finally
        {
            foreach (Controller controller in controllers) controller.Dispose();
        }
    }

    /// <summary>Whether a bundle has a policy.</summary>
    public static bool Fits(Manifest manifest) => manifest.PolicyGraphs.Length > 0;

    private static Action Call(Controller controller, float[] seen)
    {
        int batch = controller.Batch;
        Random random = new(0);
        ObservationSpec space = controller.Manifest.Observation;
        float[] observations = new float[batch * space.Size];
        for (int i = 0; i < observations.Length; i++)
            observations[i] = seen.Length > 0 ? seen[i % seen.Length] : (float)(space.Low + random.NextDouble() * (space.High - space.Low));
        if (controller.Manifest.Action.Kind == ActionKind.Discrete)
        {
            long[] indices = new long[batch];
            return () => controller.Act(observations, indices);
        }
        float[] actions = new float[batch * controller.Manifest.Action.Size];
        return () => controller.Act(observations, actions);
    }
}
