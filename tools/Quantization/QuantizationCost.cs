using System.Globalization;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>Returns of the same episodes in both precisions.</summary>
/// <param name="Episodes">Episodes played in each.</param>
/// <param name="Plain">Of the float32 graphs.</param>
/// <param name="Variant">Of the int8 variant.</param>
/// <param name="Difference">Of int8's minus float32's, episode by episode.</param>
/// <param name="Agreement">How int8 would have acted on float32's observations.</param>
public sealed record ReturnCost(
    int Episodes, ReturnStatistics Plain, ReturnStatistics Variant, ReturnStatistics Difference, ActionAgreement Agreement);

/// <summary>What a bundle loses in int8, measured on real trajectories.</summary>
/// <param name="Drift">Its dreams beside float32's; null if the bundle has no world model that follows actions.</param>
/// <param name="Returns">Its play beside float32's; null if the bundle has no policy, or its environment is not here.</param>
/// <param name="Skipped">What was not measured, and why.</param>
public sealed record QuantizationCost(VariantDrift? Drift, ReturnCost? Returns, IReadOnlyList<string> Skipped)
{
    /// <summary>The figures as a manifest names them.</summary>
    public IReadOnlyDictionary<string, double> Figures
    {
        get
        {
            Dictionary<string, double> figures = [];
            foreach (PredictionDrift prediction in Drift?.Predictions ?? [])
            {
                figures[$"sd_{prediction.Name}"] = prediction.Deviation;
                figures[$"one_step_{prediction.Name}"] = prediction.OneStep;
                figures[$"drift_{Drift!.Horizon}_{prediction.Name}"] = prediction.AtHorizon;
            }
            if (Returns is null)
                return figures;
            foreach ((string name, ReturnStatistics returns) in (ReadOnlySpan<(string, ReturnStatistics)>)
                [("float32", Returns.Plain), ("int8", Returns.Variant), ("difference", Returns.Difference)])
            {
                figures[$"return_{name}_mean"] = returns.Mean;
                figures[$"return_{name}_sd"] = returns.Deviation;
                figures[$"return_{name}_ci95"] = returns.HalfWidth;
            }
            figures["evaluation_episodes"] = Returns.Episodes;
            figures["decisions"] = Returns.Agreement.Decisions;
            if (Returns.Agreement.Agreeing is { } agreeing)
                figures["decisions_agreeing"] = agreeing;
            if (Returns.Agreement.Error is { } error)
                figures["action_error"] = error;
            return figures;
        }
    }

    /// <summary>
    /// What is worse than allowed: a state that drifts, over the steps dreamed, by more than a share of its standard deviation, or a mean
    /// return below float32's by more than half the width of float32's own 95 % confidence interval.
    /// </summary>
    /// <param name="threshold">The share.</param>
    public IReadOnlyList<string> Exceeded(double threshold)
    {
        List<string> exceeded = [];
        foreach (PredictionDrift state in (Drift?.Predictions ?? []).Where(prediction => prediction.IsState))
        {
            if (state.AtHorizon <= threshold)
                continue;
            exceeded.Add($"drift_{Drift!.Horizon}_{state.Name} is {Measure.Figures.Share(state.AtHorizon)} of the state's standard "
                + $"deviation, {Measure.Figures.Share(threshold)} are allowed");
        }
        if (Returns is { } returns && returns.Difference.Mean < -returns.Plain.HalfWidth)
        {
            exceeded.Add(string.Create(CultureInfo.InvariantCulture, $"return_int8_mean {returns.Variant.Mean:0.##} is "
                + $"{-returns.Difference.Mean:0.##} below float32's {returns.Plain.Mean:0.##}, whose 95 % interval allows "
                + $"{returns.Plain.HalfWidth:0.##}"));
        }
        return exceeded;
    }
}
