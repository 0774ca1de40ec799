using WorldModels.Models;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Records of an update as tensors on the device: see <see cref="SequenceBatch"/>.</summary>
/// <param name="Observations">(T, B, O).</param>
/// <param name="Actions">(T, B, A).</param>
/// <param name="Rewards">(T, B), in the units of training.</param>
/// <param name="Continues">(T, B): 0 where the episode terminated, else 1, or what a recording says in between.</param>
/// <param name="NotEnded">How many of them are above 0.</param>
/// <param name="Keep">(T, B): 0 where an episode begins after the first step, else 1.</param>
/// <param name="Resets">The steps at which a row of <paramref name="Keep"/> is 0.</param>
/// <param name="Begins">(T, B): 1 where an episode begins, at the first step, too, else 0.</param>
public sealed record Sequences(
    Tensor Observations, Tensor Actions, Tensor Rewards, Tensor Continues, long NotEnded, Tensor Keep, IReadOnlySet<int> Resets,
    Tensor Begins)
{
    /// <summary>(T, B): 0 where an episode or a sequence begins, else 1.</summary>
    public Tensor Foretold => cat([zeros_like(Keep.slice(0, 0, 1, 1)), Keep.ButFirst()]);

    /// <summary>The records of a batch, on a device.</summary>
    public static Sequences From(SequenceBatch batch, LatentOptions options, int observation, int action, Device device)
    {
        (int length, int rows) = (batch.Length, batch.Batch);
        Tensor actions = tensor(batch.Actions, [length, rows, action]).On(device);
        Tensor rewards = tensor(batch.Rewards, [length, rows]).On(device) * (options.BlindReward ? 0 : options.RewardScale);
        // The first step starts from zeros anyway.
        float[] keep = [.. batch.IsFirst.Select((first, i) => i < rows ? 1 : 1 - first)];
        return new(
            tensor(batch.Observations, [length, rows, observation]).On(device),
            options.ShuffleActions ? actions.roll([1], [1]) : actions,
            rewards, tensor(batch.Discounts, [length, rows]).On(device),
            batch.Discounts.Count(discount => discount > 0), tensor(keep, [length, rows]).On(device),
            Enumerable.Range(1, length - 1).Where(t => keep.AsSpan(t * rows, rows).ContainsAnyExcept(1f)).ToHashSet(),
            tensor(batch.IsFirst, [length, rows]).On(device));
    }

    /// <summary>What a dynamics filters: these records with the embeddings (T, B, E) of their observations.</summary>
    public RecordedSequence<EagerTensor> ToFilter(IDynamics<EagerTensor> dynamics, EagerTensor embeddings, Generator random)
    {
        EagerTensor Noise(int[] shape) => NoiseDraws.Of(
            dynamics.Noise.Distribution.ToKind(), [.. shape.Select(size => (long)size)], random, Actions.device);
        return new(EagerState.Zeros(dynamics.State, Actions.size(1), Actions.device), Actions, embeddings, Keep, Resets, Noise);
    }
}
