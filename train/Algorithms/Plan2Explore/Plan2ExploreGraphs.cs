using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What Plan2Explore ships: the world's graphs; <c>act</c>, <c>value</c> and <c>control</c> (observe and act) for the task of each row, the
/// last of which is to explore; <c>dream</c> (act and imagine), for the first task. <c>control</c> says how novel each step is.
/// </summary>
public static class Plan2ExploreGraphs
{
    /// <param name="options">Names of the tasks, and sizes.</param>
    /// <param name="signature">The world's tensors.</param>
    /// <param name="actor">Sizes of every policy.</param>
    /// <param name="ensemble">Sizes of what measures novelty.</param>
    /// <param name="starts">Observations to start from.</param>
    /// <param name="threshold">The novelty that held-out play seldom exceeds; null where it was not measured.</param>
    public static BundleDefinition Define(
        Plan2ExploreOptions options, WorldSignature signature, ActorConfig actor, EnsembleConfig ensemble, float[] starts, double? threshold)
    {
        string[] tasks = [.. ExploredTask.NamesOf(options), Plan2Explore.Exploring];
        Policies policies = new(signature, actor, options.Critic(), ensemble, tasks);
        return new()
        {
            Algorithm = options.Algorithm,
            Environment = options.Env,
            Observation = signature.Observation,
            Action = signature.Actions.Space,
            ActionRepeat = options.ActionRepeat,
            Tasks = tasks,
            NoveltyThreshold = threshold,
            Limits =
            [
                .. options.Limits,
                "Novelty says how far the members of an ensemble are apart about the next step: it is high where the model has not learnt, "
                    + "and no proof that it is right where they agree. It is about states and actions, not about what came of them: other "
                    + "physics shows where it leads to states that were never met.",
            ],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition>(
            [
                .. WorldGraphs.Of(signature),
                new("act", new Act(policies)), new("value", new Value(policies)),
                new("control", new Control(policies)), new("dream", new Dream(policies)),
            ]),
        };
    }

    /// <summary>What all graphs of the policies share.</summary>
    private sealed record Policies(
        WorldSignature Signature, ActorConfig Actor, ScalarHeadConfig Critic, EnsembleConfig Ensemble, IReadOnlyList<string> Tasks)
    {
        /// <summary>Which task each row acts for.</summary>
        public static TensorSpec Task { get; } =
            new() { Name = "task", Role = TensorRole.Task, Dtype = TensorType.Int64, Shape = ["batch"] };

        /// <summary>An action and, of a discrete policy, the logits it was drawn from.</summary>
        public TensorSpec[] Decision =>
        [
            Signature.Action("action"),
            .. Actor.Discrete
                ? [new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", Actor.Actions], Axis = 1 }]
                : Array.Empty<TensorSpec>(),
        ];

        /// <summary>The distribution that a task's policy says of features (B, F).</summary>
        public IDistribution<T> PolicyOf<T>(Parameters<T> p, string task, T feature) where T : ITensor<T> =>
            new Actor<T>(p[Plan2Explore.PathOf(task) + Dreamer.ActorPath], Actor).Forward(feature);

        /// <summary>The distribution that the policy of each row's task says.</summary>
        public IDistribution<T> Policy<T>(Parameters<T> p, T feature, T task) where T : ITensor<T>
        {
            IDistribution<T>[] all = [.. Tasks.Select(name => PolicyOf(p, name, feature))];
            T mask = task.OneHot(Tasks.Count);                                                          // (B, K)
            return all[0].With([.. all[0].Parameters.Select((_, i) => OfTask(mask, [.. all.Select(policy => policy.Parameters[i])]))]);
        }

        /// <summary>The vector (B, A) drawn from a policy, and <see cref="Decision"/>.</summary>
        public (T Vector, Tensors<T> Decision) Draw<T>(IDistribution<T> policy, T noise) where T : ITensor<T>
        {
            T vector = policy.Sample(noise);
            Tensors<T> decision = new() { { "action", Signature.Actions.ActionOf(vector) } };
            if (policy is OneHot<T> discrete)
                decision.Add("logits", discrete.Logits);
            return (vector, decision);
        }

        /// <summary>
        /// What a row's policy is worth (B): in the units of its rewards, which for exploring are those of <see cref="Novelty"/>.
        /// </summary>
        public T ValueOf<T>(Parameters<T> p, T feature, T task) where T : ITensor<T>
        {
            T[] all = [.. Tasks.Select(name =>
            {
                T value = new ScalarHead<T>(p[Plan2Explore.PathOf(name) + Dreamer.CriticPath], feature.Size(-1), Critic).Forward(feature).Mode;
                return (name == Plan2Explore.Exploring ? value : Signature.Unscaled(value)).Reshape(Axis.Keep, 1);
            })];
            return OfTask(task.OneHot(Tasks.Count), all).Sum(-1);
        }

        /// <summary>How far the ensemble is apart about the step from features (B, F) by vectors (B, A): (B).</summary>
        public T Novelty<T>(Parameters<T> p, T feature, T vector) where T : ITensor<T> =>
            new Ensemble<T>(p[Plan2Explore.EnsemblePath], Ensemble).Disagreement(feature, vector);

        private static T OfTask<T>(T mask, T[] all) where T : ITensor<T>
        {
            T chosen = all[0] * mask.Slice(-1, 0, 1);
            for (int task = 1; task < all.Length; task++)
                chosen = chosen + all[task] * mask.Slice(-1, task, task + 1);
            return chosen;
        }
    }

    private sealed class Act(Policies policies) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. policies.Signature.FeatureState, Policies.Task, policies.Signature.ActionNoise("noise")];

