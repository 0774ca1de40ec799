using System.Buffers;

namespace WorldModels.Recordings;

/// <summary>Some bytes of the file of an <see cref="ObservationStore"/>, to be read only.</summary>
internal sealed unsafe class MappedMemory(ObservationStore store, long place, int length) : MemoryManager<byte>
{
    /// <inheritdoc />
    public override Span<byte> GetSpan() => new(store.At(place, length), length);

    /// <inheritdoc />
    public override MemoryHandle Pin(int elementIndex = 0) => new(store.At(place, length) + elementIndex, pinnable: this);

    /// <inheritdoc />
    public override void Unpin()
    {
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
    }
}
