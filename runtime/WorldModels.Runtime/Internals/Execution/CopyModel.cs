using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// The smallest model that moves a tensor from one memory to another: one node, Identity. As ONNX writes it, protobuf: field numbers are
/// those of onnx.proto.
/// </summary>
internal static class CopyModel
{
    /// <summary>The model's input.</summary>
    public const string From = "from";

    /// <summary>The model's output.</summary>
    public const string To = "to";

    private const ulong IrVersion = 8, Opset = 17;

    /// <summary>The model for tensors of one element type, of any shape.</summary>
    public static byte[] For(TensorType type)
    {
        byte[] elements = Field(1, (ulong)Tensors.ElementType(type));
        byte[] Value(string name) => [.. Field(1, name), .. Field(2, Field(1, elements))];
        byte[] node = [.. Field(1, From), .. Field(2, To), .. Field(4, "Identity")];
        byte[] graph = [.. Field(1, node), .. Field(2, "copy"), .. Field(11, Value(From)), .. Field(12, Value(To))];
        return [.. Field(1, IrVersion), .. Field(7, graph), .. Field(8, [.. Field(1, ""), .. Field(2, Opset)])];
    }

    private static byte[] Field(int number, ulong value) => [.. Varint((ulong)number << 3), .. Varint(value)];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] message) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)message.Length), .. message];

    private static IEnumerable<byte> Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
