using System.Runtime.InteropServices;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// Copies some rows out of an array that is stored in chunks, a chunk at a time. PureHDF would walk along each row, which takes minutes
/// where a chunk is one column wide, as h5py makes them for long arrays; so it is asked for one number of each chunk, and the chunk is
/// taken from it on its way through this cache.
/// </summary>
/// <typeparam name="T">Of the size of a number in the file.</typeparam>
internal sealed class ChunkedRows<T> : IReadingChunkCache where T : unmanaged
{
    private readonly long[] _shape;
    private readonly long[] _chunk;
    private readonly long[] _grid;
    private readonly long _first;
    private readonly long _rows;
    private readonly int _elementBytes;
    private readonly T[] _target;

    /// <summary>Prepares for so many rows from the first on.</summary>
    /// <param name="dataset">The array.</param>
    /// <param name="first">The first row.</param>
    /// <param name="rows">How many; at least one.</param>
    /// <param name="target">Receives the rows, in the byte order of the file.</param>
    public ChunkedRows(NativeDataset dataset, long first, long rows, T[] target)
    {
        _shape = Array.ConvertAll(dataset.Space.Dimensions, size => (long)size);
        _chunk = Array.ConvertAll(dataset.Layout.Chunks!, size => (long)size);
        _grid = [.. _shape.Zip(_chunk, (size, chunk) => (size + chunk - 1) / chunk)];
        (_first, _rows, _target) = (first, rows, target);
        _elementBytes = dataset.Type.Size;
        long firstChunk = first / _chunk[0], lastChunk = (first + rows - 1) / _chunk[0];
        Count = checked((int)((lastChunk - firstChunk + 1) * _grid.Skip(1).Aggregate(1L, (product, size) => product * size)));
        Selection = new DelegateSelection((ulong)Count, _ => Steps(firstChunk, Count));
    }

    /// <summary>How many chunks hold the rows.</summary>
    public int Count { get; }

    /// <summary>The first number of each of them.</summary>
    public Selection Selection { get; }

    /// <inheritdoc />
    public Memory<byte> GetChunk(ulong chunkIndex, Func<Memory<byte>> chunkReader)
    {
        Memory<byte> chunk = chunkReader();
        long[] starts = Coordinates((long)chunkIndex);
        Copy(chunk.Span, starts, 0, 0, 0);
        return chunk;
    }

    private IEnumerable<Step> Steps(long firstChunk, int count)
    {
        long perRow = count / ((_first + _rows - 1) / _chunk[0] - firstChunk + 1);
        for (int i = 0; i < count; i++)
            yield return new Step(Array.ConvertAll(Coordinates(firstChunk * perRow + i), at => (ulong)at), 1);
    }

    /// <summary>Where a chunk begins, by its number.</summary>
    private long[] Coordinates(long index)
    {
        long[] starts = new long[_grid.Length];
        for (int axis = _grid.Length - 1; axis >= 0; axis--)
            (index, starts[axis]) = (index / _grid[axis], index % _grid[axis] * _chunk[axis]);
        return starts;
    }

    /// <summary>Copies what of a chunk lies in the rows; offsets count elements up to an axis.</summary>
    private void Copy(ReadOnlySpan<byte> chunk, long[] starts, int axis, long from, long to)
    {
        long begin = axis == 0 ? Math.Max(starts[0], _first) : starts[axis];
        long end = Math.Min(starts[axis] + _chunk[axis], axis == 0 ? _first + _rows : _shape[axis]);
        from = from * _chunk[axis] + begin - starts[axis];
        to = axis == 0 ? begin - _first : to * _shape[axis] + begin;
        long run = end - begin;
        bool together = true;
        for (int inner = axis + 1; inner < _shape.Length; inner++)
        {
            together &= _chunk[inner] == _shape[inner];
            run *= _shape[inner];
        }
        if (together)
        {
            long size = run / (end - begin) * _elementBytes;
            chunk.Slice((int)(from * size), (int)(run * _elementBytes)).CopyTo(MemoryMarshal.AsBytes(_target.AsSpan())[(int)(to * size)..]);
            return;
        }
        for (long i = 0; i < end - begin; i++)
            Copy(chunk, starts, axis + 1, from + i, to + i);
    }
}
