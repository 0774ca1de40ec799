using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>Negative controls of an agent that imagines: whose rollouts its decisions read.</summary>
public enum RolloutSource
{
    /// <summary>Its own.</summary>
    Own,

    /// <summary>Those of another game: neither the present nor the future is right.</summary>
    Shuffled,

    /// <summary>Its own, each in the place of the next action's: all is right but what follows from what.</summary>
    Swapped,
}

/// <summary>
/// The imagination-augmented agent in environments. What it imagined of an observation is kept until the next one is seen: acting, learning and
/// bootstrapping read the same rollouts, and the world is asked once.
/// </summary>
public sealed class ImaginingAgent : ActorCriticAgent
{
    private static readonly uint RolloutStream = Philox.Stream(I2ABundle.RolloutNoise);

    private readonly ImaginationAgent<EagerTensor> _agent;
    private readonly ImaginationAgentConfig _config;
    private readonly ImaginedGames _world;
    private readonly ImaginationCore<EagerTensor> _core;
    private readonly Device _device;
    private readonly ulong _seed;
    private readonly float[] _gumbel;                       // (B, A, D - 1, A)
    private readonly float[][] _frame, _reward, _continue;  // D of (B A, 3, H, W), (B A, R), (B A)

    /// <param name="agent">The agent.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="world">The world it imagines in; the agent's from here on.</param>
    /// <param name="core">Rolls that world forward.</param>
    /// <param name="rows">B, environments in lock step.</param>
    /// <param name="seed">Of the rollout policy's draws.</param>
    /// <param name="device">Where the agent computes.</param>
    public ImaginingAgent(
        ImaginationAgent<EagerTensor> agent, ImaginationAgentConfig config, ImaginedGames world, ImaginationCore<EagerTensor> core,
        int rows, ulong seed, Device device)
        : base(config.Agent, rows, config.Frames, device)
    {
        (_agent, _config, _world, _core, _device, _seed) = (agent, config, world, core, device, seed);
        int actions = config.Agent.Actions, rollouts = rows * actions;
        _gumbel = new float[rollouts * (config.Depth - 1) * actions];
        _frame = Steps(3 * config.Agent.Rows * config.Agent.Columns);
        _reward = Steps(config.Encoder.Rewards);
        _continue = Steps(1);

        float[][] Steps(int size) => [.. Enumerable.Range(0, config.Depth).Select(_ => new float[rollouts * size])];
    }

    /// <summary>Whose rollouts its decisions read.</summary>
    public RolloutSource Source { get; init; }

    public override (EagerTensor Logits, EagerTensor Value) Forward()
    {
        EagerTensor codes = _agent.Codes(Imagined());                           // (B, A units)
        return _agent.Forward(Frames, Source switch
        {
            RolloutSource.Shuffled => codes.Value.roll([1], [0]),
            RolloutSource.Swapped => codes.Value.roll([_config.Encoder.Units], [1]),
            _ => codes,
        });
    }

    public override void Save(BinaryWriter writer)
    {
        base.Save(writer);
        foreach (float[] values in Arrays())
            Write(writer, values);
    }

    public override void Load(BinaryReader reader)
    {
        base.Load(reader);
        foreach (float[] values in Arrays())
            Read(reader, values);
    }

    public override void Dispose()
    {
        _world.Dispose();
        base.Dispose();
    }

    protected override void Imagine(long step)
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        _world.Begin(step);
        IReadOnlyList<ImaginedStep<EagerTensor>> rollouts = _core.Imagine(Frames, Noise(step));
        for (int d = 0; d < rollouts.Count; d++)
        {
            Keep(rollouts[d].Frame, _frame[d]);
            Keep(rollouts[d].Reward, _reward[d]);
            Keep(rollouts[d].Continue, _continue[d]);
        }

        static void Keep(EagerTensor from, float[] to) => from.Value.cpu().contiguous().data<float>().CopyTo(to);
    }

    private IReadOnlyList<ImaginedStep<EagerTensor>> Imagined()
    {
        (int height, int width) = (_config.Agent.Rows, _config.Agent.Columns);
        int rollouts = Rows * _config.Agent.Actions;
        return [.. Enumerable.Range(0, _config.Depth).Select(d => new ImaginedStep<EagerTensor>(
            tensor(_frame[d], [rollouts, 3, height, width]).On(_device),
            tensor(_reward[d], [rollouts, _config.Encoder.Rewards]).On(_device),
            tensor(_continue[d], [rollouts]).On(_device)))];
    }

    /// <summary>Gumbel noise (B, A, D - 1, A) of (seed, row, step), as the runtime draws it.</summary>
    private EagerTensor Noise(long step)
    {
        int actions = _config.Agent.Actions, size = _gumbel.Length / Rows;
        for (int row = 0; row < Rows && !Greedy; row++)
            Philox.FillGumbel(new NoiseKey(_seed, (uint)row, (uint)step, RolloutStream), _gumbel.AsSpan(row * size, size));
        return tensor(_gumbel, [Rows, actions, _config.Depth - 1, actions]).On(_device);
    }

    private IEnumerable<float[]> Arrays() => [.. _frame, .. _reward, .. _continue];
}
