using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.LatentDynamics;

namespace WorldModels.Train.Dreamer;

/// <summary>
/// What Dreamer ships: the world's graphs, <c>act</c> and <c>value</c> on its states, and two fused ones: <c>control</c> (observe and act)
/// and <c>dream</c> (act and imagine).
/// </summary>
public static class DreamerBundle
{
    /// <summary>Where the actor's parameters live.</summary>
    public const string ActorPath = "actor";

    /// <summary>Where the critic's parameters live.</summary>
    public const string CriticPath = "critic";

    /// <summary>The critic: a state's feature to its value.</summary>
    public static Mlp<T> Critic<T>(Parameters<T> p, LatentWorldConfig config, MlpConfig layers) where T : ITensor<T> =>
        new(p[CriticPath], config.Rssm.Feature, layers, 1, config.Activation);

    public static BundleDefinition Define(
        string environment, LatentSignature signature, ActorConfig actor, MlpConfig critic, float[] starts)
    {
        var agent = new Agent(signature, actor, critic);
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
                .. LatentGraphs.Of(signature),
                new("act", new Act(agent)), new("value", new Value(agent)),
                new("control", new Control(agent)), new("dream", new Dream(agent)),
            ]),
        };
    }

    /// <summary>What all graphs of the agent share.</summary>
    private sealed record Agent(LatentSignature Signature, ActorConfig Actor, MlpConfig Critic)
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
        public (T Vector, T[] Decision) Decide<T>(Parameters<T> p, T feature, T noise) where T : ITensor<T>
        {
            T[] logits = [];
            T vector;
            var network = new Actor<T>(p[ActorPath], Actor);
            if (Actor.Discrete)
            {
                logits = [network.Logits(feature)];
                vector = logits[0].SampleOneHot(noise);
            }
            else
                vector = network.Act(feature, noise);
            return (vector, [Signature.ActionOf(vector), .. logits]);
        }

        public T ValueOf<T>(Parameters<T> p, T feature) where T : ITensor<T> =>
            Signature.Unscaled(DreamerBundle.Critic(p, Signature.Config, Critic).Forward(feature).Reshape(Axis.Keep));
    }

    private sealed class Act(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [.. agent.Signature.State, agent.Signature.ActionNoise("noise")];

        public IReadOnlyList<TensorSpec> Outputs => agent.Decision;

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> =>
            agent.Decide(p, LatentGraphs.Feature(inputs), inputs[2]).Decision;
    }

    private sealed class Value(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => agent.Signature.State;

        public IReadOnlyList<TensorSpec> Outputs => [LatentSignature.Number("value", TensorRole.Value)];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> => [agent.ValueOf(p, LatentGraphs.Feature(inputs))];
    }

    private sealed class Control(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. agent.Signature.State, agent.Signature.Action("previous_action"), .. agent.Signature.Seen,
            agent.Signature.LatentNoise("observe_noise", LatentAgent.ObserveStream), agent.Signature.ActionNoise("act_noise"),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
            [.. agent.Signature.NextState, .. agent.Decision, LatentSignature.Number("value", TensorRole.Value)];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            RssmState<T> state = agent.Signature.Observe(agent.Signature.Build(p), inputs, inputs[2], inputs[3], inputs[4], inputs[5]);
            T feature = state.Feature;
            return [state.Deterministic, state.Stochastic, .. agent.Decide(p, feature, inputs[6]).Decision, agent.ValueOf(p, feature)];
        }
    }

    private sealed class Dream(Agent agent) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. agent.Signature.State, agent.Signature.ActionNoise("act_noise"),
            agent.Signature.LatentNoise("imagine_noise", LatentAgent.ImagineStream),
        ];

        public IReadOnlyList<TensorSpec> Outputs => [.. agent.Signature.NextState, .. agent.Decision, .. agent.Signature.Arrival];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = agent.Signature.Build(p);
            (T vector, T[] decision) = agent.Decide(p, LatentGraphs.Feature(inputs), inputs[2]);
            RssmState<T> next = world.Rssm.Imagine(inputs[0], inputs[1], vector, inputs[3]);
            return [next.Deterministic, next.Stochastic, .. decision, .. agent.Signature.Arrive(world, next.Feature)];
        }
    }
}
