using System.Text;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// One argument of an operator: a value, or a reference that stays reachable while the call runs. Everything an operator takes
/// converts to it, so that a call reads <c>Call("aten::sum.dim_IntList", x, dims, keepdim, dtype)</c> and allocates nothing.
/// </summary>
internal readonly struct Arg
{
    private readonly object? reference;
    private readonly long bits;
    private readonly Tag tag;

    private Arg(Tag tag, long bits) => (this.tag, this.bits) = (tag, bits);
    private Arg(Tag tag, object? reference) => (this.tag, this.reference) = (reference is null ? Tag.None : tag, reference);

    public static implicit operator Arg(Tensor? value) => new(Tag.Tensor, value);
    public static implicit operator Arg(Tensor?[]? value) => new(Tag.Tensors, value);
    public static implicit operator Arg(long value) => new(Tag.Int, value);
    public static implicit operator Arg(int value) => new(Tag.Int, value);
    public static implicit operator Arg(long? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(double value) => new(Tag.Double, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Arg(double? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(bool value) => new(Tag.Bool, value ? 1 : 0);
    public static implicit operator Arg(long[]? value) => new(Tag.Ints, value);
    public static implicit operator Arg(ReadOnlySpan<long> value) => new(Tag.Ints, value.ToArray());
    public static implicit operator Arg(double[]? value) => new(Tag.Doubles, value);
    public static implicit operator Arg(string? value) => new(Tag.String, value is null ? null : Encoding.UTF8.GetBytes(value));
    public static implicit operator Arg(Scalar? value) => value is null ? default : new(value.Tag, value.Bits);
    public static implicit operator Arg(ScalarType value) => new(Tag.Int, (long)value);
    public static implicit operator Arg(ScalarType? value) => value is { } v ? v : default(Arg);
    public static implicit operator Arg(torch.nn.Reduction value) => new(Tag.Int, (long)value);
    public static implicit operator Arg(Device? value) => value is null ? default : new(Tag.Device, value.Packed);
    public static implicit operator Arg(Generator? value) => new(Tag.Generator, value);

    /// <summary>How many 8-byte elements <see cref="Write"/> needs besides the argument itself.</summary>
    public int Elements => reference switch
    {
        Tensor?[] t => t.Length,
        long[] i => i.Length,
        double[] d => d.Length,
        byte[] s => (s.Length + 7) / 8,
        _ => 0,
    };

    public unsafe NativeArg Write(ref long* free)
    {
        var native = new NativeArg { Tag = tag, Bits = bits };
        switch (reference)
        {
            case Tensor t:
                native.Bits = t.Handle;
                return native;
            case Generator g:
                native.Bits = g.Handle;
                return native;
            case null:
                return native;
            case long[] i:
                i.CopyTo(new Span<long>(free, native.Count = i.Length));
                break;
            case double[] d:
                d.CopyTo(new Span<double>(free, native.Count = d.Length));
                break;
            case byte[] s:
                s.CopyTo(new Span<byte>(free, native.Count = s.Length));
                break;
            case Tensor?[] list:
                native.Count = list.Length;
                for (int i = 0; i < list.Length; i++) free[i] = list[i]?.Handle ?? 0;
                break;
        }
        native.Bits = (long)free;
        free += Elements;
        return native;
    }
}
