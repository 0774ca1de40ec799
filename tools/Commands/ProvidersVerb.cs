using CommandLine;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Diagnostics;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("providers", HelpText = "Show which execution providers run here, and why the others do not.")]
public sealed class ProvidersVerb : Verb
{
    internal override int Start(Page page)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-probe-").FullName;
        try
        {
            WriteProbe(directory);
            var names = ExecutionProviders.Names.Where(name => name != ExecutionProviders.Auto);
            page.Facts(names.Select(name => (name, (string?)Try(directory, name))));
            page.Line($"ONNX Runtime {OrtEnv.Instance().GetVersionString()} on {Machine.Current}");
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
