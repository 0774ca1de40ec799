using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How <see cref="Quantization"/> measures and what it accepts.</summary>
public sealed record QuantizationOptions
{
    /// <summary>Episodes played in each precision, at least 2.</summary>
    public int Episodes { get; init; } = 100;

    /// <summary>
    /// The largest drift of a state that is accepted, in its standard deviations; see <see cref="QuantizationCost.Exceeded"/>.
    /// </summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Determines the games, the policy's draws and the noise of dreams.</summary>
    public ulong Seed { get; init; }

    /// <summary>Recorded episodes to dream along; empty: the bundle's environment is played.</summary>
    public IReadOnlyList<RealEpisode> Recordings { get; init; } = [];

    /// <summary>Told what is being done, line by line.</summary>
    public Action<string> Progress { get; init; } = _ => { };
}

/// <summary>What was quantised and what it costs.</summary>
/// <param name="Manifest">The manifest of the bundle with its new variant.</param>
/// <param name="Layers">Names of the layers of 8-bit integers, by graph.</param>
/// <param name="Plain">Graphs that stay as they are, because less than a quarter of their operations would gain.</param>
/// <param name="Cost">What was measured.</param>
public sealed record QuantizationReport(
    Manifest Manifest, IReadOnlyDictionary<string, IReadOnlyList<string>> Layers, IReadOnlyList<string> Plain, QuantizationCost Cost)
{
    /// <summary>What the manifest says of the variant.</summary>
    public VariantSpec Variant => Manifest.Variants![Quantization.Variant];
}

/// <summary>
/// Gives a bundle its variant "int8" (see <see cref="QuantizePass"/>), and "int8-latency" for single rows, if what that costs on real
/// trajectories is acceptable, and writes the cost into the manifest and the model card.
/// </summary>
public static class Quantization
{
    /// <summary>The variant's name.</summary>
    public const string Variant = "int8";

    /// <summary>Its form for batches below <see cref="BundleForms.ThroughputBatch"/>: the same products, plain activations.</summary>
    public const string LatencyVariant = "int8-latency";

    // The least share of a graph's operations: with it, products that take a third of their time make the graph a fifth faster.
    private const double LeastShare = 0.25;

    // Times the largest error here: the parity file is one draw of inputs, and kernels of other processors round otherwise.
    private const double LeastMargin = 2, MostMargin = 8;

