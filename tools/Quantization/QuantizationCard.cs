using System.Globalization;
using System.Text;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>The section of a bundle's model card that says what int8 costs.</summary>
internal static class QuantizationCard
{
    private const string CardFile = "README.md", Heading = "## Variant int8", Next = "\n## ", Before = "\n## Graphs\n";

    /// <summary>Writes the section into the card, in place of one that is there; makes a card where there is none.</summary>
    public static void Write(string directory, QuantizationReport report, QuantizationOptions options)
    {
        string path = Path.Combine(directory, CardFile);
        string card = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : $"# {report.Manifest.Name}\n";
        File.WriteAllText(path, Insert(card, Section(report, options)));
    }

    private static string Insert(string card, string section)
    {
        int old = card.IndexOf("\n" + Heading + "\n", StringComparison.Ordinal);
        if (old >= 0)
        {
            int end = card.IndexOf(Next, old + 1, StringComparison.Ordinal);
            card = card[..(old + 1)] + (end < 0 ? "" : card[(end + 1)..]);
        }
        int at = card.IndexOf(Before, StringComparison.Ordinal);
        return at >= 0 ? $"{card[..(at + 1)]}{section}\n{card[(at + 1)..]}" : $"{card.TrimEnd('\n')}\n\n{section}";
    }

    private static string Section(QuantizationReport report, QuantizationOptions options)
    {
        StringBuilder text = new();
        text.Append(Heading).Append("\n\n");
        text.Append("Products of matrices in 8-bit integers: weights with a scale an output, activations with a scale a tensor that is "
            + "found anew at every run and shared by the rows of a batch. "
            + $"Graphs: {string.Join(", ", report.Layers.Select(graph => $"{graph.Key} ({graph.Value.Count} layers)"))}");
        text.Append(report.Plain.Count == 0 ? ".\n" : $"; {string.Join(", ", report.Plain)} would gain too little and stay float32.\n");
        if (report.Variant.Tolerance is { } tolerance)
            text.Append(CultureInfo.InvariantCulture, $"Parity tolerance {tolerance:0.######}.\n");
        if (report.Cost.Drift is { } drift)
            Append(text, drift, options);
        if (report.Cost.Returns is { } returns)
            Append(text, returns);
        foreach (string skipped in report.Cost.Skipped)
            text.Append($"\nNot measured: {skipped}.\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, VariantDrift drift, QuantizationOptions options)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{drift.Dreams} dreams along real episodes, from float32's posteriors, with the same "
            + $"actions and noise: root mean square of the difference from float32, in float32's standard deviations. At most "
            + $"{Figures.Share(options.Threshold)} is accepted of a state after {drift.Horizon} steps.\n\n");
        text.Append($"| prediction | sd | one step | {drift.Horizon} steps |\n|---|---|---|---|\n");
        foreach (PredictionDrift prediction in drift.Predictions)
        {
            text.Append($"| {prediction.Name} | {Figures.Number(prediction.Deviation)} | {Percent(prediction.OneStep)} "
                + $"| {Percent(prediction.AtHorizon)} |\n");
        }
    }

    private static void Append(StringBuilder text, ReturnCost returns)
    {
        text.Append($"\nReturns of the same {returns.Episodes} episodes:\n\n| | mean | sd | 95 % interval |\n|---|---|---|---|\n");
        foreach ((string name, ReturnStatistics value) in (ReadOnlySpan<(string, ReturnStatistics)>)
            [("float32", returns.Plain), ("int8", returns.Variant), ("int8 - float32, by episode", returns.Difference)])
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {name} | {value.Mean:0.##} | {value.Deviation:0.##} | +-{value.HalfWidth:0.##} |\n");
        }
        ActionAgreement agreement = returns.Agreement;
        text.Append(agreement.Agreeing is { } agreeing
            ? $"\nOn float32's observations int8 chose the same action in {agreeing} of {agreement.Decisions} decisions.\n"
            : $"\nOn float32's observations int8's actions differ by {Percent(agreement.Error ?? 0)} of their standard deviation "
                + $"({agreement.Decisions} decisions).\n");
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");
}
