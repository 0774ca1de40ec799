using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("convert", HelpText = "Add another form of a bundle's graphs: exact and faster, or of 16 bits for CUDA.")]
public sealed class ConvertVerb : RunningVerb
{
    [Option("to", Required = true,
        HelpText = "throughput (exact, from batch 16 on), latency (exact, below), float16 or bfloat16 (for CUDA, by name).")]
    public string To { get; set; } = "";

    [Option("unroll", Default = "1", HelpText = "Besides, so many steps of a dream as one graph, taken where that is faster.")]
    public string Unroll { get; set; } = "1";

    private protected override int Run(Page page)
    {
        int unroll = Arguments.WholeNumber("unroll", Unroll, least: 1);
        if (!BundleForms.Names.Contains(To))
        {
            throw new UsageException(
                $"--to takes {string.Join(", ", BundleForms.Names)}; found '{To}'. For int8: tools quantize {Bundle}.");
        }

        Manifest manifest = Manifest.Load(Bundle);
        BundleForm form = BundleForms.Make(Bundle, manifest, To, InferredShapes.Complete) ?? throw new BundleException(
            $"Bundle '{Bundle}' has nothing that {To} would make faster: its graphs {Missing}. It stays as it is.");
        bool exists = manifest.Variants?.ContainsKey(To) == true;
        VerificationReport? report = null;
        manifest = BundleVariant.Write(Bundle, To, form.Facts, form.Models, unroll, copy => report = Verify(copy, form.Facts));
        page.Heading($"{manifest.Name}: variant {To} {(exists ? "replaced" : "added")}");
        page.Table(["graph", "file", "nodes before", "nodes after", "left to graphs on states"], [.. form.Graphs.Select(graph => (string[])
        [
            graph.Model.Name, $"{graph.Model.Name}.{To}.onnx", $"{graph.NodesBefore}", $"{graph.Model.NodeCount}",
            string.Join(", ", graph.Removed),
        ])]);
        foreach ((string graph, UnrolledSpec unrolled) in manifest.Variants![To].Unrolled ?? new Dictionary<string, UnrolledSpec>())
            page.Line($"{unrolled.File}: {unrolled.Steps} steps of {graph}");
        page.Line(form.Facts.LeastBatch is { } least
            ? $"Taken by default from batch {least} on, up to where another form begins."
            : $"Taken by name alone: RuntimeOptions.Variant = \"{To}\".");
        double[] errors = [.. report!.Graphs.Where(graph => graph.Variant == To).Select(graph => graph.MaxError)];
        page.Line(errors.Length > 0
            ? $"Verified on {report.Provider}: {errors.Length} comparisons, largest error {Figures.Number(errors.Max())}."
            : $"Not verified here, for the {report.Provider.Chosen} does not run 16-bit graphs. On a machine with CUDA: "
                + $"tools verify {Bundle} --provider cuda");
        return 0;
    }

    /// <summary>What the form looks for and did not find.</summary>
    private string Missing => To switch
    {
        BundleForms.Throughput => "have no ELU, no softplus, no linear layer before a transposed convolution of one pixel, and no head of "
            + "a step that a graph on states computes as well",
        BundleForms.Latency => "have no linear layer before a transposed convolution of one pixel, and no head of a step that a graph on "
            + "states computes as well",
        _ => "have no products with weights",
    };

    /// <summary>The variant beside its reference; of a 16-bit one nothing where a CPU runs it.</summary>
    private VerificationReport Verify(string copy, VariantSpec facts)
    {
        VerificationReport report = BundleVerifier.Verify(copy,
            Options with { Variant = facts.Precision == Precision.Float32 ? To : VariantSpec.Auto });
        return report.Passed ? report
            : throw new BundleException($"The converted graphs differ from their reference; the bundle stays as it was.\n{report}");
    }
}
