using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.EndToEnd;

/// <summary>A small Gaussian latent model as a bundle: recurrent state, noise, continuous actions. MiniPacman has none of them.</summary>
internal static class LatentModel
{
    public const int Observation = 6, Actions = 2;
    public static RssmConfig Config { get; } = new() { Deterministic = 16, Stochastic = 4, Hidden = 12, Embedding = 10, Actions = Actions };

    public static BundleDefinition Define() => new()
    {
        Algorithm = "rssm",
        Environment = "none",
        Observation = new() { Shape = [Observation], Low = -1, High = 1 },
        Action = ActionSpec.Continuous([Actions], -1, 1),
        Limits = [],
        Starts = [.. Enumerable.Range(0, 16 * Observation).Select(i => MathF.Sin(0.7f * i))],
        Graphs = new Dictionary<string, IGraphDefinition>
        {
            ["observe"] = new Observe(), ["imagine"] = new Imagine(), ["decode"] = new Decode(),
        },
    };

    /// <summary>Writes the bundle, with fresh weights.</summary>
    public static IReadOnlyDictionary<string, WeightArray> Export(string folder, PlannerSpec? planner = null)
    {
        BundleDefinition definition = Define() with { Planner = planner };
        using EagerParameters parameters = new EagerParameters(7);
        using (NewDisposeScope())
        using (no_grad())
        {
            foreach (IGraphDefinition graph in definition.Graphs.Values)
            {
                Tensors<EagerTensor> inputs = new Tensors<EagerTensor>();
                foreach (TensorSpec input in graph.Inputs)
                    inputs.Add(input.Name, zeros([1, .. input.Shape.Skip(1).Select(dim => (long)dim.Size)]));
                _ = graph.Run(parameters.Root, inputs);
            }
        }

        IReadOnlyDictionary<string, WeightArray> weights = parameters.ToWeights();
        VerificationReport report = BundleExporter.Export(folder, "latent", definition, weights, new TrainingSpec());
        Assert.That(report.Passed, report.ToString());
        return weights;
    }

    private static TensorSpec[] State(string prefix, bool output) =>
    [
        Spec($"{prefix}deterministic", TensorRole.State, Config.Deterministic, output ? "deterministic" : null),
        Spec($"{prefix}stochastic", TensorRole.State, Config.Stochastic, output ? "stochastic" : null),
    ];

    private static TensorSpec Spec(string name, TensorRole role, int size, string? feeds = null) => new()
    {
        Name = name, Role = role, Shape = ["batch", size], Feeds = feeds,
        Initial = role == TensorRole.State && feeds is null ? InitialState.Zeros : null,
        Noise = role == TensorRole.Noise ? NoiseKind.Gaussian : null,
    };

    private sealed class Observe : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. State("", output: false),
            Spec("action", TensorRole.Action, Actions), Spec("observation", TensorRole.Observation, Observation),
            Spec("noise", TensorRole.Noise, Config.Stochastic),
        ];

        public IReadOnlyList<TensorSpec> Outputs => State("next_", output: true);

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> x) where T : ITensor<T>
        {
            Linear<T> encoder = new Linear<T>(p["encoder"], Observation, Config.Embedding);
            Rssm<T> rssm = new Rssm<T>(p["rssm"], Config);
            T embedding = encoder.Forward(x["observation"]).Elu();
            Tensors<T> outputs = new Tensors<T>();
            outputs.AddNext(rssm.Observe(x.State(rssm.State), x["action"], embedding, x["noise"]).State);
            return outputs;
        }
    }

    private sealed class Imagine : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. State("", output: false), Spec("action", TensorRole.Action, Actions), Spec("noise", TensorRole.Noise, Config.Stochastic)];

        public IReadOnlyList<TensorSpec> Outputs =>
            [.. State("next_", output: true), new() { Name = "reward", Role = TensorRole.Reward, Shape = ["batch"] }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> x) where T : ITensor<T>
        {
            Rssm<T> rssm = new Rssm<T>(p["rssm"], Config);
            State<T> next = rssm.Imagine(x.State(rssm.State), x["action"], x["noise"]).State;
            Linear<T> reward = new Linear<T>(p["reward"], rssm.Feature, 1);
            Tensors<T> outputs = new Tensors<T>();
            outputs.AddNext(next);
            outputs.Add("reward", reward.Forward(next["deterministic"].Concat(next["stochastic"])).Reshape(Axis.Keep));
            return outputs;
        }
    }

    private sealed class Decode : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => State("", output: false);

        public IReadOnlyList<TensorSpec> Outputs => [Spec("observation", TensorRole.Observation, Observation)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> x) where T : ITensor<T>
        {
            Linear<T> decoder = new Linear<T>(p["decoder"], Config.Deterministic + Config.Stochastic, Observation);
            return new() { { "observation", decoder.Forward(x["deterministic"].Concat(x["stochastic"])).Tanh() } };
        }
    }
}
