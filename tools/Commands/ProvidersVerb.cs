using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("providers", HelpText = "Show which execution providers run here, and why the others do not. With a bundle: which of its nodes run "
    + "on the device, and whether it dreams there what it dreams on the CPU.")]
public sealed class ProvidersVerb : PageVerb
{
    [Value(0, MetaName = "bundle", HelpText = "Directory of a bundle, to check on one provider.")]
    public string? Bundle { get; set; }

    [Option("provider", Default = "auto", HelpText = "Execution provider to check a bundle on.")]
    public string Provider { get; set; } = "auto";

    [Option("variant", Default = VariantSpec.Auto, HelpText = "Form of the bundle's graphs to check: auto, plain, or a variant's name.")]
    public string Variant { get; set; } = VariantSpec.Auto;

    [Option("no-graph-capture", HelpText = "On cuda: launch each operation of a dream by itself, in place of recorded steps.")]
    public bool NoGraphCapture { get; set; }

    private protected override int Run(Page page)
    {
        if (Bundle is null)
            return List(page);
        return Check(page, Bundle, new() { Provider = Provider, Variant = Variant, GraphCapture = !NoGraphCapture });
    }

    private static int Check(Page page, string bundle, RuntimeOptions options)
    {
        IReadOnlyList<GraphPlacement> placements = GraphPlacement.Of(bundle, options);
        string provider = placements[0].Provider;
        page.Heading($"{bundle} on {provider}, {Machine.Current}, ONNX Runtime {ExecutionProviders.NativeVersion}");
        string[] columns = ["graph", $"nodes on {provider}", "left to the cpu", "copies a run", "captured"];
        page.Table(columns, [.. placements.Select(graph => (string[])
        [
            graph.Graph, $"{graph.Nodes}", $"{graph.OnCpu.Count}", $"{graph.Copies}", graph.IsCaptured ? "yes" : "no",
        ])]);
        foreach (GraphPlacement graph in placements.Where(graph => graph.OnCpu.Count > 0))
            page.Line($"  {graph.Graph}: {provider} has no {string.Join(", ", graph.OnCpu)}");
        if (!placements.Any(graph => graph.Graph is "imagine" or "dream"))
            return 0;
        DreamAgreement agreement = DreamAgreement.Measure(bundle, options);
        page.Line($"{agreement.Rows} dreams of {agreement.Steps} steps: largest difference from the CPU "
            + agreement.MaxError.ToString("0.0e+0", CultureInfo.InvariantCulture)
            + $"; {agreement.Diverged} went another way. {(agreement.Agrees ? "They agree." : "They do NOT agree.")}");
        return agreement.Agrees ? 0 : 1;
    }

    private static int List(Page page)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-probe-").FullName;
        try
        {
            WriteProbe(directory);
            IEnumerable<string> names = ExecutionProviders.Names.Where(name => name != ExecutionProviders.Auto);
            page.Facts(names.Select(name => (name, (string?)Try(directory, name))));
            page.Line($"ONNX Runtime {ExecutionProviders.NativeVersion} on {Machine.Current}");
            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Try(string directory, string provider)
    {
        try
        {
            using WorldModel world = WorldModel.Load(directory, new() { Provider = provider });
            using Dream dream = world.Dream(1, 1);
            dream.Run(0);
            return "runs here";
        }
        catch (BundleException e)
        {
            return $"not here: {e.Message}";
        }
    }

    /// <summary>The smallest world model there is: its state stays what it is.</summary>
    private static void WriteProbe(string directory)
    {
        Graph graph = new("imagine");
        Symbol state = graph.Input("state", DType.Float32, "batch", 1);
        graph.Input("action", DType.Int64, "batch");
        graph.Output("next_state", state.Apply(Unary.Tanh));
        ModelWriter.WriteBundle(directory, [graph.Build()]);
        TensorSpec Tensor(string name, TensorRole role) => new() { Name = name, Role = role, Shape = ["batch", 1] };
        new Manifest
        {
            Name = "probe",
            Algorithm = "none",
            Environment = "none",
            Observation = new() { Shape = [1] },
            Action = ActionSpec.Discrete(1),
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["imagine"] = new()
                {
                    File = "imagine.onnx",
                    Inputs =
                    [
                        Tensor("state", TensorRole.State) with { Initial = InitialState.Zeros },
                        new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
                    ],
                    Outputs = [Tensor("next_state", TensorRole.State) with { Feeds = "state" }],
                },
            },
            Files = Manifest.HashFiles(directory),
        }.Save(directory);
    }
}
