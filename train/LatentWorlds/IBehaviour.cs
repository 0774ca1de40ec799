using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>What learns to act in a latent world, from trajectories that it imagines there.</summary>
public interface IBehaviour : IDisposable
{
    /// <summary>The distribution of action vectors (B, A) for features (B, F).</summary>
    IDistribution<EagerTensor> Policy(EagerTensor feature);

    /// <summary>Imagines, and takes the gradients of its losses.</summary>
    /// <param name="update">Number of the update, from 0.</param>
    /// <param name="posteriors">States of the world's, (T, B, ...).</param>
    /// <param name="sequences">Where they came from.</param>
    /// <param name="random">What draws.</param>
    /// <param name="figures">Figures are added to it where they are wanted.</param>
    /// <returns>Losses that move the world with its own; none where imagination leaves it as it is.</returns>
    Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures);

    /// <summary>Takes the steps of its optimisers, once the world's losses have added their gradients.</summary>
    /// <param name="figures">Figures are added to it where they are wanted.</param>
    void Step(Dictionary<string, double>? figures);

    /// <summary>Adds what it needs to continue, beside its parameters, to a checkpoint.</summary>
    void Save(Checkpoint checkpoint);

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    void Load(Checkpoint checkpoint);
}
