using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("verify", HelpText = "Check a bundle on this machine: hashes, names, types, and its graphs against the reference it carries.")]
public sealed class VerifyVerb : RunningVerb
{
    [Option("variant", Default = VariantSpec.Auto, HelpText = "What to check: plain graphs and all variants (auto), plain, or a variant.")]
    public string Variant { get; set; } = VariantSpec.Auto;

    private protected override int Run(Page page)
    {
        VerificationReport report = BundleVerifier.Verify(Bundle, Options with { Variant = Variant });
        page.Heading($"{report.Manifest.Name} on {report.Provider}");
        Manifest manifest = report.Manifest;
        page.Line($"  {manifest.Files.Count} files have the right hash, {manifest.Graphs.Count} graphs the right names and types.");
        page.Table(["graph", "variant", "compared", "rows", "largest error", "near ties", "free-running drift", "result"],
            [.. report.Graphs.Select(graph => (string[])
            [
                graph.Graph, graph.Variant, graph.IsRollout ? $"rollout of {graph.Steps}" : "one step", $"{graph.Rows}",
                Error(graph.MaxError), graph.Draws == 0 ? "" : $"{graph.NearTies} of {graph.Draws}", graph.Drift is { } drift ? Error(drift) : "", graph.Passed ? "ok" : "FAILED",
            ])]);
        foreach (GraphVerification graph in report.Graphs)
        {
            foreach (string failure in graph.Failures)
                page.Line($"  {graph.Graph}: {failure}");
        }

        if (report.Unverified.Count > 0)
            page.Line($"No reference for: {string.Join(", ", report.Unverified)}.");
        page.Line(report.Passed ? "verified" : "not verified");
        return report.Passed ? 0 : 1;
    }

    private static string Error(double error) => error.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
