using TorchSharp;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Recorded episodes as M learns from them: of every observation what V says, the action taken there, and where episodes begin and end. The
/// last observation of an episode that ended by itself is left out: M learns that no other follows the one before it.
/// </summary>
internal sealed class MemoryFrames : IDisposable
{
    private const int EncodedAtOnce = 256;

    private static readonly uint Order = Philox.Stream("memory/order"), Shuffle = Philox.Stream("memory/shuffle");

    private readonly int[] _first, _count;      // of each episode: its first frame, and how many
    private readonly Tensor _means, _stds;      // (N, Z)
    private readonly Tensor _actions;           // (N, A), zeros where the episode was cut
    private readonly Tensor _begins;            // (N): 1 where an episode begins
    private readonly Tensor _known;             // (N): 0 where the episode was cut, so that nobody knows what followed

    /// <param name="episodes">The episodes.</param>
    /// <param name="signature">Sizes.</param>
    /// <param name="vision">V.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="shuffled">Whether latent vectors change places within their episode: a control; null: they do not.</param>
    public MemoryFrames(
        IReadOnlyList<Episode> episodes, MemorySignature signature, Vae<EagerTensor> vision, Device device,
        ulong? shuffled = null)
    {
        _count = [.. episodes.Select(episode => episode.Terminated ? episode.Records - 1 : episode.Records)];
        _first = new int[episodes.Count];
        for (int i = 1; i < _first.Length; i++)
            _first[i] = _first[i - 1] + _count[i - 1];
        Count = _count.Sum();
        int size = signature.Observation.Size, actions = signature.Actions.Size;
        (float[] vectors, float[] begins, float[] known) = (new float[Count * actions], new float[Count], new float[Count]);
        long[] places = new long[Count];
        known.AsSpan().Fill(1);
        List<Tensor> means = [], stds = [];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable guard = no_grad();
        float[] batch = new float[EncodedAtOnce * size];
        int filled = 0;
        for (int i = 0; i < episodes.Count; i++)
        {
            begins[_first[i]] = 1;
            if (!episodes[i].Terminated)
                known[_first[i] + _count[i] - 1] = 0;
            int[] order = [.. Enumerable.Range(0, _count[i])];
            if (shuffled is { } seed)
                order = [.. order.OrderBy(t => Philox.NextInt(new NoiseKey(seed, (uint)i, (uint)t, Shuffle), int.MaxValue))];
            for (int t = 0; t < _count[i]; t++)
            {
                int place = _first[i] + t;
                places[place] = _first[i] + order[t];
                if (t + 1 < episodes[i].Records)
                    signature.Actions.Encode(episodes[i], t + 1, vectors.AsSpan(place * actions, actions));
                episodes[i].CopyObservation(t, batch.AsSpan(filled++ * size, size));
                if (filled == EncodedAtOnce || place == Count - 1)
                    Encode();
            }
        }
        Tensor moved = tensor(places);
        _means = cat(means).index_select(0, moved).to(device).DetachFromDisposeScope();
        _stds = cat(stds).index_select(0, moved).to(device).DetachFromDisposeScope();
        _actions = tensor(vectors, [Count, actions]).On(device).DetachFromDisposeScope();
        _begins = tensor(begins).On(device).DetachFromDisposeScope();
        _known = tensor(known).On(device).DetachFromDisposeScope();

        void Encode()
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor x = tensor(batch[..(filled * size)], [filled, .. signature.Observation.Shape.Select(axis => (long)axis)]).On(device);
            Normal<EagerTensor> said = vision.Encode(x);
            means.Add(said.Mean.Value.cpu().MoveToOuterDisposeScope());
            stds.Add(said.Std.Value.cpu().MoveToOuterDisposeScope());
            filled = 0;
        }
    }

    /// <summary>Observations (N).</summary>
    public int Count { get; }

    /// <summary>Episodes.</summary>
    public int Episodes => _first.Length;

    /// <summary>The frames of all episodes, one episode after another in an order that the seed and the epoch draw.</summary>
    public long[] Epoch(ulong seed, long epoch)
    {
        IEnumerable<int> order = Enumerable.Range(0, Episodes)
            .OrderBy(i => Philox.NextInt(new NoiseKey(seed, (uint)i, (uint)epoch, Order), int.MaxValue));
        return [.. order.SelectMany(i => Enumerable.Range(_first[i], _count[i]).Select(frame => (long)frame))];
    }

    /// <summary>What M reads and is to say of frames (T + 1, B).</summary>
    public MemoryBatch Take(Tensor frames, Generator random)
    {
        long length = frames.size(0) - 1;
        Tensor before = frames.slice(0, 0, length, 1), after = frames.slice(0, 1, length + 1, 1);
        Tensor means = Of(_means, frames);                                                                  // (T + 1, B, Z)
        Tensor latents = means + Of(_stds, frames) * randn(means.shape, generator: random, device: means.device);
        return new(
            latents.slice(0, 0, length, 1), Of(_actions, before), Of(_begins, before), latents.slice(0, 1, length + 1, 1),
            Of(_begins, after), Of(_known, before));

        Tensor Of(Tensor values, Tensor chosen) =>
            values.index_select(0, chosen.reshape(-1)).reshape([.. chosen.shape, .. values.shape[1..]]);
    }

    public void Dispose()
    {
        foreach (Tensor part in new[] { _means, _stds, _actions, _begins, _known })
            part.Dispose();
    }
}

/// <summary>Streams of steps, (T, B, ...) each.</summary>
/// <param name="Latents">Latent vectors before the steps, drawn anew for each batch (Z).</param>
/// <param name="Actions">Action vectors (A).</param>
/// <param name="Begins">1 where an episode begins before the step.</param>
/// <param name="Next">Latent vectors after the steps (Z).</param>
/// <param name="Restarts">1 where an episode begins after the step.</param>
/// <param name="Known">0 where the episode was cut, else 1.</param>
internal sealed record MemoryBatch(Tensor Latents, Tensor Actions, Tensor Begins, Tensor Next, Tensor Restarts, Tensor Known);
