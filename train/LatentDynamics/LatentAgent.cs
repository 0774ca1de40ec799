using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentDynamics;

/// <summary>How an agent acts in the latent state: chooses vectors (B, A) for states of B rows.</summary>
/// <param name="deterministic">(B, D).</param>
/// <param name="stochastic">(B, S).</param>
/// <param name="seed">Of the noise, with the step.</param>
/// <param name="step">Number of the call.</param>
/// <param name="greedy">Draw nothing where the policy allows it.</param>
/// <param name="vectors">(B, A), written.</param>
public delegate void LatentPolicy(Tensor deterministic, Tensor stochastic, ulong seed, long step, bool greedy, Span<float> vectors);

/// <summary>
/// An agent at play: filters what it observes into a latent state, and acts on that. Noise is drawn as the runtime draws it for the shipped
/// graphs, so that the same seed plays the same episodes there.
/// </summary>
public sealed class LatentAgent : IDisposable
{
    /// <summary>Stream of the posterior's noise, whatever the graph's name.</summary>
    public const string ObserveStream = "observe/noise";

    /// <summary>Stream of the prior's noise.</summary>
    public const string ImagineStream = "imagine/noise";

    /// <summary>Stream of the policy's noise.</summary>
    public const string ActStream = "act/noise";

    private static readonly uint Posterior = Philox.Stream(ObserveStream);

    private readonly LatentWorld<EagerTensor> _world;
    private readonly RssmConfig _config;
    private readonly LatentPolicy _policy;
    private readonly int _rows, _observation;
    private readonly Device _device;
    private readonly float[] _vectors;      // (B, A), the actions that led here
    private readonly float[] _noise;        // (B, S)
    private Tensor _h, _z;

    public LatentAgent(LatentWorld<EagerTensor> world, RssmConfig config, LatentPolicy policy, int rows, int observation, Device device)
    {
        (_world, _config, _policy, _rows, _observation, _device) = (world, config, policy, rows, observation, device);
        (_vectors, _noise) = (new float[rows * config.Actions], new float[rows * config.Stochastic]);
        _h = zeros(rows, config.Deterministic, device: device).DetachFromDisposeScope();
        _z = zeros(rows, config.Stochastic, device: device).DetachFromDisposeScope();
    }

    /// <summary>Whether nothing is drawn: posteriors' means, the policy's mode.</summary>
    public bool Greedy { get; init; }

    /// <summary>Chooses vectors (B, A) for observations (B, O); where first is 1, not 0, an episode begins.</summary>
    public void Act(ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<float> vectors) =>
        Act(seed, step, observations, first, vectors, choose: true);

    /// <summary>Filters observations without choosing: what is executed, <see cref="Executed"/> says.</summary>
    public void Watch(ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first) =>
        Act(seed, step, observations, first, _vectors, choose: false);

    private void Act(
        ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<float> vectors, bool choose)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        if (!Greedy)
            Fill(NoiseKind.Gaussian, seed, step, Posterior, _noise, _rows);
        Tensor goesOn = 1 - tensor(first.ToArray(), [_rows, 1]).to(_device);
        Tensor action = tensor(_vectors, [_rows, _config.Actions]).to(_device) * goesOn;
        Tensor observation = tensor(observations.ToArray(), [_rows, _observation]).to(_device);
        EagerTensor embedding = _world.Embed(_world.Standard.Forward(observation));
        RssmState<EagerTensor> state = _world.Rssm.Observe(
            _h * goesOn, _z * goesOn, action, embedding, tensor(_noise, [_rows, _config.Stochastic]).to(_device));
        if (choose)
        {
            _policy(state.Deterministic.Value, state.Stochastic.Value, seed, step, Greedy, vectors);
            vectors.CopyTo(_vectors);
        }
        _h.Dispose();
        _z.Dispose();
        (_h, _z) = (state.Deterministic.Value.DetachFromDisposeScope(), state.Stochastic.Value.DetachFromDisposeScope());
    }

    /// <summary>Tells the agent that other vectors were executed than those it chose.</summary>
    public void Executed(ReadOnlySpan<float> vectors) => vectors.CopyTo(_vectors);

    public void Save(BinaryWriter writer)
    {
        foreach (float[] values in new[] { _vectors, Values(_h), Values(_z) })
            foreach (float value in values)
                writer.Write(value);
    }

    public void Restore(BinaryReader reader)
    {
        float[] h = new float[_h.numel()], z = new float[_z.numel()];
        foreach (float[] values in new[] { _vectors, h, z })
            for (int i = 0; i < values.Length; i++)
                values[i] = reader.ReadSingle();
        using var scope = NewDisposeScope();
        _h.copy_(tensor(h, _h.shape));
        _z.copy_(tensor(z, _z.shape));
    }

    public void Dispose()
    {
        _h.Dispose();
        _z.Dispose();
    }

    /// <summary>Draws noise for rows of the same size, each from its own stream.</summary>
    public static void Fill(NoiseKind kind, ulong seed, long step, uint stream, Span<float> noise, int rows)
    {
        int size = noise.Length / rows;
        for (int row = 0; row < rows; row++)
            Philox.Fill(kind, new NoiseKey(seed, (uint)row, (uint)step, stream), noise.Slice(row * size, size));
    }

    private static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.cpu().contiguous().data<float>().ToArray();
    }
}
