using System.Buffers;
using System.Runtime.InteropServices;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// A file of raw arrays, one after another, of which one at a time is in memory: PureHDF wants every array there is before it writes the
/// first. Not thread-safe.
/// </summary>
internal sealed class Spool(string path) : IDisposable
{
    private readonly FileStream _stream = new(
        path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    private object? _owner;
    private byte[] _bytes = [];

    /// <summary>Appends an array.</summary>
    public SpooledArray<T> Add<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        long at = _stream.Position;
        _stream.Write(MemoryMarshal.AsBytes(values));
        return new(this, at, values.Length);
    }

    /// <summary>The bytes of an array, until another is asked for.</summary>
    public Span<byte> Load(object owner, long at, int length)
    {
        if (_owner != owner)
        {
            if (_bytes.Length < length)
                _bytes = GC.AllocateUninitializedArray<byte>(length);
            _stream.Position = at;
            _stream.ReadExactly(_bytes.AsSpan(0, length));
            _owner = owner;
        }
        return _bytes.AsSpan(0, length);
    }

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();
}

/// <summary>An array in a spool, as memory that is read when somebody looks at it.</summary>
/// <typeparam name="T">Of its elements.</typeparam>
internal sealed class SpooledArray<T>(Spool spool, long at, int length) : MemoryManager<T> where T : unmanaged
{
    /// <inheritdoc />
    public override Memory<T> Memory => CreateMemory(length);

    /// <inheritdoc />
    public override Span<T> GetSpan() =>
        MemoryMarshal.Cast<byte, T>(spool.Load(this, at, checked(length * System.Runtime.CompilerServices.Unsafe.SizeOf<T>())));

    /// <inheritdoc />
    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("It is read, and not pinned.");

    /// <inheritdoc />
    public override void Unpin()
    {
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
    }
}
