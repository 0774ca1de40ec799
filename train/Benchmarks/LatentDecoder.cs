using WorldModels.Measure;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>The observations of the states that a benchmark starts from, in one step.</summary>
/// <param name="networks">The bundle's networks.</param>
/// <param name="data">The states.</param>
internal sealed class LatentDecoder(LatentNetworks networks, RolloutData data) : IEagerRollout
{
    private readonly State<EagerTensor> _state = data.State(networks.Signature.States);

    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Run() => new Dictionary<string, IReadOnlyList<Tensor>>
    {
        [ProgramBuilder.Observation] = [networks.Decode(networks.World.Dynamics.FeatureOf(_state)).Value],
    };
}
