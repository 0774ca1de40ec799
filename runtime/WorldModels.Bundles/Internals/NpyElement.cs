namespace WorldModels.Bundles.Internals;

/// <summary>An element type as an npy file states it, such as <c>&gt;f8</c>.</summary>
/// <param name="Name">numpy's name of it, such as <c>float64</c>.</param>
/// <param name="Size">Bytes of an element; 0 where nobody reads them.</param>
/// <param name="IsBigEndian">Whether the highest byte comes first.</param>
/// <param name="Type">What it is read as; null: it is refused.</param>
/// <param name="Refusal">Why it is refused and what to do; null: it is read.</param>
internal sealed record NpyElement(string Name, int Size, bool IsBigEndian, NpyType? Type, string? Refusal)
{
    /// <summary>The element type of a header's <c>descr</c>: a text, or a list of a structure's fields.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static NpyElement Of(object? descr) => descr switch
    {
        string text => Of(text),
        List<object?> fields => Refused("structured", $"structured, with the fields {FieldNames(fields)}", "Save each as its own array"),
        _ => throw new FormatException(),
    };

    private static NpyElement Of(string descr)
    {
        bool bigEndian = descr.StartsWith('>');
        string code = descr.TrimStart('<', '>', '=', '|');
        char kind = code.Length == 0 ? ' ' : code[0];
        _ = int.TryParse(code.AsSpan(Math.Min(1, code.Length)), out int size);
        return (kind, size) switch
        {
            ('f', 2 or 4 or 8) => new($"float{8 * size}", size, bigEndian, NpyType.Float32, null),
            ('i', 1 or 2 or 4 or 8) => new($"int{8 * size}", size, bigEndian && size > 1, NpyType.Int64, null),
            ('u', 1) => new("uint8", 1, IsBigEndian: false, NpyType.UInt8, null),
            ('u', 2 or 4 or 8) => new($"uint{8 * size}", size, bigEndian, NpyType.Int64, null),
            ('b', 1) or ('?', 0) => new("bool", 1, IsBigEndian: false, NpyType.Bool, null),
            ('f', > 8) => Refused("longdouble", $"long double, of {size} bytes an element", "Save it with astype('float64')"),
            ('O', _) => Refused("object", "an array of Python objects (a pickle)",
                "Save numbers: numpy.stack of equal shapes, or astype('float32')"),
            ('c', _) => Refused($"complex{8L * size}", "complex", "Save its real and its imaginary part as two arrays"),
            ('U' or 'S' or 'a', _) => Refused(code, "text", "Save numbers in its place, such as an index into the texts"),
            ('M', _) => Refused($"datetime64{Unit(code)}", "dates", "Save them with astype('int64')"),
            ('m', _) => Refused($"timedelta64{Unit(code)}", "time spans", "Save them with astype('int64')"),
            ('V', _) => Refused(code, "void, raw bytes, as which numpy also saves bfloat16", "Save it with astype('float32')"),
            _ => Refused(descr, $"of the type '{descr}', which is unknown here", "Save it with astype('float32') or astype('int64')"),
        };
    }

    private static NpyElement Refused(string name, string what, string advice) =>
        new(name, 0, IsBigEndian: false, Type: null, $"it is {what}. {advice}");

    /// <summary>Such as <c>[ns]</c> of M8[ns].</summary>
    private static string Unit(string code) => code.IndexOf('[') is int at and >= 0 ? code[at..] : "";

    private static string FieldNames(List<object?> fields) =>
        string.Join(", ", fields.Select(field => field is List<object?> and [string name, ..] ? name : "?"));
}
