using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("inspect", HelpText = "Show what a bundle holds: spaces, graphs, tensors, sizes, operations, training figures. Or draw one graph.")]
public sealed class InspectVerb : BundleVerb
{
    [Option("graph", MetaValue = "NAME", HelpText = "Draw this graph as a Mermaid flowchart instead: a box for each module.")]
    public string? Graph { get; set; }

    [Option("full", HelpText = "Of a graph: every operation, inside its modules.")]
    public bool Full { get; set; }

    [Option('o', "output", MetaValue = "FILE", HelpText = "Write the drawing to this file, which ends in .md or .mmd.")]
    public string? Output { get; set; }

    private protected override int Run(Page page)
    {
        if (Graph is null && (Full || Output is not null))
            throw new UsageException($"{(Full ? "--full" : "--output")} goes with --graph, which draws a graph.");
        if (Output is not null && Path.GetExtension(Output).ToLowerInvariant() is not (".md" or ".mmd"))
            throw new UsageException($"--output takes a file that ends in .md or .mmd (Mermaid); found '{Output}'.");
        Manifest manifest = Manifest.Load(Bundle);
        if (Graph is not null)
            Draw(page, manifest, Graph);
        else
            Describe(page, manifest);
        return ExitCode.Done;
    }

    private void Draw(Page page, Manifest manifest, string name)
    {
        if (!manifest.Graphs.TryGetValue(name, out GraphSpec? graph))
        {
            throw new BundleException($"Bundle '{Bundle}' has no graph '{name}'{Names.Suggest(name, manifest.Graphs.Keys)} "
                + $"Graphs: {string.Join(", ", manifest.Graphs.Keys)}.");
        }

        GraphDiagram diagram = new(ModelReader.Load(Path.Combine(Bundle, graph.File)), Full);
        string text = diagram.ToMermaid();
        if (Output is null)
        {
            page.Output.Write(text);
            return;
        }
        bool isPage = Path.GetExtension(Output).Equals(".md", StringComparison.OrdinalIgnoreCase);
        AtomicFile.Prepare(Output);
        File.WriteAllText(Output, isPage ? $"# {manifest.Name}: {name}\n\n```mermaid\n{text}```\n" : text);
        page.Line($"{Output}: graph {name}, {diagram.Operations} operations in {diagram.Boxes} box{(diagram.Boxes == 1 ? "" : "es")}.");
    }

    private void Describe(Page page, Manifest manifest)
    {
        GraphCost[] costs = [.. manifest.Graphs.Keys.Select(graph => DreamCost.OfGraph(Bundle, manifest, graph))];
        page.Heading($"{manifest.Name}: {manifest.Algorithm} on {manifest.Environment}");
        page.Facts(
            ("created", manifest.Created.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("observation", SpaceText.Of(manifest.Observation)),
            ("action", SpaceText.Of(manifest.Action)),
            ("tasks", manifest.Tasks is { } tasks ? string.Join(", ", tasks) : null),
            ("novelty", manifest.NoveltyThreshold is { } threshold
                ? $"familiar up to {Figures.Number(threshold)}, which one step of a hundred exceeds" : null),
            ("parameters", DreamCost.Parameters(Bundle, manifest) is { } parameters ? Figures.Number(parameters) : null),
            ("opset", $"{manifest.Opset}"),
            ("parity", manifest.Parity is { } parity ? $"{parity.File}, tolerance {parity.Tolerance}" : "none travels"));
        page.Line();
        page.Heading("Graphs, per row at batch 1");
        page.Table(["graph", "file", "nodes", "weights", "operations", "moved"], [.. costs.Select(cost => (string[])
        [
            cost.Graph, manifest.Graphs[cost.Graph].File, $"{cost.Nodes}", Figures.Bytes(cost.WeightBytes), Figures.Flops(cost.Flops),
            Figures.Bytes(cost.Bytes),
        ])]);
        foreach (GraphCost cost in costs.Where(cost => cost.Unknown.Count > 0))
            page.Line($"{cost.Graph}: not counted: {string.Join(", ", cost.Unknown)}");
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            if (Forest.Find(ModelReader.Load(Path.Combine(Bundle, graph.File)).Graph) is { } forest)
                Show(page, name, forest, SpaceNames.Of(manifest));
        }
        foreach ((string name, VariantSpec variant) in manifest.Variants ?? new Dictionary<string, VariantSpec>())
            Show(page, name, variant);
        page.Line();
        page.Heading("Tensors");
        page.Table(["graph", "", "name", "role", "type", ""],
            [.. manifest.Graphs.SelectMany(graph => Rows(graph.Key, graph.Value))]);
        page.Line();
        page.Heading("Files");
        page.Table(["file", "size", "sha256"], [.. manifest.Files.Select(file => (string[])
            [file.Key, Figures.Bytes(new FileInfo(Path.Combine(Bundle, file.Key)).Length), file.Value])]);
        if (manifest.Training is { } training)
            Show(page, training);
    }

