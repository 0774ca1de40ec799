using WorldModels.Environments;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.A2C;

/// <summary>Actor-critic learning of the model-free agent.</summary>
public sealed class A2CTrainer : ActorCriticTrainer
{
    private readonly A2COptions _options;
    private readonly ActorCritic<EagerTensor> _agent;

    public A2CTrainer(A2COptions options, Device device) : base(options, device)
    {
        _options = options;
        _agent = new(AgentParameters, Config);
    }

    public override BundleDefinition Bundle() => A2CBundle.Define(_options.Env, Observation, Config, _options.Stack, StartObservations());

    protected override Player Sit(IVectorEnvironment<long> games, ulong seed, bool greedy) =>
        new ModelFreePlayer(_agent, Config, games.Count, _options.Stack, Parameters.Device) { Greedy = greedy };

    private sealed class ModelFreePlayer(ActorCritic<EagerTensor> agent, ActorCriticConfig config, int games, int frames, Device device)
        : Player(config, games, frames, device)
    {
        public override (EagerTensor Logits, EagerTensor Value) Decide() => agent.Forward(Frames);
    }
}
