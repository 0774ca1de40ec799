using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// A model in memory: the protocol buffer, and beside it the weights, which are initialisers of its graph without data until
/// <see cref="ModelWriter"/> embeds them or points to them in a file.
/// </summary>
public sealed record OnnxModel(ModelProto Proto, IReadOnlyDictionary<string, WeightArray> Weights)
{
    /// <summary>Name of the graph, and of its file in a bundle.</summary>
    public string Name => Proto.Graph.Name;
}
