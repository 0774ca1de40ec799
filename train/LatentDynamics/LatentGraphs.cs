using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.LatentDynamics;

/// <summary>The graphs that every latent world ships, whatever acts in it.</summary>
public static class LatentGraphs
{
    /// <summary>observe, imagine, decode, reward, and continue where it is predicted.</summary>
    public static IEnumerable<KeyValuePair<string, IGraphDefinition>> Of(LatentSignature signature)
    {
        yield return new("observe", new Observe(signature));
        yield return new("imagine", new Imagine(signature));
        yield return new("decode", new Decode(signature));
        yield return new("reward", new Reward(signature));
        if (signature.Config.Continue is not null)
            yield return new("continue", new Continue(signature));
    }

    /// <summary>A state's feature of the two inputs that every graph on states begins with.</summary>
    public static T Feature<T>(T[] inputs) where T : ITensor<T> => inputs[1].Concat(inputs[0]);

    private sealed class Observe(LatentSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. signature.State, signature.Action("action"), .. signature.Seen, signature.LatentNoise("noise", LatentAgent.ObserveStream)];

        public IReadOnlyList<TensorSpec> Outputs => signature.NextState;

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            RssmState<T> next = signature.Observe(signature.Build(p), inputs, inputs[2], inputs[3], inputs[4], inputs[5]);
            return [next.Deterministic, next.Stochastic];
        }
    }

    private sealed class Imagine(LatentSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. signature.State, signature.Action("action"), signature.LatentNoise("noise", LatentAgent.ImagineStream)];

        public IReadOnlyList<TensorSpec> Outputs => [.. signature.NextState, .. signature.Arrival];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            RssmState<T> next = world.Rssm.Imagine(inputs[0], inputs[1], signature.Vector(inputs[2]), inputs[3]);
            return [next.Deterministic, next.Stochastic, .. signature.Arrive(world, next.Feature)];
        }
    }

    private sealed class Decode(LatentSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.State;

        public IReadOnlyList<TensorSpec> Outputs => [signature.Seen[0]];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            return [world.Standard.Backward(world.Decode(Feature(inputs)))];
        }
    }

    private sealed class Reward(LatentSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.State;

        public IReadOnlyList<TensorSpec> Outputs => [LatentSignature.Number("reward", TensorRole.Reward)];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> =>
            [signature.Reward(signature.Build(p), Feature(inputs))];
    }

    private sealed class Continue(LatentSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.State;

        public IReadOnlyList<TensorSpec> Outputs => [LatentSignature.Number("continue", TensorRole.Continue)];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> =>
            [signature.Continue(signature.Build(p), Feature(inputs))];
    }
}
