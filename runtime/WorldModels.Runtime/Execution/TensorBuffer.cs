using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>
/// A tensor (B, ...row) at a fixed address, which ONNX Runtime reads and writes in place. Spans of it are valid until it is disposed.
/// </summary>
internal sealed class TensorBuffer : IDisposable
{
    private readonly NativeBlock _memory;
    private readonly bool _ownsMemory;
    private readonly TensorSpec _spec;
    private readonly long _offset;
    private readonly int _batch;
    private readonly int _bytes;
    private readonly List<OrtValue> _views = [];

    public TensorBuffer(TensorSpec spec, int batch) : this(spec, batch, new(BytesOf(spec, batch)), 0) => _ownsMemory = true;

    /// <summary>A tensor inside memory that somebody else frees.</summary>
    public TensorBuffer(TensorSpec spec, int batch, NativeBlock memory, long offset)
    {
        (_spec, _batch, _memory, _offset) = (spec, batch, memory, offset);
        (Type, RowSize, _bytes) = (spec.Dtype, spec.RowSize, BytesOf(spec, batch));
    }

    /// <summary>Element type.</summary>
    public TensorType Type { get; }

    /// <summary>Elements of one row.</summary>
    public int RowSize { get; }

    /// <summary>All bytes.</summary>
    public Span<byte> Bytes => _memory.Bytes(_offset, _bytes);

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
        for (int row = 0; row < _batch; row++) Set(row, value);
    }

    /// <summary>Rows [start, start + count) as a tensor of ONNX Runtime over this memory; lives as long as this buffer.</summary>
    public OrtValue View(int start, int count)
    {
        var view = Wrap(_spec, _memory, _offset + (long)start * RowSize * Tensors.SizeOf(Type), count);
        _views.Add(view);
        return view;
    }

    /// <summary>Rows of a tensor that begin somewhere in memory, for the caller to dispose.</summary>
    public static OrtValue Wrap(TensorSpec spec, NativeBlock memory, long offset, int rows)
    {
        long[] shape = [rows, .. spec.Shape.Skip(1).Select(d => (long)d.Size)];
        long bytes = (long)rows * spec.RowSize * Tensors.SizeOf(spec.Dtype);
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, Tensors.ElementType(spec.Dtype), shape, memory.At(offset), bytes);
    }

    /// <summary>Bytes of a tensor.</summary>
    /// <exception cref="BundleException">More than one tensor may have.</exception>
    public static int BytesOf(TensorSpec spec, int batch)
    {
        long length = (long)spec.RowSize * Tensors.SizeOf(spec.Dtype) * batch;
        return length <= Array.MaxLength ? (int)length : throw new BundleException(
            $"'{spec.Name}' {spec.Describe()} at batch {batch} takes {length / 1e9:0.0} GB in one tensor: use a smaller batch.");
    }

    public void Dispose()
    {
        foreach (var view in _views) view.Dispose();
        _views.Clear();
        if (_ownsMemory) _memory.Dispose();
    }
}
