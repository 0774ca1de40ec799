using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.LatentWorlds;

/// <summary>The graphs that every latent world ships, whatever acts in it.</summary>
public static class WorldGraphs
{
    /// <summary>
    /// observe, imagine, decode, reward, and continue where it is predicted; and, of a dynamics that looks back at the steps before,
    /// attention: how it does.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, IGraphDefinition>> Of(WorldSignature signature)
    {
        yield return new("observe", new Observe(signature));
        yield return new("imagine", new Imagine(signature));
        yield return new("decode", new Decode(signature));
        yield return new("reward", new Reward(signature));
        if (signature.Config.Continue is not null)
            yield return new("continue", new Continue(signature));
        if (signature.Config.Dynamics.Attention is { } shape)
            yield return new("attention", new Attention(signature, shape));
    }

    private sealed class Observe(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. signature.State, signature.Action("action"), .. signature.Seen,
            signature.LatentNoise("noise", WorldSignature.ObserveStream),
        ];

        public IReadOnlyList<TensorSpec> Outputs => [.. signature.NextState, .. signature.LatentLogits];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            signature.Step(signature.Observe(signature.Build(p), inputs, "action", "noise"));
    }

    private sealed class Imagine(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. signature.State, signature.Action("action"), signature.LatentNoise("noise", WorldSignature.ImagineStream)];

        public IReadOnlyList<TensorSpec> Outputs => [.. signature.NextState, .. signature.LatentLogits, .. signature.Arrival];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            LatentStep<T> next = world.Dynamics.Imagine(
                inputs.State(signature.States), signature.Actions.Vector(inputs["action"]), inputs["noise"]);
            Tensors<T> outputs = signature.Step(next);
            outputs.Add(signature.Arrive(world, world.Dynamics.FeatureOf(next.State)));
            return outputs;
        }
    }

    private sealed class Decode(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.FeatureState;

        public IReadOnlyList<TensorSpec> Outputs => [signature.Seen[0]];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            T feature = signature.FeatureOf(world, inputs);
            return new() { { "observation", signature.Decode(world, feature) } };
        }
    }

    private sealed class Reward(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.FeatureState;

        public IReadOnlyList<TensorSpec> Outputs => [WorldSignature.Number("reward", TensorRole.Reward)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            return new() { { "reward", signature.Reward(world, signature.FeatureOf(world, inputs)) } };
        }
    }

    private sealed class Continue(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.FeatureState;

        public IReadOnlyList<TensorSpec> Outputs => [WorldSignature.Number("continue", TensorRole.Continue)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            LatentWorld<T> world = signature.Build(p);
            return new() { { "continue", signature.Continue(world, signature.FeatureOf(world, inputs)) } };
        }
    }

    private sealed class Attention(WorldSignature signature, AttentionShape shape) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [.. signature.State, signature.Action("action")];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            new() { Name = "weights", Role = TensorRole.Other, Shape = ["batch", shape.Layers, shape.Heads, shape.Window] },
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> => new()
        {
            {
                "weights", signature.Build(p).Dynamics.Attention(
                    inputs.State(signature.States), signature.Actions.Vector(inputs["action"]))
            },
        };
    }
}
