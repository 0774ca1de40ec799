using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>An input or output of a model.</summary>
public sealed record TensorInfo(string Name, DType Type, IReadOnlyList<AxisSize> Dims);

/// <summary>
/// A model in memory: the protocol buffer, and beside it the weights, which are initialisers of its graph without data until
/// <see cref="ModelWriter"/> embeds them or points to them in a file.
/// </summary>
public sealed record OnnxModel(ModelProto Proto, IReadOnlyDictionary<string, WeightArray> Weights)
{
    /// <summary>Name of the graph, and of its file in a bundle.</summary>
    public string Name => Proto.Graph.Name;

    /// <summary>Inputs in order.</summary>
    public IReadOnlyList<TensorInfo> Inputs => [.. Proto.Graph.Input.Select(Protos.Info)];

    /// <summary>Outputs in order.</summary>
    public IReadOnlyList<TensorInfo> Outputs => [.. Proto.Graph.Output.Select(Protos.Info)];

    /// <summary>How many nodes its graph has.</summary>
    public int NodeCount => Proto.Graph.Node.Count;

    /// <summary>Whether another model has the same graph, whatever its weights hold.</summary>
    public bool HasSameGraph(OnnxModel other) => Proto.Equals(other.Proto);
}
