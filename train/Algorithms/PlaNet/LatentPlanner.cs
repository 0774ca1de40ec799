using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Plans in a latent world while it learns: the runtime's search, with imagination by the eager networks. The noise is that of the shipped
/// planner, so that the same seed plans the same there.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="spec">How it plans.</param>
/// <param name="actions">A, numbers in an action.</param>
/// <param name="device">Where the world computes.</param>
public sealed class LatentPlanner(LatentWorld<EagerTensor> world, PlannerSpec spec, int actions, Device device)
{
    private static readonly uint ImagineStream = Philox.Stream("plan/" + WorldSignature.ImagineStream);

    private CrossEntropyMethod? _search;
    private float[] _noise = [];    // (B N, S)

    /// <summary>Plans from states (B, ...) and gives the first action of each plan, (B, A).</summary>
    public void Plan(State<EagerTensor> state, ulong seed, long step, Span<float> vectors)
    {
        int rows = vectors.Length / actions;
        if (_search?.Batch != rows)
        {
            _search = new(spec, rows, actions);
            _noise = new float[rows * spec.Candidates * world.Dynamics.Noise.Size];
        }
        // Candidate n of row b is b N + n.
        State<EagerTensor> start = state.Map(value => value.Value.repeat_interleave(spec.Candidates, 0));
        // Each iteration has noise of its own for each step ahead, as the search counts them.
        long noiseStep = step * spec.Iterations * spec.Horizon;
        _search.Plan(seed, (uint)step, (sequences, returns) =>
        {
            Imagine(start, sequences, returns, seed, noiseStep);
            noiseStep += spec.Horizon;
        }).CopyTo(vectors);
    }

    /// <summary>The sums of the rewards (B N) along sequences of actions (H, B N, A).</summary>
    private void Imagine(State<EagerTensor> state, ReadOnlySpan<float> sequences, Span<float> returns, ulong seed, long noiseStep)
    {
        using DisposeScope scope = NewDisposeScope();
        int rows = returns.Length, size = rows * actions;
        NoiseSpec noise = world.Dynamics.Noise;
        Tensor[] features = new Tensor[spec.Horizon];
        for (int t = 0; t < spec.Horizon; t++)
        {
            NoiseDraws.Fill(noise.Distribution.ToKind(), seed, noiseStep + t, ImagineStream, _noise, rows);
            Tensor action = tensor(sequences.Slice(t * size, size).ToArray(), [rows, actions]).On(device);
            state = world.Dynamics.Imagine(state, action, tensor(_noise, [rows, noise.Size]).On(device)).State;
            features[t] = world.Dynamics.FeatureOf(state).Value;
        }
        Tensor rewards = world.Reward(cat(features)).Mean.Value.reshape(spec.Horizon, rows).sum([0]);       // (B N)
        rewards.cpu().data<float>().ToArray().CopyTo(returns);
    }
}