    private static void Show(Page page, string name, VariantSpec variant)
    {
        page.Line();
        string chosen = variant.LeastBatch is { } least ? $"taken from batch {least}" : "taken by name";
        page.Heading($"Variant {name}: {variant.Precision}, {chosen}");
        page.Facts(variant.Graphs.Select(graph => (graph.Key, (string?)graph.Value.File)));
        Show(page, "Its figures", (variant.Figures ?? new Dictionary<string, double>()).Select(f => (f.Key, (string?)Text(f.Value))));
    }

    /// <summary>What a forest asks most, by the names of the observation's numbers.</summary>
    private static void Show(Page page, string name, Forest forest, SpaceNames names)
    {
        const int Most = 10;
        ForestReading.Split[] splits = [.. ForestReading.Splits(forest)];
        double all = splits.Sum(split => split.Use);
        page.Line();
        page.Heading($"Forest of {name}: {forest.Trees.Count} trees, {splits.Length} branches, {forest.Base.Count} outputs");
        page.Table(["number", "share of decisions", "branches", "lowest threshold", "median", "highest"],
            [.. splits.GroupBy(split => split.Number).OrderByDescending(group => group.Sum(split => split.Use)).Select(group =>
            {
                float[] thresholds = [.. group.Select(split => split.Threshold).Order()];
                return (string[])
                [
                    Number(group.Key), FormattableString.Invariant($"{100 * group.Sum(split => split.Use) / all:0.0} %"),
                    $"{thresholds.Length}", Text(thresholds[0]), Text(thresholds[thresholds.Length / 2]), Text(thresholds[^1]),
                ];
            })]);
        page.Line();
        page.Heading("Splits that are used most");
        page.Table(["split", "share of decisions", "branches"],
            [.. splits.GroupBy(split => (split.Number, Threshold: split.Threshold.ToString("g3", CultureInfo.InvariantCulture)))
                .OrderByDescending(group => group.Sum(split => split.Use)).Take(Most).Select(group => (string[])
                [
                    $"{Number(group.Key.Number)} <= {group.Key.Threshold}",
                    FormattableString.Invariant($"{100 * group.Sum(split => split.Use) / all:0.0} %"), $"{group.Count()}",
                ])]);

        // A row of several observations begins with the oldest.
        string Number(int number)
        {
            int size = names.Observations.Count, back = forest.Features / size - 1 - number / size;
            return names.Observations[number % size] + back switch { 0 => "", 1 => ", a step ago", _ => $", {back} steps ago" };
        }
    }

    private static void Show(Page page, TrainingSpec training)
    {
        page.Line();
        page.Heading("Training");
        page.Facts(
        [
            ("updates", Figures.Number(training.Updates)),
            ("frames", Figures.Number(training.Frames)),
            ("seconds", Figures.Number(training.Seconds)),
            ("device", training.Device),
            ("seed", $"{training.Seed}"),
        ]);
        Show(page, "Configuration", training.Config.Select(pair => (pair.Key, (string?)pair.Value)));
        Show(page, "Measured", training.Figures.Select(pair => (pair.Key, (string?)Text(pair.Value))));
    }

    private static string Text(double figure) => figure.ToString("0.####", CultureInfo.InvariantCulture);

    private static void Show(Page page, string heading, IEnumerable<(string Name, string? Value)> facts)
    {
        if (!facts.Any())
            return;
        page.Line();
        page.Heading(heading);
        page.Facts(facts);
    }

    private static IEnumerable<string[]> Rows(string name, GraphSpec graph) =>
        graph.Inputs.Select(tensor => Row(name, "in", tensor)).Concat(graph.Outputs.Select(tensor => Row(name, "out", tensor)));

    private static string[] Row(string graph, string direction, TensorSpec tensor)
    {
        string[] facts =
        [
            tensor.Noise is { } noise ? $"{noise}".ToLowerInvariant() : "",
            tensor.Initial switch { InitialState.Zeros => "zeros at first", InitialState.Starts => "from starts.npz at first", _ => "" },
            tensor.Keep == KeptSteps.Last ? "last step kept" : "",
            tensor.Default is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value} unless set") : "",
            tensor.Feeds is { } feeds ? $"becomes {feeds}" : "",
            tensor.Stream is { } stream ? $"stream {stream}" : "",
        ];
        string role = $"{tensor.Role}".ToLowerInvariant();
        return [graph, direction, tensor.Name, role, tensor.Describe(), string.Join(", ", facts.Where(fact => fact.Length > 0))];
    }
}
