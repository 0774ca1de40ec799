using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>Attributes of a node, read.</summary>
internal static class Nodes
{
    public static long Int(this NodeProto node, string name, long otherwise = 0) => node.Find(name)?.I ?? otherwise;

    public static float Float(this NodeProto node, string name, float otherwise) => node.Find(name)?.F ?? otherwise;

    /// <summary>A list of whole numbers; empty if there is none.</summary>
    public static long[] Ints(this NodeProto node, string name) => [.. node.Find(name)?.Ints ?? []];

    public static string? Text(this NodeProto node, string name) => node.Find(name)?.S.ToStringUtf8();

    private static AttributeProto? Find(this NodeProto node, string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
}
