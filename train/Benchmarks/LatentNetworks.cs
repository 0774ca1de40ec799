using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Benchmarks;

/// <summary>The networks of a bundle's latent world, with its weights: the same classes over the same parameters as in training.</summary>
internal sealed class LatentNetworks
{
    /// <param name="options">What the bundle was trained with.</param>
    /// <param name="bundle">Its manifest.</param>
    /// <param name="parameters">Its weights.</param>
    public LatentNetworks(LatentOptions options, Manifest bundle, EagerParameters parameters)
    {
        ActionVectors actions = new(bundle.Action);
        LatentWorldConfig config = options.World(bundle.Observation, actions.Size);
        World = new(parameters.Root[WorldSignature.World], config);
        Signature = new(
            config, World.Dynamics.State, World.Dynamics.Noise, bundle.Observation, actions, options.RewardScale, options.Gamma);
        if (options is not DreamerOptions dreamer)
            return;
        int feature = World.Dynamics.Feature;
        Actor = new(parameters.Root[Dreamer.ActorPath], dreamer.Actor(feature, actions));
        Critic = new(parameters.Root[Dreamer.CriticPath], feature, dreamer.Critic());
    }

    public LatentWorld<EagerTensor> World { get; }

    /// <summary>How graphs read and write the world's tensors.</summary>
    public WorldSignature Signature { get; }

    /// <summary>Null: whoever uses the world plans.</summary>
    public Actor<EagerTensor>? Actor { get; }

    /// <inheritdoc cref="Actor"/>
    public ScalarHead<EagerTensor>? Critic { get; }

    /// <summary>Observations (N, ...) of features (N, F), in the environment's units.</summary>
    public EagerTensor Decode(EagerTensor feature) => Signature.Decode(World, feature);
}
