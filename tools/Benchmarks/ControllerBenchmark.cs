using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Decisions per second of a bundle's policy. The median and p99 of a measurement are those of one call, all rows.</summary>
public static class ControllerBenchmark
{
    private const string What = "controller";

    /// <summary>Whether a bundle has a policy.</summary>
    public static bool Fits(Manifest manifest) => manifest.PolicyGraphs.Length > 0;

    /// <summary>Lets a bundle's policy, if it has one, act once on some rows.</summary>
    /// <exception cref="BundleException">It does not run, or gives what nobody can use.</exception>
    internal static void Try(string directory, Manifest manifest)
    {
        const int Rows = 4;
        if (!Fits(manifest))
            return;
        using Controller controller = Controller.Load(directory, new() { Batch = Rows, Runtime = new() { Variant = VariantSpec.Plain } });
        Call(controller, Observations(directory, manifest, Rows))();
    }

    /// <summary>
    /// Measures a controller at each batch size, on recorded observations, or random ones where the bundle has none; in turn with the real
    /// environment, where that is asked for and no dream of the bundle is measured beside it.
    /// </summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="options">What is measured.</param>
    /// <exception cref="BundleException">The bundle has no policy, is damaged, or does not run.</exception>
    internal static BenchmarkReport Run(string directory, BenchmarkOptions options)
    {
        List<Measurement> measurements = [];
        double? peak = null;
        ProviderReport? provider = null;
        string? clipping = null, without = null;
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        EnvironmentSpec? environment =
            options.Simulator && !manifest.HasWorld() ? RegisteredEnvironments.Find(manifest.Environment, out without) : null;
        foreach (int batch in options.Batches)
        {
            List<Controller> controllers = [];
            try
            {
                foreach (string variant in options.Variants)
                {
                    controllers.Add(Controller.Load(directory,
                        new() { Batch = batch, Runtime = options.Runtime with { Variant = variant } }));
                }

                provider = controllers[0].ProviderReport;
                if (provider.Chosen == "cpu")
                    peak ??= MachinePeak.MeasureGflops();
                IEnumerable<Contestant> simulators = environment is null ? [] : EnvironmentBenchmark.Contestants(
                    environment, batch, horizon: 1, manifest.ActionRepeat ?? 1,
                    manifest.Observation.PictureShape?[1] ?? EnvironmentBenchmark.PictureSize, level: null);
                measurements.AddRange(
                    Contest.Run([.. Contestants(directory, options, controllers), .. simulators], options.Seconds, peak));
                clipping = controllers.Select(BundlePolicy.Clipped).OfType<string>().FirstOrDefault(clipping);
            }
            finally
            {
                foreach (Controller controller in controllers)
                    controller.Dispose();
            }
        }
        return new()
        {
            Bundle = manifest.Name,
            Provider = $"{provider}",
            PeakGflops = peak,
            Note = clipping ?? without,
            Measurements = measurements,
        };
    }

    private static List<Contestant> Contestants(
        string directory, BenchmarkOptions options, List<Controller> controllers)
    {
        Manifest manifest = controllers[0].Manifest;
        int batch = controllers[0].Batch;
        float[] observations = Observations(directory, manifest, batch);
        Measurement subject = new()
        {
            What = What,
            Batch = batch,
            Horizon = 1,
            FlopsPerFrame = ProgramBuilder.Control(directory, manifest).FlopsPerFrame(),
        };
        return [.. controllers.Zip(options.Variants, (controller, variant) => new LocalContestant(
            subject with { Runner = DreamBenchmark.Runner, Variant = variant, Precision = BenchmarkLevels.Precision(manifest, variant) },
            Call(controller, observations)))];
    }

    private static float[] Observations(string directory, Manifest manifest, int batch)
    {
        string file = Path.Combine(directory, "starts.npz");
        float[] starts = File.Exists(file) ? Npz.Read(file)["observation"].ToFloats() : [];
        Random random = new(0);
        ObservationSpec space = manifest.Observation;
        float[] observations = new float[batch * space.Size];
        for (int i = 0; i < observations.Length; i++)
        {
            observations[i] = starts.Length > 0
                ? starts[i % starts.Length] : (float)(space.Low + random.NextDouble() * (space.High - space.Low));
        }

        return observations;
    }

    private static Action Call(Controller controller, float[] observations)
    {
        if (controller.Manifest.Action.Kind == ActionKind.Discrete)
        {
            long[] indices = new long[controller.Batch];
            return () => controller.Act(observations, indices);
        }
        float[] actions = new float[controller.Batch * controller.Manifest.Action.Size];
        return () => controller.Act(observations, actions);
    }
}
