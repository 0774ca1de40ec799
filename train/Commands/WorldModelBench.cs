using System.Diagnostics;
using TorchSharp;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>The world model's training step alone, on drawn sequences: to be measured beside a peer's.</summary>
internal sealed class WorldModelBench : IDisposable
{
    private readonly Dreamer _dreamer;
    private readonly Sequences _sequences;
    private readonly Generator _random = new(1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public WorldModelBench(Dreamer dreamer, LatentOptions options, int actions)
    {
        _dreamer = dreamer;
        LatentWorldConfig config = dreamer.WorldConfig;
        SequenceBatch batch = new SequenceBatch(options.Length, options.Batch, config.Observation, actions);
        Philox.FillGaussian(new(1, 0, 0, 0), batch.Observations);
        Philox.FillUniform(new(1, 1, 0, 0), batch.Actions);
        Philox.FillUniform(new(1, 2, 0, 0), batch.Rewards);
        batch.Discounts.AsSpan().Fill(1);
        _sequences = Sequences.From(batch, options, config.Observation, actions, dreamer.Parameters.Device);
    }

    /// <summary>Records learnt from so far.</summary>
    public long Records { get; private set; }

    /// <summary>Makes some updates; the seconds they took.</summary>
    public double Run(int updates)
    {
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < updates; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            _dreamer.LearnWorldModel(_sequences, _random, figures: null);
            _dreamer.StepWorldModel();
            Records += _sequences.Rewards.numel();
        }
        return clock.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        _scope.Dispose();
        _random.Dispose();
    }
}
