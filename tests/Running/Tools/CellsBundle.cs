using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Tools;

/// <summary>
/// A world model of Catch that knows nothing of it, traced afresh: what is seen stays, or all of it goes out, whichever the noise's sign
/// says. It has two heads that look at its last three steps: the first at the present one alone, the second at each alike.
/// </summary>
internal static class CellsBundle
{
    private const int Size = 50;

    /// <summary>Writes it into a new directory.</summary>
    /// <param name="attention">Whether it says where it looks.</param>
    public static string Write(bool attention = true)
    {
        Graph observe = new("observe"), imagine = new("imagine"), look = new("attention");
        observe.Output("seen", observe.Input("observation", DType.Float32, "batch", Size) * 1);
        observe.Output("next_count", (observe.Input("count", DType.Int64, "batch").Cast(DType.Float32) + 1).Cast(DType.Int64));

        Symbol frame = imagine.Input("frame", DType.Float32, "batch", Size), noise = imagine.Input("noise", DType.Float32, "batch", 1);
        imagine.Output("next_frame", frame * (noise > 0).Cast(DType.Float32));
        Symbol action = imagine.Input("action", DType.Int64, "batch").Cast(DType.Float32);
        imagine.Output("next_count", (imagine.Input("count", DType.Int64, "batch").Cast(DType.Float32) + action * 0 + 1).Cast(DType.Int64));

        Symbol moved = look.Input("action", DType.Int64, "batch").OneHot(3).Slice(1, 0, 2) * 0;
        Symbol zeros = look.Input("frame", DType.Float32, "batch", Size).Slice(1, 0, 2) * 0 + moved, ones = zeros + 1;
        Symbol first = zeros.Concat(ones.Slice(1, 0, 1)), second = ones.Concat(ones.Slice(1, 0, 1)) / 3;
        look.Output("weights", first.Concat(second).Reshape(Axis.Keep, 1, 2, 3));

        string directory = Directory.CreateTempSubdirectory("worldmodels-cells-").FullName;
        OnnxModel[] looks = attention ? [look.Build()] : [];
        ModelWriter.WriteBundle(directory, [observe.Build(), imagine.Build(), .. looks]);
        new Manifest
        {
            Name = "flickering-cells",
            Algorithm = "test",
            Environment = "catch",
            Observation = new() { Shape = [Size], Low = 0, High = 1 },
            Action = ActionSpec.Discrete(3),
            Graphs = Specs().Where(pair => attention || pair.Key != "attention").ToDictionary(),
            Files = Manifest.HashFiles(directory),
        }.Save(directory);
        return directory;
    }

    private static Dictionary<string, GraphSpec> Specs()
    {
        TensorSpec frame = Spec("frame", TensorRole.State, Size) with { Initial = InitialState.Zeros };
        TensorSpec count = new()
        {
            Name = "count", Role = TensorRole.State, Dtype = TensorType.Int64, Shape = ["batch"], Initial = InitialState.Zeros,
        };
        TensorSpec action = new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] };
        TensorSpec next = count with { Name = "next_count", Initial = null, Feeds = "count" };
        return new()
        {
            ["observe"] = new()
            {
                File = "observe.onnx",
                Inputs = [count, Spec("observation", TensorRole.Observation, Size)],
                Outputs = [Spec("seen", TensorRole.State, Size) with { Feeds = "frame" }, next],
            },
            ["imagine"] = new()
            {
                File = "imagine.onnx",
                Inputs = [frame, count, action, Spec("noise", TensorRole.Noise, 1) with { Noise = NoiseKind.Gaussian }],
                Outputs = [Spec("next_frame", TensorRole.State, Size) with { Feeds = "frame" }, next],
            },
            ["attention"] = new()
            {
                File = "attention.onnx", Inputs = [frame, action], Outputs = [Spec("weights", TensorRole.Other, 1, 2, 3)],
            },
        };
    }

    private static TensorSpec Spec(string name, TensorRole role, params int[] shape) =>
        new() { Name = name, Role = role, Shape = ["batch", .. shape.Select(size => (Dim)size)] };
}
