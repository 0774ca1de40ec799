using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.Distillation;

/// <summary>
/// How much depends on the action in a state: the teacher's value of the best action less that of the worst (Bastani et al. 2018, VIPER,
/// section 3.1), which its own world model imagines. A teacher without one counts every state alike.
/// </summary>
internal sealed class ActionImportance : IDisposable
{
    private const int Rows = 256;
    private const double Floor = 0.1;       // of the mean, so that no state is left out

    private readonly WorldModel _world;
    private readonly double _gamma;

    private ActionImportance(WorldModel world, double gamma) => (_world, _gamma) = (world, gamma);

    /// <summary>Opens a teacher's world; null if its bundle has none that gives rewards and values.</summary>
    public static ActionImportance? Open(string teacher)
    {
        Manifest manifest = Manifest.Load(teacher, verifyHashes: false);
        bool judges = manifest.Graphs.ContainsKey("imagine") && manifest.Head(TensorRole.Value) is not null
            && manifest.Graphs["imagine"].Output(TensorRole.Reward) is not null;
        double gamma = manifest.Training?.Config.TryGetValue("gamma", out string? text) == true
            && double.TryParse(text, CultureInfo.InvariantCulture, out double known) ? known : 0.99;
        return judges ? new(WorldModel.Load(teacher), gamma) : null;
    }

    /// <summary>Weights of states, 1 in the mean.</summary>
    /// <param name="observations">The last observation of each state.</param>
    public float[] Of(IReadOnlyList<float[]> observations)
    {
        ActionSpec space = _world.Manifest.Action;
        int size = _world.Manifest.Observation.Size, candidates = space.Count ?? 2 * space.Size;
        bool ends = _world.Manifest.Graphs["imagine"].Output(TensorRole.Continue) is not null;
        double[] spread = new double[observations.Count];
        using Dream dream = _world.Dream(Rows, 1, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values });
        float[] seen = new float[Rows * size];
        for (int first = 0; first < observations.Count; first += Rows)
        {
            int count = Math.Min(Rows, observations.Count - first);
            for (int row = 0; row < Rows; row++)
                observations[first + Math.Min(row, count - 1)].CopyTo(seen, row * size);
            double[] best = [.. Enumerable.Repeat(double.NegativeInfinity, count)];
            double[] worst = [.. Enumerable.Repeat(double.PositiveInfinity, count)];
            for (int candidate = 0; candidate < candidates; candidate++)
            {
                dream.Start(seen);
                DreamBatch imagined = space.Kind == ActionKind.Discrete
                    ? dream.Run(0, [.. Enumerable.Repeat((long)candidate, Rows)])
                    : dream.Run(0, Corner(space, candidate));
                for (int row = 0; row < count; row++)
                {
                    double goesOn = ends ? imagined.Continues(0)[row] : 1;
                    double value = imagined.Rewards(0)[row] + _gamma * goesOn * imagined.Values(1)[row];
                    best[row] = Math.Max(best[row], value);
                    worst[row] = Math.Min(worst[row], value);
                }
            }
            for (int row = 0; row < count; row++)
                spread[first + row] = best[row] - worst[row];
        }
        double mean = spread.Average();
        return mean > 0 ? [.. spread.Select(value => (float)((value / mean + Floor) / (1 + Floor)))] : [.. spread.Select(_ => 1f)];
    }

    /// <inheritdoc />
    public void Dispose() => _world.Dispose();

    /// <summary>One number of an action at its low or high bound, the others in their middle.</summary>
    private static float[] Corner(ActionSpec space, int candidate)
    {
        float[] action = [.. Enumerable.Range(0, space.Size).Select(i => (float)((space.LowOf(i) + space.HighOf(i)) / 2))];
        action[candidate / 2] = (float)(candidate % 2 == 0 ? space.LowOf(candidate / 2) : space.HighOf(candidate / 2));
        return [.. Enumerable.Repeat(action, Rows).SelectMany(values => values)];
    }
}
