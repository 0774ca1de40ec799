using TorchSharp.Modules;
using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.LatentDynamics;
using static TorchSharp.torch;

namespace WorldModels.Train.Dreamer;

/// <summary>
/// Dreamer V1 (Hafner et al. 2020): an actor learns from imagined trajectories, by gradients that flow back through the learned dynamics;
/// a critic sees beyond their horizon.
/// </summary>
public sealed class DreamerTrainer : LatentTrainer, IImagined
{
    private static readonly uint ActStream = Philox.Stream(LatentAgent.ActStream);

    private readonly DreamerOptions _options;
    private readonly ActorConfig _actorConfig;
    private readonly Actor<EagerTensor> _actor;
    private readonly Mlp<EagerTensor> _critic;
    private readonly Parameter[] _actorParameters, _criticParameters;
    private readonly FlatOptimiser _actorOptimiser, _criticOptimiser;

    public DreamerTrainer(DreamerOptions options, Device device) : base(options, Unary.Elu, GruForm.ResetAfter, device)
    {
        _options = options;
        _actorConfig = new()
        {
            Feature = Config.Rssm.Feature, Actions = Actions.Size, Discrete = Actions.Discrete,
            Layers = new(options.ActorLayers, options.HeadUnits), InitialStd = options.InitialStd,
        };
        _actor = new(Parameters.Root[DreamerBundle.ActorPath], _actorConfig);
        _critic = DreamerBundle.Critic(Parameters.Root, Config, CriticLayers);
        _actorParameters = Parameters.Below(DreamerBundle.ActorPath);
        _criticParameters = Parameters.Below(DreamerBundle.CriticPath);
        _actorOptimiser = new(_actorParameters, whole => optim.Adam(whole, options.ActorLearningRate, eps: options.AdamEpsilon));
        _criticOptimiser = new(_criticParameters, whole => optim.Adam(whole, options.CriticLearningRate, eps: options.AdamEpsilon));
    }

    private MlpConfig CriticLayers => new(_options.CriticLayers, _options.HeadUnits);

    protected override LatentPolicy Policy => (deterministic, stochastic, seed, step, greedy, vectors) =>
    {
        int rows = (int)deterministic.size(0);
        var noise = new float[vectors.Length];
        if (!greedy)
            LatentAgent.Fill(Actions.Discrete ? NoiseKind.Gumbel : NoiseKind.Gaussian, seed, step, ActStream, noise, rows);
        EagerTensor feature = cat([stochastic, deterministic], -1);
        Tensor action = _actor.Act(feature, tensor(noise, [rows, Actions.Size]).to(Parameters.Device)).Value;
        action.cpu().contiguous().data<float>().ToArray().CopyTo(vectors);
    };

    protected override Action? Learn(Posteriors posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        (Tensor h, Tensor z) = Imagination.Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (Tensor[] latentNoise, Tensor[] actionNoise) = Noise(h.size(0), random);
        Trajectories imagined = Imagination.Imagine(this, h, z, latentNoise, actionNoise);
        (Tensor actorLoss, Tensor criticLoss, Tensor returns) = Imagination.Losses(imagined, _options.Lambda);
        _actorOptimiser.ZeroGradients();
        _criticOptimiser.ZeroGradients();
        // Each loss reaches its own network alone, through a graph that both share.
        autograd.backward([criticLoss], retain_graph: true, inputs: [.. _criticParameters]);
        autograd.backward([actorLoss], inputs: [.. _actorParameters]);
        double actorNorm = _actorOptimiser.ClipGradients(_options.MaxGradNorm);
        double criticNorm = _criticOptimiser.ClipGradients(_options.MaxGradNorm);
        if (figures is not null)
        {
            using var guard = no_grad();
            figures["imagined_reward"] = imagined.Rewards.mean().item<float>() / _options.RewardScale;
            figures["imagined_return"] = returns.mean().item<float>() / _options.RewardScale;
            figures["policy_entropy"] = -_actor.LogProbability(cat([z, h], -1), actionNoise[0]).Value.mean().item<float>();
            figures["actor_loss"] = actorLoss.item<float>();
            figures["critic_loss"] = criticLoss.item<float>();
            figures["actor_gradient_norm"] = actorNorm;
            figures["critic_gradient_norm"] = criticNorm;
        }
        return () =>
        {
            if (!_options.FreezeActor)
                _actorOptimiser.Step();
            _criticOptimiser.Step();
        };
    }

    EagerTensor IImagined.Act(EagerTensor feature, EagerTensor noise) => _actor.Act(feature, noise);

    RssmState<EagerTensor> IImagined.Step(EagerTensor deterministic, EagerTensor stochastic, EagerTensor action, EagerTensor noise) =>
        Model.Rssm.Imagine(deterministic, stochastic, action, noise);

    Tensor IImagined.Reward(Tensor feature) => Model.Reward(feature).Value;

    Tensor IImagined.Value(Tensor feature) => _critic.Forward(feature).Value.squeeze(-1);

    Tensor IImagined.Discount(Tensor feature) => Model.HasContinue
        ? Model.ContinueLogit(feature).Value.sigmoid()
        : full([feature.size(0)], _options.Gamma, device: feature.device);

    public override IReadOnlyList<string> LearningRates => ["modelLearningRate", "actorLearningRate", "criticLearningRate"];

    public override bool Ships => base.Ships && !_options.FreezeActor;

    public override void Save(Checkpoint checkpoint)
    {
        base.Save(checkpoint);
        checkpoint.AddOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.AddOptimiser(_criticOptimiser, "optimiser/critic");
    }

    public override void Load(Checkpoint checkpoint)
    {
        base.Load(checkpoint);
        checkpoint.LoadOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.LoadOptimiser(_criticOptimiser, "optimiser/critic");
    }

    public override BundleDefinition Bundle() =>
        DreamerBundle.Define(RecordedIn, Signature, _actorConfig, CriticLayers, StartObservations()) with
        {
            ActionRepeat = _options.ActionRepeat,
            Limits = Limits,
        };

    public override void Dispose()
    {
        _actorOptimiser.Dispose();
        _criticOptimiser.Dispose();
        base.Dispose();
    }

    /// <summary>Noise of H imagined steps: of latent states (N, S), and of actions (N, A).</summary>
    private (Tensor[] Latent, Tensor[] Action) Noise(long rows, Generator random)
    {
        int horizon = _options.Horizon;
        Device device = Parameters.Device;
        Tensor latent = randn([horizon, rows, _options.Stochastic], generator: random, device: device);
        long[] shape = [horizon, rows, Actions.Size];
        Tensor action = Actions.Discrete
            ? -(-rand(shape, generator: random, device: device).clamp(1e-7, 1 - 1e-7).log()).log()      // Gumbel
            : randn(shape, generator: random, device: device);
        return (latent.unbind(), action.unbind());
    }
}
