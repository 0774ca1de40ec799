using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>
/// A dream in a latent world as one writes it in TorchSharp: step by step, then rewards, continuations, values and observations once over
/// time x batch.
/// </summary>
internal sealed class LatentRollout : IEagerRollout
{
    // Images of more states at once take more memory than they save time.
    private const long MostDecodedRows = 1024;

    private readonly LatentNetworks _networks;
    private readonly BenchmarkLevel _level;
    private readonly Tensors<EagerTensor>? _observed;
    private readonly State<EagerTensor> _start;
    private readonly Tensor[]? _actions;
    private readonly Tensor[] _latentNoise, _actionNoise;

    /// <param name="networks">The bundle's networks.</param>
    /// <param name="level">How much of a dream.</param>
    /// <param name="data">What it starts from and is given.</param>
    public LatentRollout(LatentNetworks networks, BenchmarkLevel level, RolloutData data)
    {
        (_networks, _level) = (networks, level);
        _observed = data.Observed();
        _start = data.State(networks.Signature.States);
        _actions = data.Actions();
        _latentNoise = data.Noise(WorldSignature.ImagineStream);
        _actionNoise = _actions is null ? data.Noise(WorldSignature.ActStream) : [];
    }

    public IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Run()
    {
        (LatentWorld<EagerTensor> world, WorldSignature signature) = (_networks.World, _networks.Signature);
        State<EagerTensor> state = _observed is null ? _start : signature.Observe(world, _observed, "action", "noise").State;
        EagerTensor feature = world.Dynamics.FeatureOf(state);                                          // (B, F)
        State<EagerTensor>[] states = new State<EagerTensor>[_latentNoise.Length];
        Tensor[] features = new Tensor[states.Length + 1], chosen = new Tensor[_actions is null ? states.Length : 0];
        features[0] = feature.Value;
        for (int step = 0; step < states.Length; step++)
        {
            EagerTensor vector;                                                                         // (B, A)
            if (_actions is null)
            {
                vector = _networks.Actor!.Forward(feature).Sample(_actionNoise[step]);
                chosen[step] = signature.Actions.ActionOf(vector).Value;
            }
            else
            {
                vector = signature.Actions.Vector<EagerTensor>(_actions[step]);
            }
            state = world.Dynamics.Imagine(state, vector, _latentNoise[step]).State;
            feature = world.Dynamics.FeatureOf(state);
            (states[step], features[step + 1]) = (state, feature.Value);
        }
        Dictionary<string, IReadOnlyList<Tensor>> made = [];
        foreach (string name in state.Names)
            made[ProgramBuilder.State(name)] = [.. states.Select(at => at[name].Value)];
        if (_actions is null)
            made[ProgramBuilder.Action] = chosen;
        if (_level != BenchmarkLevel.Latent)
            AddHeads(made, features);
        return made;
    }

    /// <summary>Rewards and continuations on arrival; values and observations of the first state as well, as the runtime gives them.</summary>
    private void AddHeads(Dictionary<string, IReadOnlyList<Tensor>> made, Tensor[] features)
    {
        (LatentWorld<EagerTensor> world, WorldSignature signature) = (_networks.World, _networks.Signature);
        long rows = features[0].size(0);
        EagerTensor all = cat(features), arrivals = all.Value.slice(0, rows, long.MaxValue, 1);         // ((T + 1) B, F), (T B, F)
        Tensor[] ByStep(EagerTensor values) => values.Value.split(rows);
        made[ProgramBuilder.Reward] = ByStep(signature.Reward(world, arrivals));
        if (world.HasContinue)
            made[ProgramBuilder.Continue] = ByStep(signature.Continue(world, arrivals));
        if (_networks.Critic is { } critic)
            made[ProgramBuilder.Value] = ByStep(signature.Unscaled(critic.Forward(all).Mode))[1..];
        if (_level is not (BenchmarkLevel.Pixels or BenchmarkLevel.EndToEnd))
            return;
        bool atOnce = signature.Config.Pixels is null || all.Value.size(0) <= MostDecodedRows;
        made[ProgramBuilder.Observation] = atOnce
            ? ByStep(_networks.Decode(all))[1..] : [.. features.Select(one => _networks.Decode(one).Value).Skip(1)];
    }
}
