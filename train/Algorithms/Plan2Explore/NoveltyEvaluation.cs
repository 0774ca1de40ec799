using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>How well the disagreement of an ensemble tells what is new.</summary>
/// <param name="experience">What was met.</param>
/// <param name="world">The world model.</param>
/// <param name="disagreement">The ensemble's.</param>
/// <param name="explorer">Acts where it is asked what is new.</param>
/// <param name="device">Where they compute.</param>
internal sealed class NoveltyEvaluation(
    Experience experience, LatentWorld<EagerTensor> world, DisagreementReward disagreement, DreamerBehaviour explorer, Device device)
{
    /// <summary>
    /// Its mean in the states that were visited, and how well it tells those that can be reached and never were: how likely it is to be
    /// larger in one of them, where an episode begins in it (AUROC). Null where it is not known which were visited, or all were.
    /// </summary>
    public (double Visited, double Auroc)? OfStates()
    {
        if (experience.Coverage is not { } coverage)
            return null;
        (float Cosine, float Sine, float Velocity, bool Visited, bool)[] cells =
            [.. coverage.Cells.Where(cell => cell.Visited || cell.Reachable)];
        if (cells.All(cell => cell.Visited))
            return null;
        float[] novelty = Of([.. cells.Select(cell => (cell.Cosine, cell.Sine, cell.Velocity))]);
        float[] known = [.. novelty.Where((_, row) => cells[row].Visited)], unknown = [.. novelty.Where((_, row) => !cells[row].Visited)];
        return (known.Average(), unknown.Sum(far => known.Count(near => far > near)) / ((double)known.Length * unknown.Length));
    }

    /// <summary>Disagreement about the explorer's step from each of these states of a pendulum, where an episode begins in it.</summary>
    private float[] Of((float Cosine, float Sine, float Velocity)[] states)
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        (int rows, int size) = (states.Length, experience.Observation.Size);
        float[] observations = new float[rows * size];      // what a noisy screen adds is 0
        for (int row = 0; row < rows; row++)
            (observations[row * size], observations[row * size + 1], observations[row * size + 2]) = states[row];
        EagerTensor seen = world.Scale.Forward(tensor(observations, [rows, size]).On(device));                  // (N, O)
        EagerTensor feature = world.Dynamics.FeatureOf(world.Dynamics.Observe(
            EagerState.Zeros(world.Dynamics.State, rows, device), zeros([rows, experience.Actions.Size], device: device), world.Embed(seen),
            zeros([rows, world.Dynamics.Noise.Size], device: device)).State);                                   // (N, F)
        return disagreement.Of(feature.Value, explorer.Policy(feature).Mode.Value).cpu().data<float>().ToArray();
    }
}
