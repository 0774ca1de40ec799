using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Chooses action vectors (B, A) for the latent states of B rows.</summary>
/// <param name="state">Tensors (B, ...).</param>
/// <param name="seed">Of the noise, with the step.</param>
/// <param name="step">Number of the call.</param>
/// <param name="greedy">Draw nothing where the policy allows it.</param>
/// <param name="vectors">(B, A), written.</param>
public delegate void LatentPolicy(State<EagerTensor> state, ulong seed, long step, bool greedy, Span<float> vectors);

/// <summary>
/// A policy in an environment: what is observed is filtered into a latent state, and the policy acts on that. Noise is drawn as the runtime
/// draws it for the shipped graphs, so that the same seed plays the same episodes there.
/// </summary>
public sealed class LatentAgent : IDisposable
{
    private static readonly uint Posterior = Philox.Stream(WorldSignature.ObserveStream);

    private readonly LatentWorld<EagerTensor> _world;
    private readonly LatentPolicy _policy;
    private readonly int _rows, _observation, _actions;
    private readonly Device _device;
    private readonly float[] _vectors;      // (B, A), the actions that led here
    private readonly float[] _noise;        // (B, N)
    private State<EagerTensor> _state;

    /// <param name="world">The world whose states it acts on.</param>
    /// <param name="policy">Acts on them.</param>
    /// <param name="rows">B, rows of environments.</param>
    /// <param name="observation">O, numbers in an observation.</param>
    /// <param name="actions">A, numbers in an action vector.</param>
    /// <param name="device">Where the world computes.</param>
    public LatentAgent(LatentWorld<EagerTensor> world, LatentPolicy policy, int rows, int observation, int actions, Device device)
    {
        (_world, _policy, _rows, _observation, _actions, _device) = (world, policy, rows, observation, actions, device);
        (_vectors, _noise) = (new float[rows * actions], new float[rows * world.Dynamics.Noise.Size]);
        _state = Kept(EagerState.Zeros(world.Dynamics.State, rows, device));
    }

    /// <summary>Whether nothing is drawn: posteriors' modes, the policy's mode.</summary>
    public bool Greedy { get; init; }

    /// <summary>Chooses vectors (B, A) for observations (B, O); where first is 1, not 0, an episode begins.</summary>
    public void Act(ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<float> vectors)
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        State<EagerTensor> state = Filter(seed, step, observations, first);
        _policy(state, seed, step, Greedy, vectors);
        vectors.CopyTo(_vectors);
        Keep(state);
    }

    /// <summary>Filters observations without choosing: what is executed, <see cref="Executed"/> says.</summary>
    public void Watch(ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first)
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Keep(Filter(seed, step, observations, first));
    }

    /// <summary>Tells the agent that other vectors were executed than those it chose.</summary>
    public void Executed(ReadOnlySpan<float> vectors) => vectors.CopyTo(_vectors);

    public void Save(BinaryWriter writer)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        foreach (float value in _vectors)
            writer.Write(value);
        foreach (EagerTensor part in _state.Values)
            writer.Write(part.Value.cpu().contiguous().bytes);
    }

    public void Restore(BinaryReader reader)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < _vectors.Length; i++)
            _vectors[i] = reader.ReadSingle();
        foreach (EagerTensor part in _state.Values)
        {
            Tensor values = empty_like(part.Value, device: CPU).contiguous();
            reader.BaseStream.ReadExactly(values.bytes);
            part.Value.copy_(values);
        }
    }

    public void Dispose()
    {
        foreach (EagerTensor part in _state.Values)
            part.Value.Dispose();
    }

    private State<EagerTensor> Filter(ulong seed, long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first)
    {
        if (!Greedy)
            NoiseDraws.Fill(_world.Dynamics.Noise.Distribution.ToKind(), seed, step, Posterior, _noise, _rows);
        EagerTensor keep = new EagerTensor(tensor(first.ToArray(), [_rows]).On(_device)).KeepUnlessFirst();     // (B, 1)
        EagerTensor action = new EagerTensor(tensor(_vectors, [_rows, _actions]).On(_device)) * keep;
        EagerTensor observation = tensor(observations.ToArray(), [_rows, _observation]).On(_device);
        EagerTensor noise = tensor(_noise, [_rows, _world.Dynamics.Noise.Size]).On(_device);
        EagerTensor embedding = _world.Embed(_world.Scale.Forward(observation));
        return _world.Dynamics.Observe(_world.Dynamics.Reset(_state, keep), action, embedding, noise).State;
    }

    private void Keep(State<EagerTensor> state)
    {
        Dispose();
        _state = Kept(state);
    }

    private static State<EagerTensor> Kept(State<EagerTensor> state) => state.Map(value => value.Value.DetachFromDisposeScope());
}
