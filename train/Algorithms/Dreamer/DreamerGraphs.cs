using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What Dreamer ships: the world's graphs, <c>act</c> and <c>value</c> on its states, and two fused ones: <c>control</c> (observe and act)
/// and <c>dream</c> (act and imagine).
/// </summary>
public static class DreamerGraphs
{
    public static BundleDefinition Define(
        string environment, WorldSignature signature, ActorConfig actor, ScalarHeadConfig critic, float[] starts)
    {
        Agent agent = new Agent(signature, actor, critic);
        return new()
        {
            Algorithm = "dreamer",
            Environment = environment,
            Observation = signature.Observation,
            Action = signature.Actions.Space,
            Limits = [],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition>(
            [
                .. WorldGraphs.Of(signature),
                new("act", new Act(agent)), new("value", new Value(agent)),
                new("control", new Control(agent)), new("dream", new Dream(agent)),
            ]),
        };
    }

    /// <summary>What all graphs of the agent share.</summary>
    private sealed record Agent(WorldSignature Signature, ActorConfig Actor, ScalarHeadConfig Critic)
    {
        /// <summary>An action and, of a discrete policy, the logits it was drawn from.</summary>
        public TensorSpec[] Decision =>
        [
            Signature.Action("action"),
            .. Actor.Discrete
                ? [new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", Actor.Actions], Axis = 1 }]
                : Array.Empty<TensorSpec>(),
        ];

        /// <summary>The vector chosen for features (B, F), and <see cref="Decision"/>.</summary>
        public (T Vector, Tensors<T> Decision) Decide<T>(Parameters<T> p, T feature, T noise) where T : ITensor<T>
        {
            IDistribution<T> policy = new Actor<T>(p[Dreamer.ActorPath], Actor).Forward(feature);
            T vector = policy.Sample(noise);
            if (Actor is { Discrete: false, Form: ActorForm.BoundedNormal })
                vector = vector.Clamp(-1, 1);
            Tensors<T> decision = new Tensors<T> { { "action", Signature.Actions.ActionOf(vector) } };
            if (policy is OneHot<T> discrete)
                decision.Add("logits", discrete.Logits);
            return (vector, decision);
        }

        public T ValueOf<T>(Parameters<T> p, T feature) where T : ITensor<T> =>
            Signature.Unscaled(new ScalarHead<T>(p[Dreamer.CriticPath], feature.Size(-1), Critic).Forward(feature).Mode);
    }

    private sealed class Act(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. agent.Signature.FeatureState, agent.Signature.ActionNoise("noise")];

        public IReadOnlyList<TensorSpec> Outputs => agent.Decision;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            agent.Decide(p, agent.Signature.FeatureOf(agent.Signature.Build(p), inputs), inputs["noise"]).Decision;
    }

    private sealed class Value(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => agent.Signature.FeatureState;

        public IReadOnlyList<TensorSpec> Outputs => [WorldSignature.Number("value", TensorRole.Value)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "value", agent.ValueOf(p, agent.Signature.FeatureOf(agent.Signature.Build(p), inputs)) } };
    }

    private sealed class Control(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. agent.Signature.State, agent.Signature.Action("previous_action"), .. agent.Signature.Seen,
            agent.Signature.LatentNoise("observe_noise", WorldSignature.ObserveStream), agent.Signature.ActionNoise("act_noise"),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            .. agent.Signature.NextState, .. agent.Signature.LatentLogits, .. agent.Decision,
            WorldSignature.Number("value", TensorRole.Value),
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = agent.Signature.Build(p);
            LatentStep<T> posterior = agent.Signature.Observe(world, inputs, "previous_action", "observe_noise");
            T feature = world.Dynamics.FeatureOf(posterior.State);
            Tensors<T> outputs = agent.Signature.Step(posterior);
            outputs.Add(agent.Decide(p, feature, inputs["act_noise"]).Decision);
            outputs.Add("value", agent.ValueOf(p, feature));
            return outputs;
        }
    }

    private sealed class Dream(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. agent.Signature.State, agent.Signature.ActionNoise("act_noise"),
            agent.Signature.LatentNoise("imagine_noise", WorldSignature.ImagineStream),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
            [.. agent.Signature.NextState, .. agent.Signature.LatentLogits, .. agent.Decision, .. agent.Signature.Arrival];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = agent.Signature.Build(p);
            (T vector, Tensors<T> decision) = agent.Decide(p, agent.Signature.FeatureOf(world, inputs), inputs["act_noise"]);
            LatentStep<T> next = world.Dynamics.Imagine(inputs.State(agent.Signature.States), vector, inputs["imagine_noise"]);
            Tensors<T> outputs = agent.Signature.Step(next);
            outputs.Add(decision);
            outputs.Add(agent.Signature.Arrive(world, world.Dynamics.FeatureOf(next.State)));
            return outputs;
        }
    }
}
