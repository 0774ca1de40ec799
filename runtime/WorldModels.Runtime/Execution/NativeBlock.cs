using System.Runtime.InteropServices;

namespace WorldModels.Runtime;

/// <summary>Zeroed memory at a fixed address, aligned for vectors, freed when disposed or forgotten.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private const int Alignment = 64;
    private byte* _address;

    public NativeBlock(long bytes)
    {
        Length = bytes;
        nuint length = checked((nuint)Math.Max(bytes, 1));
        _address = (byte*)NativeMemory.AlignedAlloc(length, Alignment);
        NativeMemory.Clear(_address, length);
    }

    ~NativeBlock() => Free();

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The address of a byte.</summary>
    public nint At(long offset) => (nint)(_address + offset);

    /// <summary>Some bytes; valid until the block is disposed.</summary>
    public Span<byte> Bytes(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new(_address + offset, length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_address is not null) NativeMemory.AlignedFree(_address);
        _address = null;
    }
}
