using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Tools;

/// <summary>
/// A world model of Pendulum-v1 that nobody trained: its equations of motion as a graph, over cosine, sine and velocity, with actions in
/// -1..1 for torques in -2..2. It can be made wrong (another gravity) and unsure (noise on the velocity). Its reward is one of the height
/// and the velocity, which is not the environment's.
/// </summary>
internal static class PendulumBundle
{
    /// <summary>Writes it into a new directory.</summary>
    /// <param name="gravity">The environment's is 10.</param>
    /// <param name="noise">Standard deviation of what is added to the velocity in each step.</param>
    /// <param name="agent">Whether it has a policy as well, which drives with the velocity.</param>
    /// <param name="world">Whether it has the world model.</param>
    /// <param name="change">Changes the manifest.</param>
    /// <param name="novelty">Whether the policy says how novel a step is: the speed.</param>
    public static string Write(double gravity = 10, double noise = 0, bool agent = false, bool world = true,
        Func<Manifest, Manifest>? change = null, bool novelty = false)
    {
        Graph observe = new("observe"), imagine = new("imagine"), act = new("act");
        observe.Output("pose", observe.Input("observation", DType.Float32, "batch", 3));

        Symbol pose = imagine.Input("pose", DType.Float32, "batch", 3), action = imagine.Input("action", DType.Float32, "batch", 1);
        Symbol draw = imagine.Input("noise", DType.Float32, "batch", 1);
        Symbol cos = pose.Slice(1, 0, 1), sin = pose.Slice(1, 1, 2), velocity = pose.Slice(1, 2, 3);
        Symbol torque = action.Clamp(-1, 1) * 2;
        Symbol faster = (velocity + (sin * (1.5 * gravity) + torque * 3) * 0.05 + draw * noise).Clamp(-8, 8), turn = faster * 0.05;
        Symbol turnedCos = cos * turn.Cos() - sin * turn.Sin(), turnedSin = sin * turn.Cos() + cos * turn.Sin();
        imagine.Output("next_pose", turnedCos.Concat(turnedSin).Concat(faster));
        imagine.Output("reward", turnedCos * 4 - 4 - faster * faster * 0.1);

        Symbol seen = act.Input("observation", DType.Float32, "batch", 3);
        act.Output("action", seen.Slice(1, 2, 3).Sign());
        if (novelty)
            act.Output("novelty", seen.Slice(1, 2, 3).Abs().Sum(-1));

        string directory = Directory.CreateTempSubdirectory("worldmodels-pendulum-").FullName;
        OnnxModel[] worldGraphs = world ? [observe.Build(), imagine.Build()] : [], agentGraphs = agent ? [act.Build()] : [];
        ModelWriter.WriteBundle(directory, [.. worldGraphs, .. agentGraphs]);
        Manifest manifest = new()
        {
            Name = "pendulum-by-formula",
            Algorithm = "test",
            Environment = "pendulum",
            Observation = new() { Shape = [3], Low = -8, High = 8 },
            Action = ActionSpec.Continuous([1], -1, 1),
            Graphs = Specs(novelty).Where(pair => pair.Key == "act" ? agent : world).ToDictionary(),
            Files = Manifest.HashFiles(directory),
        };
        (change is null ? manifest : change(manifest)).Save(directory);
        return directory;
    }

    private static Dictionary<string, GraphSpec> Specs(bool novelty) => new()
    {
        ["observe"] = new()
        {
            File = "observe.onnx",
            Inputs = [Spec("observation", TensorRole.Observation, 3)],
            Outputs = [Spec("pose", TensorRole.State, 3) with { Feeds = "pose" }],
        },
        ["imagine"] = new()
        {
            File = "imagine.onnx",
            Inputs =
            [
                Spec("pose", TensorRole.State, 3) with { Initial = InitialState.Zeros }, Spec("action", TensorRole.Action, 1),
                Spec("noise", TensorRole.Noise, 1) with { Noise = NoiseKind.Gaussian },
            ],
            Outputs = [Spec("next_pose", TensorRole.State, 3) with { Feeds = "pose" }, Spec("reward", TensorRole.Reward, 1)],
        },
        ["act"] = new()
        {
            File = "act.onnx",
            Inputs = [Spec("observation", TensorRole.Observation, 3)],
            Outputs =
            [
                Spec("action", TensorRole.Action, 1),
                .. novelty ? [new() { Name = "novelty", Role = TensorRole.Novelty, Shape = ["batch"] }] : Array.Empty<TensorSpec>(),
            ],
        },
    };

    private static TensorSpec Spec(string name, TensorRole role, int size) => new() { Name = name, Role = role, Shape = ["batch", size] };
}
