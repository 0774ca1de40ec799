using System.Text;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace WorldModels.Runtime;

/// <summary>A weight outside a graph's file.</summary>
internal sealed record ExternalWeight(string Name, TensorElementType Type, long[] Shape, string Location, long Offset);

/// <summary>
/// Finds the files that an ONNX file keeps weights in. Enough of the protobuf wire format (varints and length-delimited fields) to walk
/// from the model to each TensorProto.external_data; field numbers are those of onnx.proto. A file is not trusted to be written as usual:
/// fields may come in any order, more than once, and inside the groups of old, and every location that a reader could take is found.
/// </summary>
internal static class OnnxExternalData
{
    private const ulong External = 1; // of TensorProto.data_location

    private const int MaxDepth = 100; // protobuf's own limit.

    private enum Message { Model, Function, Graph, Node, Attribute, Tensor, SparseTensor, Entry }

    /// <summary>The locations named in the file. A damaged file gives what could be read; ONNX Runtime refuses it.</summary>
    public static IReadOnlyCollection<string> Locations(string path)
    {
        var locations = new HashSet<string>();
        Walk(File.ReadAllBytes(path), Message.Model, locations, depth: 0);
        return locations;
    }

    /// <summary>Where the weights of a model's graph are that it keeps outside, of the element types that weights have.</summary>
    public static IReadOnlyList<ExternalWeight> Weights(string path)
    {
        var weights = new List<ExternalWeight>();
        foreach (var graph in Fields(File.ReadAllBytes(path), 7))
            foreach (var tensor in Fields(graph.Bytes, 5))
                if (Weight(tensor.Bytes) is { } weight) weights.Add(weight);
        return weights;
    }

    private static ExternalWeight? Weight(byte[] tensor)
    {
        // Numbers of a repeated field come one by one, or packed.
        var dims = new List<long>();
        foreach (var (number, packed) in Fields(tensor, 1))
        {
            ReadOnlySpan<byte> rest = packed;
            if (number is { } single) dims.Add((long)single);
            while (number is null && Varint(ref rest) is { } dim) dims.Add((long)dim);
        }
        var facts = new Dictionary<string, string>();
        foreach (var entry in Fields(tensor, 13)) facts[Text(entry.Bytes, 1)] = Text(entry.Bytes, 2);
        if (Fields(tensor, 14) is not [.., (External, _)]) return null;
        int type = (int)(Fields(tensor, 2).Select(f => f.Number).LastOrDefault() ?? 0);
        if (!facts.TryGetValue("location", out string? location) || !Enum.IsDefined((TensorElementType)type)) return null;
        _ = long.TryParse(facts.GetValueOrDefault("offset"), out long offset);
        return new(Text(tensor, 8), (TensorElementType)type, [.. dims], location, offset);
    }

    private static string Text(byte[] message, ulong field) =>
        Fields(message, field).Select(f => Encoding.UTF8.GetString(f.Bytes)).LastOrDefault("");

    /// <summary>The values of one field of a message: numbers, or bytes.</summary>
    private static List<(ulong? Number, byte[] Bytes)> Fields(ReadOnlySpan<byte> bytes, ulong field)
    {
        var found = new List<(ulong?, byte[])>();
        while (Varint(ref bytes) is { } tag)
        {
            ulong? number = null;
            ReadOnlySpan<byte> value = default;
            switch (tag & 7)
            {
                case 0 when Varint(ref bytes) is { } varint:
                    number = varint;
                    break;
                case 1 when bytes.Length >= 8:
                    bytes = bytes[8..];
                    break;
                case 5 when bytes.Length >= 4:
                    bytes = bytes[4..];
                    break;
                case 2 when Varint(ref bytes) is { } length && length <= (ulong)bytes.Length:
                    value = bytes[..(int)length];
                    bytes = bytes[(int)length..];
                    break;
                default:
                    return found;   // Damaged from here on.
            }
            if (tag >> 3 == field) found.Add((number, value.ToArray()));
        }
        return found;
    }

    private static void Walk(ReadOnlySpan<byte> bytes, Message message, HashSet<string> locations, int depth)
    {
        if (depth > MaxDepth) return;
        List<string> keys = [], values = [];    // of an entry
        while (Varint(ref bytes) is { } tag)
        {
            switch (tag & 7)
            {
                case 0 when Varint(ref bytes) is not null:
                    break;
                case 1 when bytes.Length >= 8:
                    bytes = bytes[8..];
                    break;
                case 5 when bytes.Length >= 4:
                    bytes = bytes[4..];
                    break;
                case 3 or 4:
                    break;  // A group begins or ends: what is in it is read as if it were outside.
                case 2 when Varint(ref bytes) is { } length && length <= (ulong)bytes.Length:
                    var field = bytes[..(int)length];
                    bytes = bytes[(int)length..];
                    if (message == Message.Entry && tag >> 3 == 1) keys.Add(Encoding.UTF8.GetString(field));
                    else if (message == Message.Entry && tag >> 3 == 2) values.Add(Encoding.UTF8.GetString(field));
                    else if (Inner(message, tag >> 3) is { } inner) Walk(field, inner, locations, depth + 1);
                    break;
                default:
                    bytes = default;    // Damaged from here on.
                    break;
            }
        }
        if (keys.Contains("location")) locations.UnionWith(values);
    }

    private static Message? Inner(Message message, ulong field) => (message, field) switch
    {
        (Message.Model, 7) or (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Model, 25) => Message.Function,
        (Message.Graph, 1) or (Message.Function, 7) => Message.Node,
        (Message.Node, 5) or (Message.Function, 11) => Message.Attribute,
        (Message.Graph, 5) or (Message.Attribute, 5 or 10) or (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Graph, 15) or (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.Tensor, 13) => Message.Entry,
        _ => null,
    };

    private static ulong? Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        return null;
    }
}
