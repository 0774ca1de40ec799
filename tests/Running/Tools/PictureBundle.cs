using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using Axes = WorldModels.Onnx.AxisSize;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Tools;

/// <summary>
/// A world model of continuous actions over pictures, traced afresh: what is seen fades by half at every step, and a second state sums up
/// the actions since the episode began; the reward is the sum's first number times the temperature.
/// </summary>
internal static class PictureBundle
{
    /// <summary>Writes it into a new directory.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="observation">What is observed.</param>
    /// <param name="actions">Numbers in an action, in -1..1.</param>
    /// <param name="agent">Whether it has a policy as well, which always does a quarter.</param>
    public static string Write(string environment, ObservationSpec observation, int actions, bool agent = false)
    {
        Axes[] frame = ["batch", .. observation.Shape];
        Graph observe = new("observe"), imagine = new("imagine"), act = new("act");
        Symbol goesOn = 1 - observe.Input("is_first", DType.Float32, "batch", 1);
        observe.Output("seen", observe.Input("observation", DType.Float32, frame) * 1);
        observe.Output("next_sum", (Sum(observe) + Action(observe)) * goesOn);

        Symbol sum = Sum(imagine) + Action(imagine);
        imagine.Output("next_frame", imagine.Input("frame", DType.Float32, frame) * 0.5f);
        imagine.Output("next_sum", sum);
        imagine.Output("reward", sum.Slice(1, 0, 1) * imagine.Input("temperature", DType.Float32, "batch", 1));

        Symbol seen = act.Input("observation", DType.Float32, frame).Reshape(Axis.Keep, observation.Size);
        act.Output("action", seen.Slice(1, 0, actions) * 0 + 0.25f);

        string directory = Directory.CreateTempSubdirectory("worldmodels-pictures-").FullName;
        ModelWriter.WriteBundle(directory, agent ? [observe.Build(), imagine.Build(), act.Build()] : [observe.Build(), imagine.Build()]);
        new Manifest
        {
            Name = "fading-pictures",
            Algorithm = "test",
            Environment = environment,
            Observation = observation,
            Action = ActionSpec.Continuous([actions], -1, 1),
            Graphs = Specs(observation.Shape, actions).Where(pair => pair.Key != "act" || agent).ToDictionary(),
            Files = Manifest.HashFiles(directory),
        }.Save(directory);
        return directory;

        Symbol Sum(Graph graph) => graph.Input("sum", DType.Float32, "batch", actions);

        Symbol Action(Graph graph) => graph.Input("action", DType.Float32, "batch", actions);
    }

    private static Dictionary<string, GraphSpec> Specs(IReadOnlyList<int> observation, int actions)
    {
        int[] frame = [.. observation];
        TensorSpec sum = Spec("sum", TensorRole.State, actions) with { Initial = InitialState.Zeros };
        TensorSpec next = Spec("next_sum", TensorRole.State, actions) with { Feeds = "sum" };
        TensorSpec action = Spec("action", TensorRole.Action, actions);
        return new()
        {
            ["observe"] = new()
            {
                File = "observe.onnx",
                Inputs = [sum, action, Spec("observation", TensorRole.Observation, frame), Spec("is_first", TensorRole.IsFirst, 1)],
                Outputs = [Spec("seen", TensorRole.State, frame) with { Feeds = "frame" }, next],
            },
            ["imagine"] = new()
            {
                File = "imagine.onnx",
                Inputs =
                [
                    Spec("frame", TensorRole.State, frame) with { Initial = InitialState.Zeros }, sum, action,
                    Spec("temperature", TensorRole.Setting, 1) with { Default = 1 },
                ],
                Outputs =
                [
                    Spec("next_frame", TensorRole.State, frame) with { Feeds = "frame" }, next, Spec("reward", TensorRole.Reward, 1),
                ],
            },
            ["act"] = new() { File = "act.onnx", Inputs = [Spec("observation", TensorRole.Observation, frame)], Outputs = [action] },
        };
    }

    private static TensorSpec Spec(string name, TensorRole role, params int[] shape) =>
        new() { Name = name, Role = role, Shape = ["batch", .. shape.Select(size => (Dim)size)] };
}
