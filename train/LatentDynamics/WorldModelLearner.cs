using TorchSharp.Modules;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentDynamics;

/// <summary>Learns a latent world from sequences: its gradient, and its optimiser's step.</summary>
public sealed class WorldModelLearner : IDisposable
{
    private readonly LatentWorld<EagerTensor> _world;
    private readonly RssmConfig _config;
    private readonly LatentOptions _options;
    private readonly Device _device;

    /// <param name="world">The world, whose parameters are below <see cref="LatentSignature.World"/>.</param>
    /// <param name="config">Sizes of its state.</param>
    /// <param name="options">Losses, rates, sizes of batches.</param>
    /// <param name="parameters">Where its parameters are.</param>
    public WorldModelLearner(LatentWorld<EagerTensor> world, RssmConfig config, LatentOptions options, EagerParameters parameters)
    {
        (_world, _config, _options, _device) = (world, config, options, parameters.Device);
        Parameter[] statistics = parameters.Below($"{LatentSignature.World}/{LatentWorldConfig.Statistics}");
        foreach (Parameter statistic in statistics)
            statistic.requires_grad_(false);
        Optimiser = new(
            [.. parameters.Below(LatentSignature.World).Except(statistics)],
            whole => optim.Adam(whole, options.ModelLearningRate, eps: options.AdamEpsilon));
    }

    /// <summary>Its optimiser, to be kept in checkpoints.</summary>
    public FlatOptimiser Optimiser { get; }

    /// <summary>Filters sequences, and puts the gradients of the loss on the parameters.</summary>
    public Posteriors Differentiate(Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        Tensor Noise(long[] shape) => randn(shape, generator: random, device: _device);
        Posteriors posteriors = WorldModelLoss.Observe(
            _world, _config, sequences, Noise([sequences.Actions.size(0), sequences.Actions.size(1), _config.Stochastic]));
        WorldModelLosses losses = WorldModelLoss.Of(_world, _options, sequences, posteriors, Noise);
        Optimiser.ZeroGradients();
        losses.Total.backward();
        double norm = Optimiser.ClipGradients(_options.MaxGradNorm);
        if (figures is null)
            return posteriors;
        figures["loss"] = losses.Total.item<float>();
        figures["kl"] = losses.Kl.item<float>();
        figures["observation_loss"] = losses.Observation.item<float>();
        figures["reward_loss"] = losses.Reward.item<float>();
        if (losses.Continue is not null)
            figures["continue_loss"] = losses.Continue.item<float>();
        if (losses.Overshooting is not null)
            figures["overshooting"] = losses.Overshooting.item<float>();
        figures["model_gradient_norm"] = norm;
        return posteriors;
    }

    /// <summary>Takes the optimiser's step.</summary>
    public void Step() => Optimiser.Step();

    public void Dispose() => Optimiser.Dispose();
}
