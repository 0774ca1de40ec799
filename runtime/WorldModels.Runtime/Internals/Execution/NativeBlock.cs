using System.Runtime.InteropServices;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// Zeroed memory at a fixed address, aligned for vectors, allocated when it is first read or written and freed when disposed. It has no
/// finaliser, because a span does not keep its owner alive: a block that nobody disposes leaks, but is never read after it was freed.
/// Access is thread-safe.
/// </summary>
internal sealed unsafe class NativeBlock(long length) : IDisposable
{
    private const int Alignment = 64;
    private readonly object _gate = new();
    private volatile byte* _address;
    private bool _disposed;

    /// <summary>Bytes.</summary>
    public long Length => length;

    /// <summary>The address of a byte.</summary>
    public nint At(long offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_address is null)
            Take();
        return (nint)(_address + offset);
    }

    /// <summary>Some bytes; valid until the block is disposed.</summary>
    public Span<byte> Bytes(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, length);
        return new((void*)At(offset), count);
    }

    public void Dispose()
    {
        _disposed = true;
        if (_address is not null)
            NativeMemory.AlignedFree(_address);
        _address = null;
    }

    private void Take()
    {
        lock (_gate)
        {
            if (_address is not null)
                return;
            nuint bytes = checked((nuint)Math.Max(length, 1));
            void* taken = NativeMemory.AlignedAlloc(bytes, Alignment);
            NativeMemory.Clear(taken, bytes);
            _address = (byte*)taken;
        }
    }
}
