using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("quantize", HelpText = "Add an int8 variant to a bundle: 8-bit products, faster on CPUs where layers have some hundred units, and "
    + "what they cost on real trajectories.")]
public sealed class QuantizeVerb : BundleVerb
{
    [Option('o', "output", MetaValue = "DIR", HelpText = "Directory of a copy with the variant (default: the bundle itself).")]
    public string? Output { get; set; }

    [Option("episodes", Default = "100", HelpText = "Episodes that its policy plays in each precision.")]
    public string Episodes { get; set; } = "";

    [Option("threshold", Default = "0.1", HelpText = "Drift of a state in 15 steps that is accepted, in its standard deviations. The "
        + "return may be below float32's by half the width of its 95 % interval.")]
    public string Threshold { get; set; } = "";

    [Option("recordings", MetaValue = "PATH", HelpText = "Recorded episodes to dream along (an npz of observation, action, reward, or a "
        + "directory of them) instead of games of the environment.")]
    public string? Recordings { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the games and the noise.")]
    public string Seed { get; set; } = "";

    private protected override int Run(Page page)
    {
        QuantizationOptions options = new()
        {
            Episodes = Arguments.WholeNumber("episodes", Episodes, least: 2),
            Threshold = Arguments.PositiveNumber("threshold", Threshold),
            Seed = Arguments.Seed("seed", Seed),
            Recordings = Recordings is null ? [] : Read(Recordings),
            Progress = line => page.Line($"  {line}"),
        };
        bool isReplaced = Output is null && Manifest.Load(Bundle, verifyHashes: false).Variants?.ContainsKey(Quantization.Variant) == true;
        if (isReplaced)
            page.Line("  it has an int8 variant, which will be replaced");
        Show(page, Quantization.Run(Bundle, Output, options));
        page.Line($"{Output ?? Bundle}: variant {Quantization.Variant} {(isReplaced ? "replaced" : "written")}. "
            + $"Choose it by RuntimeOptions.Variant; check it with: tools verify {Output ?? Bundle} --variant {Quantization.Variant}");
        return 0;
    }

    private static void Show(Page page, QuantizationReport report)
    {
        if (report.Cost.Drift is { } drift)
        {
            page.Heading($"Difference from float32, in its standard deviations ({drift.Dreams} dreams along real episodes)");
            page.Table(["prediction", "sd", "one step", $"{drift.Horizon} steps"], [.. drift.Predictions.Select(prediction => (string[])
            [
                prediction.Name, Figures.Number(prediction.Deviation), Percent(prediction.OneStep), Percent(prediction.AtHorizon),
            ])]);
        }
        if (report.Cost.Returns is { } returns)
        {
            page.Heading($"Returns of the same {returns.Episodes} episodes");
            page.Table(["precision", "mean", "sd", "95 % interval"],
                [Row("float32", returns.Plain), Row("int8", returns.Variant), Row("difference", returns.Difference)]);
            ActionAgreement agreement = returns.Agreement;
            page.Line(agreement.Agreeing is { } agreeing ? $"  the same action in {agreeing} of {agreement.Decisions} decisions"
                : $"  actions differ by {Percent(agreement.Error ?? 0)} of their standard deviation ({agreement.Decisions} decisions)");
        }
        foreach (string skipped in report.Cost.Skipped)
            page.Line($"  not measured: {skipped}");
        if (report.Plain.Count > 0)
            page.Line($"  stay float32: {string.Join(", ", report.Plain)}");
        if (report.Variant.Tolerance is { } tolerance)
            page.Line(string.Create(CultureInfo.InvariantCulture, $"  parity tolerance {tolerance:0.0e+0}"));
    }

    private static string[] Row(string name, ReturnStatistics returns) =>
        [name, Text(returns.Mean), Text(returns.Deviation), Text(returns.HalfWidth)];

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");

    /// <summary>Recorded episodes of a file, or of all in a folder.</summary>
    internal static RealEpisode[] Read(string path)
    {
        string[] files = Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.npz").Order(StringComparer.Ordinal)] : [path];
        return files.Length > 0 ? [.. files.Select(file => RealEpisode.Read(file, int.MaxValue))]
            : throw new BundleException($"There is no recorded episode (*.npz) in '{path}'.");
    }
}
