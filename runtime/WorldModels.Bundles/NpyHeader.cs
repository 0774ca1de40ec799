using WorldModels.Bundles.Internals;

namespace WorldModels.Bundles;

/// <summary>What an npy file says of its array, as it stands in the file.</summary>
public sealed class NpyHeader
{
    internal NpyHeader(NpyElement element, bool isFortranOrder, IReadOnlyList<long> shape) =>
        (Element, IsFortranOrder, Shape) = (element, isFortranOrder, shape);

    /// <summary>numpy's name of the element type in the file, such as <c>float64</c>.</summary>
    public string DType => Element.Name;

    /// <summary>Whether the highest byte of an element comes first.</summary>
    public bool IsBigEndian => Element.IsBigEndian;

    /// <summary>Whether the first axis runs fastest, not the last.</summary>
    public bool IsFortranOrder { get; }

    /// <summary>The shape; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>What the elements are read as; null where <see cref="Refusal"/> says why they are not.</summary>
    public NpyType? Type => Element.Type;

    /// <summary>Why the array cannot be read and what to do about it; null if it can.</summary>
    public string? Refusal => Element.Refusal;

    internal NpyElement Element { get; }

    /// <summary>Number of elements.</summary>
    internal long Length => Shape.Contains(0) ? 0 : Shape.Aggregate(1L, (count, size) => checked(count * size));

    /// <summary>Such as <c>float32 [2, 3]</c> or <c>big-endian float64 [2, 3] in Fortran order</c>.</summary>
    public string Describe() =>
        $"{(IsBigEndian ? "big-endian " : "")}{DType} [{string.Join(", ", Shape)}]{(IsFortranOrder ? " in Fortran order" : "")}";

    /// <summary>The header of something that is no array that can be read.</summary>
    internal static NpyHeader Unreadable(string refusal) => new(new("unreadable", 0, IsBigEndian: false, Type: null, refusal), false, []);

    /// <summary>Reads the text of a header, a Python dict of descr, fortran_order and shape.</summary>
    internal static NpyHeader Parse(string text)
    {
        try
        {
            if (PythonLiteral.Parse(text) is Dictionary<string, object?> { Count: 3 } dict && dict.TryGetValue("descr", out object? descr)
                && dict.GetValueOrDefault("fortran_order") is bool isFortranOrder && dict.TryGetValue("shape", out object? shape))
            {
                return new NpyHeader(NpyElement.Of(descr), isFortranOrder, ShapeOf(shape));
            }
        }
        catch (FormatException)
        {
            // Said below.
        }
        throw new NpyRefusal($"its header cannot be read: '{(text.Length <= 200 ? text : text[..200] + "...").Trim()}'. {FileHead.Again}");
    }

    /// <summary>Such as <c>[1, 2]</c>, of the element that is so many after the first in the file.</summary>
    internal string IndexOf(long element)
    {
        long[] index = new long[Shape.Count];
        for (int i = 0; i < index.Length; i++)
        {
            int axis = IsFortranOrder ? i : index.Length - 1 - i;
            (element, index[axis]) = Math.DivRem(element, Shape[axis]);
        }
        return $"[{string.Join(", ", index)}]";
    }

    private static long[] ShapeOf(object? shape)
    {
        List<object?> sizes = shape as List<object?> ?? [shape];
        return [.. sizes.Select(size => size is long and >= 0 and long axis ? axis : throw new FormatException())];
    }
}
