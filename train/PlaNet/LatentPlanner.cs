using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.LatentDynamics;
using static TorchSharp.torch;

namespace WorldModels.Train.PlaNet;

/// <summary>
/// Plans in a latent world while it learns: the runtime's search, with imagination by the eager networks. The noise is that of the shipped
/// planner, so that the same seed plans the same there.
/// </summary>
public sealed class LatentPlanner(LatentWorld<EagerTensor> world, RssmConfig config, PlannerSpec spec, Device device)
{
    private static readonly uint ImagineStream = Philox.Stream("plan/" + LatentAgent.ImagineStream);

    private CrossEntropyMethod? _search;
    private float[] _noise = [];    // (B N, S)

    /// <summary>Plans from states (B, D) and (B, S) and gives the first action of each plan, (B, A).</summary>
    public void Plan(Tensor deterministic, Tensor stochastic, ulong seed, long step, Span<float> vectors)
    {
        int rows = (int)deterministic.size(0);
        if (_search?.Batch != rows)
        {
            _search = new(spec, rows, config.Actions);
            _noise = new float[rows * spec.Candidates * config.Stochastic];
        }
        // Candidate n of row b is b N + n.
        Tensor h = deterministic.repeat_interleave(spec.Candidates, 0), z = stochastic.repeat_interleave(spec.Candidates, 0);
        // Each iteration has noise of its own for each step ahead, as the search counts them.
        long noiseStep = step * spec.Iterations * spec.Horizon;
        _search.Plan(seed, (uint)step, (actions, returns) =>
        {
            Imagine(h, z, actions, returns, seed, noiseStep);
            noiseStep += spec.Horizon;
        }).CopyTo(vectors);
    }

    private void Imagine(Tensor h, Tensor z, ReadOnlySpan<float> actions, Span<float> returns, ulong seed, long noiseStep)
    {
        using var scope = NewDisposeScope();
        int rows = (int)h.size(0), size = rows * config.Actions;
        (EagerTensor deterministic, EagerTensor stochastic) = (h, z);
        var features = new Tensor[spec.Horizon];
        for (int t = 0; t < spec.Horizon; t++)
        {
            LatentAgent.Fill(NoiseKind.Gaussian, seed, noiseStep + t, ImagineStream, _noise, rows);
            Tensor action = tensor(actions.Slice(t * size, size).ToArray(), [rows, config.Actions]).to(device);
            RssmState<EagerTensor> next = world.Rssm.Imagine(
                deterministic, stochastic, action, tensor(_noise, [rows, config.Stochastic]).to(device));
            (deterministic, stochastic) = (next.Deterministic, next.Stochastic);
            features[t] = next.Feature.Value;
        }
        Tensor rewards = world.Reward(cat(features)).Value.reshape(spec.Horizon, rows).sum([0]);            // (B N)
        rewards.cpu().data<float>().ToArray().CopyTo(returns);
    }
}
