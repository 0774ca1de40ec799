using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// How far dreams on a provider are from the same dreams of the plain graphs on the CPU: same starts, same noise, each feeding on its own
/// states.
/// </summary>
/// <param name="Rows">Dreams compared.</param>
/// <param name="Steps">Steps of each.</param>
/// <param name="MaxError">Largest |a - b| / (1 + |b|) over states, actions, rewards and continuations, up to where a row diverged.</param>
/// <param name="Diverged">
/// Rows that went another way from some step on, by more than rounding makes: a discrete choice between two that were as good.
/// </param>
public sealed record DreamAgreement(int Rows, int Steps, double MaxError, int Diverged)
{
    // Errors larger than rounding makes in a few steps, with 32 bits and with fewer.
    private const double Divergence = 0.01, CoarseDivergence = 0.1;

    private const int Runs = 3; // The first may record what the others replay, and each has starts and noise of its own.

    /// <summary>Whether the provider dreams what the CPU dreams: no row in twenty diverged.</summary>
    public bool Agrees => Diverged * 20 <= Rows;

    /// <summary>Dreams on both.</summary>
    /// <param name="directory">The bundle's directory; it has a world model.</param>
    /// <param name="options">The provider.</param>
    /// <param name="batch">B.</param>
    /// <param name="horizon">T.</param>
    /// <exception cref="BundleException">The bundle cannot dream so, or the provider fails.</exception>
    public static DreamAgreement Measure(string directory, RuntimeOptions options, int batch = 16, int horizon = 15)
    {
        using WorldModel reference = WorldModel.Load(directory, options with { Provider = "cpu", Variant = VariantSpec.Plain });
        using WorldModel world = WorldModel.Load(directory, options);
        using Dream expected = reference.Dream(batch, horizon), found = world.Dream(batch, horizon);
        bool rewards = Predicts(world.Manifest, TensorRole.Reward), continues = Predicts(world.Manifest, TensorRole.Continue);
        bool isExact = world.Manifest.Variants?.GetValueOrDefault(found.Plan.Variant)?.Precision is null or Precision.Float32;
        double threshold = isExact ? Divergence : CoarseDivergence, largest = 0;
        int count = 0;
        for (ulong seed = 1; seed <= Runs; seed++)
        {
            DreamBatch a = expected.Run(seed), b = found.Run(seed);
            bool[] diverged = new bool[batch];
            for (int t = 0; t <= horizon; t++)
            {
                double[] errors = new double[batch];
                foreach (string state in a.StateNames)
                    Compare(a.State(state, t), b.State(state, t), errors);
                if (t < horizon)
                {
                    if (rewards)
                        Compare(a.Rewards(t), b.Rewards(t), errors);
                    if (continues)
                        Compare(a.Continues(t), b.Continues(t), errors);
                    Compare(Actions(a, world.Manifest, t), Actions(b, world.Manifest, t), errors);
                }
                for (int row = 0; row < batch; row++)
                {
                    diverged[row] |= !(errors[row] <= threshold);
                    if (!diverged[row])
                        largest = Math.Max(largest, errors[row]);
                }
            }
            count += diverged.Count(hasDiverged => hasDiverged);
        }
        return new(Runs * batch, horizon, largest, count);
    }

    private static bool Predicts(Manifest manifest, TensorRole role) =>
        manifest.DreamGraphs.Any(graph => manifest.Graphs[graph].Output(role) is not null);

    private static float[] Actions(DreamBatch batch, Manifest manifest, int t) => manifest.Action.Kind == ActionKind.Continuous
        ? batch.ContinuousActions(t).ToArray() : [.. batch.Actions(t).ToArray().Select(action => (float)action)];

    /// <summary>Raises each row's error to the largest of its values; not-a-number is an error that no threshold passes.</summary>
    private static void Compare(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, double[] errors)
    {
        int size = expected.Length / errors.Length;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs((double)expected[i] - found[i]) / (1 + Math.Abs(expected[i]));
            if (!(error <= errors[i / size]))
                errors[i / size] = error;
        }
    }
}
