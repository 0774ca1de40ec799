using MathNet.Numerics.Statistics;

namespace WorldModels.Measure;

/// <summary>What returns of episodes come to.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their sample standard deviation; 0 for one.</param>
/// <param name="HalfWidth">Half the width of the mean's 95 % confidence interval.</param>
public sealed record ReturnStatistics(double Mean, double Deviation, double HalfWidth)
{
    /// <summary>Statistics of at least one return.</summary>
    public static ReturnStatistics Of(IReadOnlyList<double> returns)
    {
        (double mean, double deviation) = returns.MeanStandardDeviation();
        deviation = returns.Count < 2 ? 0 : deviation;
        return new(mean, deviation, 1.96 * deviation / Math.Sqrt(returns.Count));
    }
}
