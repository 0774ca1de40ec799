using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>Records of arrays, whatever their type: a record is an entry along the first axis.</summary>
internal static class ColumnData
{
    /// <summary>Copies records between arrays of one type and one shape of a record.</summary>
    public static void Copy(NpyArray from, int first, NpyArray to, int at, int records)
    {
        if (records == 0)
            return;
        int size = to.Length / to.Shape[0];
        switch (to.Type)
        {
            case NpyType.Float32:
                Of<float>();
                break;
            case NpyType.Int64:
                Of<long>();
                break;
            case NpyType.UInt8:
                Of<byte>();
                break;
            default:
                Of<bool>();
                break;
        }

        void Of<T>() where T : unmanaged => from.As<T>().Slice(first * size, records * size).CopyTo(to.As<T>()[(at * size)..]);
    }

    /// <summary>A copy with so many records: the first ones of the array, then zeros.</summary>
    public static NpyArray Resize(NpyArray array, int records)
    {
        NpyArray resized = NpyArray.Zeros(array.Type, [records, .. array.Shape.Skip(1)]);
        if (resized.Length > 0)
            Copy(array, 0, resized, 0, Math.Min(records, array.Shape[0]));
        return resized;
    }

    /// <summary>Some records, copied; the array itself if those are all.</summary>
    public static NpyArray Records(NpyArray array, int first, int records)
    {
        if (first == 0 && records == array.Shape[0])
            return array;
        NpyArray part = NpyArray.Zeros(array.Type, [records, .. array.Shape.Skip(1)]);
        Copy(array, first, part, 0, records);
        return part;
    }

    /// <summary>The array with a record of zeros before its first: what was recorded of steps alone gets one for the reset.</summary>
    public static NpyArray AfterReset(NpyArray array)
    {
        if (array.Shape.Count == 0)
            return array;
        NpyArray shifted = NpyArray.Zeros(array.Type, [array.Shape[0] + 1, .. array.Shape.Skip(1)]);
        if (array.Length > 0)
            Copy(array, 0, shifted, 1, array.Shape[0]);
        return shifted;
    }

    /// <summary>A record as floats: an image of bytes, with more axes than one, becomes 0 to 1; other numbers keep their value.</summary>
    public static void ToFloats(NpyArray array, int record, Span<float> values)
    {
        int at = record * values.Length;
        switch (array.Type)
        {
            case NpyType.Float32:
                array.As<float>().Slice(at, values.Length).CopyTo(values);
                break;
            case NpyType.UInt8 when array.Shape.Count > 2:
                Pixels.ToFloats(array.As<byte>().Slice(at, values.Length), values);
                break;
            case NpyType.UInt8:
                Convert<byte>(array, at, values, value => value);
                break;
            case NpyType.Int64:
                Convert<long>(array, at, values, value => value);
                break;
            default:
                Convert<bool>(array, at, values, value => value ? 1 : 0);
                break;
        }
    }

    private static void Convert<T>(NpyArray array, int at, Span<float> values, Func<T, float> convert) where T : unmanaged
    {
        ReadOnlySpan<T> from = array.As<T>().Slice(at, values.Length);
        for (int i = 0; i < values.Length; i++)
            values[i] = convert(from[i]);
    }
}
