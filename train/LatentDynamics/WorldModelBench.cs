using System.Diagnostics;
using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentDynamics;

/// <summary>The world model's training step alone, on drawn sequences: to be measured beside a peer's.</summary>
internal sealed class WorldModelBench : IDisposable
{
    private readonly EagerParameters _parameters;
    private readonly WorldModelLearner _learner;
    private readonly Sequences _sequences;
    private readonly Generator _random = new(1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public WorldModelBench(LatentOptions options, LatentWorldConfig config, Device device)
    {
        _parameters = new(options.Seed, device);
        _learner = new(new(_parameters.Root[LatentSignature.World], config), config.Rssm, options, _parameters);
        var batch = new SequenceBatch(options.Length, options.Batch, config.Observation, config.Rssm.Actions);
        Philox.FillGaussian(new(1, 0, 0, 0), batch.Observations);
        Philox.FillUniform(new(1, 1, 0, 0), batch.Actions);
        Philox.FillUniform(new(1, 2, 0, 0), batch.Rewards);
        batch.Discounts.AsSpan().Fill(1);
        _sequences = Sequences.From(batch, options, config.Observation, config.Rssm.Actions, device);
    }

    /// <summary>Makes some updates; the seconds they took.</summary>
    public double Run(int updates)
    {
        var clock = Stopwatch.StartNew();
        for (int i = 0; i < updates; i++)
        {
            using var scope = NewDisposeScope();
            _learner.Differentiate(_sequences, _random, figures: null);
            _learner.Step();
        }
        return clock.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        _scope.Dispose();
        _random.Dispose();
        _learner.Dispose();
        _parameters.Dispose();
    }
}
