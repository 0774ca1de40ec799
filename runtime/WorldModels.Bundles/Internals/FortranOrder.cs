using System.Buffers;

namespace WorldModels.Bundles.Internals;

/// <summary>Arrays whose first axis runs fastest, as Fortran and <c>numpy.asfortranarray</c> lay them out.</summary>
internal static class FortranOrder
{
    private const int Block = 32;       // so many rows and columns stay in the first cache

    /// <summary>The array in row-major order, of elements as they lie in the file.</summary>
    public static NpyArray ToRowMajor(NpyArray elements, int[] shape) => elements.Type switch
    {
        NpyType.Float32 => ToRowMajor<float>(elements, shape),
        NpyType.Int64 => ToRowMajor<long>(elements, shape),
        NpyType.UInt8 => ToRowMajor<byte>(elements, shape),
        _ => ToRowMajor<bool>(elements, shape),
    };

    private static NpyArray ToRowMajor<T>(NpyArray elements, int[] shape) where T : unmanaged
    {
        NpyArray target = NpyArray.Unwritten(elements.Type, shape);
        if (target.Length > 0)
            ReverseAxes<T>(elements.As<T>(), target.As<T>(), shape);
        return target;
    }

    /// <summary>Brings the first axis to the front by one transposition, then does the same to each of its entries.</summary>
    private static void ReverseAxes<T>(ReadOnlySpan<T> source, Span<T> target, ReadOnlySpan<int> shape) where T : unmanaged
    {
        int rows = shape[0];
        int size = source.Length / rows;
        Transpose(source, target, rows, size);
        if (shape.Length == 2)
            return;
        T[] copy = ArrayPool<T>.Shared.Rent(size);
        for (int row = 0; row < rows; row++)
        {
            Span<T> entry = target.Slice(row * size, size);
            entry.CopyTo(copy);
            ReverseAxes(copy.AsSpan(0, size), entry, shape[1..]);
        }
        ArrayPool<T>.Shared.Return(copy);
    }

    private static void Transpose<T>(ReadOnlySpan<T> source, Span<T> target, int rows, int columns)
    {
        for (int top = 0; top < rows; top += Block)
        {
            int bottom = Math.Min(top + Block, rows);
            for (int left = 0; left < columns; left += Block)
            {
                int right = Math.Min(left + Block, columns);
                for (int row = top; row < bottom; row++)
                {
                    for (int column = left; column < right; column++)
                        target[(row * columns) + column] = source[(column * rows) + row];
                }
            }
        }
    }
}