    /// <summary>Quantises a bundle in place, or a copy of it; a variant of before is replaced.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="output">Where the bundle with its variant goes; null: in place of the bundle.</param>
    /// <param name="options">How to measure and what to accept.</param>
    /// <exception cref="BundleException">
    /// Nothing can be quantised, nothing can be measured, or it costs more than is accepted: then nothing is written.
    /// </exception>
    public static QuantizationReport Run(string directory, string? output = null, QuantizationOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Episodes, 2);
        Manifest manifest = Manifest.Load(directory);
        ControllerBenchmark.Try(directory, manifest); // What does not run at all is said before what would gain nothing.
        QuantizedModel[] all = [.. manifest.Graphs.Keys.Select(graph => Quantize(directory, manifest, graph, new()))];
        QuantizedModel[] taken = [.. all.Where(graph => graph.Quantized.Count > 0)];
        string[] plain = [.. all.Except(taken).Select(graph => graph.Model.Name)];
        if (taken.Length == 0)
        {
            QuantizeOptions least = new();
            throw new BundleException($"Bundle '{directory}' has no graph that int8 would speed up: of each, less than a quarter of the "
                + $"operations are products with constant weights of at least {least.LeastInputs} inputs and {least.LeastOutputs} "
                + "outputs. Convolutions stay float32.");
        }
        options.Progress($"quantised: {string.Join(", ", taken.Select(graph => $"{graph.Model.Name} ({graph.Quantized.Count} layers)"))}");
        QuantizationReport? report = null;
        string target = Target(output ?? directory);
        Replace(target, copy =>
        {
            BundleFolder.Copy(directory, copy);
            VariantSpec facts = new() { Precision = Precision.Int8, LeastBatch = 1, Graphs = new Dictionary<string, GraphSpec>() };
            QuantizeOptions single = new() { FastActivations = false };
            Manifest widened = BundleVariant.Add(copy, manifest, Variant, facts with { LeastBatch = BundleForms.ThroughputBatch },
                [.. taken.Select(graph => graph.Model)]);
            widened = BundleVariant.Add(copy, widened, LatencyVariant, facts,
                [.. taken.Select(graph => Quantize(directory, manifest, graph.Model.Name, single).Model)], beside: Variant);
            QuantizationCost cost = QuantizationMeasure.Run(copy, widened, options);
            if (cost.Exceeded(options.Threshold) is { Count: > 0 } exceeded)
            {
                throw new BundleException($"int8 costs bundle '{directory}' too much, nothing was written: {string.Join("; ", exceeded)}. "
                    + "Accept more drift with --threshold, or stay with float32.");
            }
            double? tolerance = Tolerance(directory, copy, widened);
            widened = With(widened, Variant, variant => variant with { Figures = cost.Figures, Tolerance = tolerance });
            widened = With(widened, LatencyVariant, variant => variant with { Tolerance = tolerance });
            report = new(widened, taken.ToDictionary(graph => graph.Model.Name, graph => graph.Quantized), plain, cost);
            QuantizationCard.Write(copy, report, options);
            widened = widened with { Files = Manifest.HashFiles(copy) };
            widened.Save(copy);
            report = report with { Manifest = widened };
        });
        return report!;
    }

    /// <summary>A graph in int8, without what a graph on states alone computes after a dream; no layers if it would gain little.</summary>
    private static QuantizedModel Quantize(string directory, Manifest manifest, string graph, QuantizeOptions options)
    {
        string[] heads = BundleForms.LeftToHeads(manifest, graph);
        OnnxModel exact = ExactForms.Latency(SplitHeadsPass.Apply(
            InferredShapes.Complete(BundleVariant.Load(directory, manifest, graph)), heads));
        QuantizedModel quantized = QuantizePass.Run(exact, options);
        Dictionary<string, long> sizes = exact.Inputs.SelectMany(input => input.Dims).Where(dim => dim.IsDynamic)
            .Select(dim => dim.Name!).Distinct().ToDictionary(name => name, _ => 1L);
        CostReport cost = CostPass.Run(exact.Proto, sizes);
        long taken = cost.Nodes.Where(node => quantized.Quantized.Contains(node.Name)).Sum(node => node.Flops);
        return taken >= LeastShare * cost.Flops ? quantized : quantized with { Quantized = [] };
    }

    private static void Replace(string target, Action<string> fill)
    {
        try
        {
            BundleFolder.Replace(target, fill);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{target}' cannot be written: {e.Message} Name another directory with --output.", e);
        }
    }

    private static string Target(string directory)
    {
        if (File.Exists(directory))
            throw new BundleException($"'{directory}' is a file: name a directory with --output.");
        if (Directory.Exists(directory) && !File.Exists(Path.Combine(directory, Manifest.FileName))
            && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new BundleException($"'{directory}' is not empty and holds no bundle: name another directory with --output.");
        }

        return directory;
    }

    /// <summary>
    /// What the variant's parity has to keep to: the largest error here with a margin, in two figures. Null: no reference travels.
    /// </summary>
    private static double? Tolerance(string directory, string copy, Manifest manifest)
    {
        if (manifest.Parity is null)
            return null;
        double error = Verify(copy, manifest, tolerance: 1e6).Graphs.Select(graph => graph.MaxError).DefaultIfEmpty(0).Max();
        for (double margin = LeastMargin; margin <= MostMargin; margin *= 2)
        {
            double unit = Math.Pow(10, Math.Floor(Math.Log10(margin * error)) - 1);
            double tolerance = error == 0 ? manifest.Parity.Tolerance : Math.Ceiling(margin * error / unit) * unit;
            // Draws that differ may be further from a tie than the errors of floats let expect.
            if (Verify(copy, manifest, tolerance).Passed)
                return tolerance;
        }
        throw new BundleException($"int8 of bundle '{directory}' draws otherwise than its reference where that is no near tie, "
            + $"nothing was written:\n{Verify(copy, manifest, MostMargin * error)}");
    }

    private static VerificationReport Verify(string copy, Manifest manifest, double tolerance)
    {
        VariantSpec Widen(VariantSpec variant) => variant with { Tolerance = tolerance };
        With(With(manifest, Variant, Widen), LatencyVariant, Widen).Save(copy);
        return BundleVerifier.Verify(copy, new() { Provider = "cpu", Variant = Variant });
    }

    private static Manifest With(Manifest manifest, string name, Func<VariantSpec, VariantSpec> change) => manifest with
    {
        Variants = new Dictionary<string, VariantSpec>(manifest.Variants!) { [name] = change(manifest.Variants![name]) },
    };
}
