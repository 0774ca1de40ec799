using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How far returns reach: moving 5th and 95th percentiles, from zero on (Hafner et al. 2025, "actor learning"). Small returns are not
/// blown up, and a few extreme ones do not count.
/// </summary>
/// <param name="rate">Share by which it moves at each update.</param>
public sealed class ReturnRange(double rate)
{
    private const double LowShare = 0.05, HighShare = 0.95;

    private double _low, _high;

    /// <summary>What surpluses are divided by, at least 1.</summary>
    public double Scale => Math.Max(1, _high - _low);

    /// <summary>Moves it towards returns of any shape.</summary>
    public void Follow(Tensor returns)
    {
        using Tensor flat = returns.detach().flatten();
        using Tensor shares = tensor(new[] { (float)LowShare, (float)HighShare }, device: flat.device);
        using Tensor percentiles = flat.quantile(shares).cpu();
        _low += rate * (percentiles[0].item<float>() - _low);
        _high += rate * (percentiles[1].item<float>() - _high);
    }

    /// <summary>Adds it to a checkpoint.</summary>
    public void Save(Checkpoint checkpoint)
    {
        checkpoint.Set("return_range/low", _low);
        checkpoint.Set("return_range/high", _high);
    }

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    public void Load(Checkpoint checkpoint) =>
        (_low, _high) = (checkpoint.Number("return_range/low"), checkpoint.Number("return_range/high"));
}
