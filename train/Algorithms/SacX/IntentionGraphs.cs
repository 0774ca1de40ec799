using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What SAC-X ships: <c>act</c> (observation, task and noise to an action, its logits where actions are numbered, and the value) and
/// <c>value</c> (observation and task to what the task's policy is worth there).
/// </summary>
public static class IntentionGraphs
{
    /// <summary>The stream of the noise that draws actions.</summary>
    public const string NoiseStream = "act/noise";

    /// <summary>The bundle.</summary>
    public static BundleDefinition Define(
        string environment, ObservationSpec observation, ActionVectors actions, LanderTasks tasks, IntentionConfig config, float[] starts)
    {
        Signature signature = new(actions, tasks, config);
        return new()
        {
            Algorithm = "sacx",
            Environment = environment,
            Observation = observation,
            Action = actions.Space,
            Tasks = tasks.Names,
            Limits =
            [
                "Its auxiliary tasks are there to learn by: " + LanderTasks.Described,
                $"The table of tasks is of {SacXEvaluation.EpisodesOfTasks} episodes each, cut where they were cut while learning.",
            ],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition> { ["act"] = new Act(signature), ["value"] = new Value(signature) },
        };
    }

    /// <summary>What both graphs share.</summary>
    private sealed record Signature(ActionVectors Actions, LanderTasks Tasks, IntentionConfig Config)
    {
        public TensorSpec[] Seen =>
        [
            new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", Config.Observation] },
            new() { Name = "task", Role = TensorRole.Task, Dtype = TensorType.Int64, Shape = ["batch"] },
        ];

        /// <summary>The distribution of action vectors (B, A) for each row's task.</summary>
        public IDistribution<T> Policy<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new IntentionPolicy<T>(p[SacX.ActorPath], Config).Forward(inputs["observation"], inputs["task"]);

        /// <summary>What the task's policy is worth.</summary>
        public static TensorSpec Worth { get; } = new() { Name = "value", Role = TensorRole.Value, Shape = ["batch"] };

        /// <summary>The mean over numbered actions, or the value of the policy's mode; in the units of the task's own rewards.</summary>
        public T ValueOf<T>(Parameters<T> p, Tensors<T> inputs, IDistribution<T> policy) where T : ITensor<T>
        {
            IntentionCritic<T> critic = new(p[SacX.CriticPath], Config);
            (T observation, T task) = (inputs["observation"], inputs["task"]);
            T value = Config.Discrete
                ? (policy.Mean * critic.OfAll(observation).OfTask(task)).Sum(-1)                            // (B)
                : critic.Forward(observation, policy.Mode).OfTask(task);                                   // (B)
            T units = p[SacX.CriticPath].Constant("units", [.. Tasks.Units], Config.Tasks);                 // (K)
            return value * (task.OneHot(Config.Tasks) * units).Sum(-1);
        }
    }

    private sealed class Act(Signature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. signature.Seen,
            new()
            {
                Name = "noise", Role = TensorRole.Noise, Noise = signature.Actions.Noise, Stream = NoiseStream,
                Shape = ["batch", signature.Config.Actions],
            },
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            .. signature.Config.Discrete
                ? (TensorSpec[])
                [
                    new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
                    new() { Name = "logits", Role = TensorRole.Logits, Axis = 1, Shape = ["batch", signature.Config.Actions] },
                ]
                :
                [
                    new()
                    {
                        Name = "action", Role = TensorRole.Action,
                        Shape = ["batch", .. signature.Actions.Space.Shape!.Select(axis => (Dim)axis)],
                    },
                ],
            Signature.Worth,
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            IDistribution<T> policy = signature.Policy(p, inputs);
            Tensors<T> outputs = new() { { "action", signature.Actions.ActionOf(policy.Sample(inputs["noise"])) } };
            if (policy is OneHot<T> discrete)
                outputs.Add("logits", discrete.Logits);
            outputs.Add(Signature.Worth.Name, signature.ValueOf(p, inputs, policy));
            return outputs;
        }
    }

    private sealed class Value(Signature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.Seen;

        public IReadOnlyList<TensorSpec> Outputs => [Signature.Worth];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { Signature.Worth.Name, signature.ValueOf(p, inputs, signature.Policy(p, inputs)) } };
    }
}
