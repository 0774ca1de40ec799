using TorchSharp;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// A policy with a value in environments in lock step. It is shown each observation once, and looks ahead then if it is one that does; it
/// may be asked for its policy there more than once, since its weights change in between.
/// </summary>
public abstract class ActorCriticAgent : IDisposable
{
    private static readonly uint NoiseStream = Philox.Stream(ActorSignature.NoiseStream);

    private readonly ActorCriticConfig _config;
    private readonly Device _device;
    private readonly int _frames;
    private readonly float[] _seen;     // (B, C k, H, W)
    private readonly float[] _gumbel;   // (B, A)

    /// <param name="config">What the agent sees: its channels are those of k frames.</param>
    /// <param name="rows">B, environments in lock step.</param>
    /// <param name="frames">k, frames seen at once.</param>
    /// <param name="device">Where the agent computes.</param>
    protected ActorCriticAgent(ActorCriticConfig config, int rows, int frames, Device device)
    {
        (_config, Rows, _frames, _device) = (config, rows, frames, device);
        _seen = new float[rows * config.Channels * config.Rows * config.Columns];
        _gumbel = new float[rows * config.Actions];
    }

    /// <summary>B, environments in lock step.</summary>
    public int Rows { get; }

    /// <summary>What the agent sees now, (B, C k, H, W), oldest frame first.</summary>
    public EagerTensor Frames => tensor(_seen, [Rows, _config.Channels, _config.Rows, _config.Columns]).On(_device);

    /// <summary>Shows what the environments are observed as before a step.</summary>
    /// <param name="observations">(B, C, H, W).</param>
    /// <param name="first">1 where an episode begins, else 0, (B).</param>
    /// <param name="step">Number of the step, for what is drawn.</param>
    public void Observe(ReadOnlySpan<float> observations, ReadOnlySpan<float> first, long step)
    {
        if (_frames == 1)
        {
            observations.CopyTo(_seen);
        }
        else
        {
            using IDisposable guard = no_grad();
            using DisposeScope scope = NewDisposeScope();
            int channels = _config.Channels / _frames;
            EagerTensor frame = tensor(observations.ToArray(), [Rows, channels, _config.Rows, _config.Columns]).On(_device);
            EagerTensor past = Frames.Slice(1, channels, int.MaxValue);
            EagerTensor isFirst = tensor(first.ToArray(), [Rows]).On(_device);
            FrameStack.Observe(past, frame, isFirst).Value.cpu().contiguous().data<float>().CopyTo(_seen);
        }
        Imagine(step);
    }

    /// <summary>Whether nothing is drawn, as in a deterministic controller: neither actions nor anything in what it looks ahead to.</summary>
    public bool Greedy { get; init; }

    /// <summary>Logits (B, A) and value (B) for what was seen last.</summary>
    public abstract (EagerTensor Logits, EagerTensor Value) Forward();

    /// <summary>Actions drawn from logits (B, A) by Gumbel noise of (seed, row, step), as the runtime draws them.</summary>
    public long[] Sample(EagerTensor logits, ulong seed, long step)
    {
        int actions = _config.Actions;
        for (int row = 0; row < Rows && !Greedy; row++)
            Philox.FillGumbel(new NoiseKey(seed, (uint)row, (uint)step, NoiseStream), _gumbel.AsSpan(row * actions, actions));
        EagerTensor chosen = logits.Detach().SampleCategorical(tensor(_gumbel, [Rows, actions]).On(_device));
        return chosen.Value.cpu().data<long>().ToArray();
    }

    /// <summary>Writes what was seen.</summary>
    public virtual void Save(BinaryWriter writer) => Write(writer, _seen);

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public virtual void Load(BinaryReader reader) => Read(reader, _seen);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>Called once for each observation, after it was seen.</summary>
    protected virtual void Imagine(long step) { }

    protected static void Write(BinaryWriter writer, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
            writer.Write(value);
    }

    protected static void Read(BinaryReader reader, Span<float> values)
    {
        foreach (ref float value in values)
            value = reader.ReadSingle();
    }
}
