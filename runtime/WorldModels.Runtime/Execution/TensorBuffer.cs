using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>
/// A tensor (B, ...row) at a fixed address, which ONNX Runtime reads and writes in place. The memory is a pinned array, not malloc'd:
/// a span of it that outlives <see cref="Dispose"/> stays valid memory.
/// </summary>
internal sealed class TensorBuffer : IDisposable
{
    private const int Alignment = 64;
    private readonly byte[] _storage;
    private readonly int _offset;
    private readonly int _bytes;
    private readonly long[] _shape;
    private readonly int _rowBytes;
    private readonly List<OrtValue> _views = [];

    public TensorBuffer(TensorSpec spec, int batch)
    {
        Type = spec.Dtype;
        RowSize = spec.RowSize;
        _shape = [batch, .. spec.Shape.Skip(1).Select(d => (long)d.Size)];
        _rowBytes = checked(RowSize * Tensors.SizeOf(Type));
        long length = (long)_rowBytes * batch;
        if (length > Array.MaxLength - Alignment)
            throw new BundleException(
                $"'{spec.Name}' {spec.Describe()} at batch {batch} takes {length / 1e9:0.0} GB in one tensor: use a smaller batch.");
        _bytes = (int)length;
        _storage = GC.AllocateArray<byte>(_bytes + Alignment, pinned: true);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_storage, 0);
        _offset = (int)(((address + Alignment - 1) & ~(nint)(Alignment - 1)) - address);
    }

    /// <summary>Element type.</summary>
    public TensorType Type { get; }

    /// <summary>Elements of one row.</summary>
    public int RowSize { get; }

    /// <summary>All bytes.</summary>
    public Span<byte> Bytes => _storage.AsSpan(_offset, _bytes);

    /// <summary>All elements, (B, ...row).</summary>
    public Span<T> Span<T>() where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);

    /// <summary>The elements of one row.</summary>
    public Span<T> Row<T>(int row) where T : unmanaged => Span<T>().Slice(row * RowSize, RowSize);

    /// <summary>Sets one row, or a number per row, to a small whole number, whatever the element type.</summary>
    public void Set(int row, int value)
    {
        switch (Type)
        {
            case TensorType.Float32: Row<float>(row).Fill(value); break;
            case TensorType.Int64: Row<long>(row).Fill(value); break;
            default: Row<byte>(row).Fill((byte)value); break;
        }
    }

    /// <summary>Sets every row.</summary>
    public void SetAll(int value)
    {
        for (int row = 0; row < _shape[0]; row++) Set(row, value);
    }

    /// <summary>Rows [start, start + count) as a tensor of ONNX Runtime over this memory; lives as long as this buffer.</summary>
    public OrtValue View(int start, int count)
    {
        long[] viewShape = [.. _shape];
        viewShape[0] = count;
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_storage, _offset + start * _rowBytes);
        var view = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, Tensors.ElementType(Type), viewShape, address, (long)count * _rowBytes);
        _views.Add(view);
        return view;
    }

    public void Dispose()
    {
        foreach (var view in _views) view.Dispose();
        _views.Clear();
    }
}