        public IReadOnlyList<TensorSpec> Outputs => policies.Decision;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            T feature = policies.Signature.FeatureOf(policies.Signature.Build(p), inputs);
            return policies.Draw(policies.Policy(p, feature, inputs["task"]), inputs["noise"]).Decision;
        }
    }

    private sealed class Value(Policies policies) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [.. policies.Signature.FeatureState, Policies.Task];

        public IReadOnlyList<TensorSpec> Outputs => [WorldSignature.Number("value", TensorRole.Value)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            T feature = policies.Signature.FeatureOf(policies.Signature.Build(p), inputs);
            return new() { { "value", policies.ValueOf(p, feature, inputs["task"]) } };
        }
    }

    private sealed class Control(Policies policies) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. policies.Signature.State, policies.Signature.Action("previous_action"), .. policies.Signature.Seen, Policies.Task,
            policies.Signature.LatentNoise("observe_noise", WorldSignature.ObserveStream), policies.Signature.ActionNoise("act_noise"),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            .. policies.Signature.NextState, .. policies.Signature.LatentLogits, .. policies.Decision,
            WorldSignature.Number("value", TensorRole.Value), WorldSignature.Number("novelty", TensorRole.Novelty),
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = policies.Signature.Build(p);
            LatentStep<T> posterior = policies.Signature.Observe(world, inputs, "previous_action", "observe_noise");
            T feature = world.Dynamics.FeatureOf(posterior.State);
            (T vector, Tensors<T> decision) = policies.Draw(policies.Policy(p, feature, inputs["task"]), inputs["act_noise"]);
            Tensors<T> outputs = policies.Signature.Step(posterior);
            outputs.Add(decision);
            outputs.Add("value", policies.ValueOf(p, feature, inputs["task"]));
            outputs.Add("novelty", policies.Novelty(p, feature, vector));
            return outputs;
        }
    }

    private sealed class Dream(Policies policies) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. policies.Signature.State, policies.Signature.ActionNoise("act_noise"),
            policies.Signature.LatentNoise("imagine_noise", WorldSignature.ImagineStream),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            .. policies.Signature.NextState, .. policies.Signature.LatentLogits, .. policies.Decision, .. policies.Signature.Arrival,
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = policies.Signature.Build(p);
            T feature = policies.Signature.FeatureOf(world, inputs);
            (T vector, Tensors<T> decision) = policies.Draw(policies.PolicyOf(p, policies.Tasks[0], feature), inputs["act_noise"]);
            LatentStep<T> next = world.Dynamics.Imagine(inputs.State(policies.Signature.States), vector, inputs["imagine_noise"]);
            Tensors<T> outputs = policies.Signature.Step(next);
            outputs.Add(decision);
            outputs.Add(policies.Signature.Arrive(world, world.Dynamics.FeatureOf(next.State)));
            return outputs;
        }
    }
}
