using System.Text;

namespace WorldModels.Bundles;

/// <summary>A weight outside a graph's file; its type is a number of ONNX's TensorProto.DataType.</summary>
public sealed record ExternalWeight(string Name, int Type, long[] Shape, string Location, long Offset);

/// <summary>
/// Finds the files that an ONNX file keeps weights in. Enough of the protobuf wire format (varints and length-delimited fields) to walk
/// from the model to each TensorProto.external_data; field numbers are those of onnx.proto. A file is not trusted to be written as usual:
/// fields may come in any order, more than once, and inside the groups of old, and every location that a reader could take is found.
/// </summary>
public static class OnnxExternalData
{
    private const ulong External = 1; // of TensorProto.data_location

    private const int MaxDepth = 100; // protobuf's own limit.

    private enum Message { Model, Function, Graph, Node, Attribute, Tensor, SparseTensor, Entry }

    /// <summary>The locations named in the file. A damaged file gives what could be read; ONNX Runtime refuses it.</summary>
    public static IReadOnlyCollection<string> Locations(string path)
    {
        HashSet<string> locations = new HashSet<string>();
        Walk(File.ReadAllBytes(path), Message.Model, locations, depth: 0);
        return locations;
    }

    /// <summary>Where the weights of a model's graph are that it keeps outside, of the element types that weights have.</summary>
    public static IReadOnlyList<ExternalWeight> Weights(string path)
    {
        List<ExternalWeight> weights = new List<ExternalWeight>();
        ReadOnlySpan<byte> model = File.ReadAllBytes(path);
        foreach (Field graph in Fields(model, 7))
        {
            foreach (Field tensor in Fields(graph.Of(model), 5))
            {
                if (Weight(tensor.Of(graph.Of(model))) is { } weight)
                    weights.Add(weight);
            }
        }

        return weights;
    }

    /// <summary>Whether a model's last field goes beyond the end of its file.</summary>
    internal static bool IsCutShort(ReadOnlySpan<byte> model)
    {
        List<Field> fields = Fields(model);
        ReadOnlySpan<byte> rest = fields is [.., { IsBytes: true } last] ? model[(last.Start + last.Length)..] : model;
        while (Varint(ref rest) is { } tag)
        {
            bool isBytes = (tag & 7) == 2;
            if (Varint(ref rest) is not { } length || (isBytes && length > (ulong)rest.Length))
                return fields.Count > 0;
            if (isBytes)
                rest = rest[(int)length..];
        }
        return fields.Count > 0 && rest.Length > 0;
    }

    private static ExternalWeight? Weight(ReadOnlySpan<byte> tensor)
    {
        // Numbers of a repeated field come one by one, or packed.
        List<long> dims = new List<long>();
        foreach (Field field in Fields(tensor, 1))
        {
            if (!field.IsBytes)
                dims.Add((long)field.Value);
            ReadOnlySpan<byte> packed = field.Of(tensor);
            while (Varint(ref packed) is { } dim)
                dims.Add((long)dim);
        }
        Dictionary<string, string> facts = new Dictionary<string, string>();
        foreach (Field entry in Fields(tensor, 13))
            facts[Text(entry.Of(tensor), 1)] = Text(entry.Of(tensor), 2);
        if (Fields(tensor, 14) is not [.., { Value: External }])
            return null;
        int type = (int)Fields(tensor, 2).LastOrDefault().Value;
        if (!facts.TryGetValue("location", out string? location))
            return null;
        _ = long.TryParse(facts.GetValueOrDefault("offset"), out long offset);
        return new(Text(tensor, 8), type, [.. dims], location, offset);
    }

    private static string Text(ReadOnlySpan<byte> message, ulong field) =>
        Fields(message, field) is [.., var last] ? Encoding.UTF8.GetString(last.Of(message)) : "";

    private static void Walk(ReadOnlySpan<byte> bytes, Message message, HashSet<string> locations, int depth)
    {
        if (depth > MaxDepth)
            return;
        List<string> keys = [], values = [];    // of an entry
        foreach (Field field in Fields(bytes))
        {
            if (!field.IsBytes)
                continue;
            ReadOnlySpan<byte> value = field.Of(bytes);
            if (message == Message.Entry && field.Number == 1)
                keys.Add(Encoding.UTF8.GetString(value));
            else if (message == Message.Entry && field.Number == 2)
                values.Add(Encoding.UTF8.GetString(value));
            else if (Inner(message, field.Number) is { } inner)
                Walk(value, inner, locations, depth + 1);
        }
        if (keys.Contains("location"))
            locations.UnionWith(values);
    }

    private static List<Field> Fields(ReadOnlySpan<byte> message, ulong number) => Fields(message).FindAll(f => f.Number == number);

    /// <summary>The fields of a message that have bytes or a number, up to where it is damaged.</summary>
    private static List<Field> Fields(ReadOnlySpan<byte> message)
    {
        List<Field> fields = new List<Field>();
        ReadOnlySpan<byte> rest = message;
        while (Varint(ref rest) is { } tag)
        {
            switch (tag & 7)
            {
                case 0 when Varint(ref rest) is { } value:
                    fields.Add(new(tag >> 3, value, false, 0, 0));
                    break;
                case 1 when rest.Length >= 8:
                    rest = rest[8..];
                    break;
                case 5 when rest.Length >= 4:
                    rest = rest[4..];
                    break;
                case 3 or 4:
                    break;  // A group begins or ends: what is in it is read as if it were outside.
                case 2 when Varint(ref rest) is { } length && length <= (ulong)rest.Length:
                    fields.Add(new(tag >> 3, 0, true, message.Length - rest.Length, (int)length));
                    rest = rest[(int)length..];
                    break;
                default:
                    return fields;
            }
        }
        return fields;
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
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        return null;
    }

    /// <summary>A field of a message: a number, or where its bytes are.</summary>
    private readonly record struct Field(ulong Number, ulong Value, bool IsBytes, int Start, int Length)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> message) => message.Slice(Start, Length);
    }
}
