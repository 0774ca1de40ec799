using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// A tensor (B, ...row) at a fixed address, which ONNX Runtime reads and writes in place: in the host's memory, or in a device's beside the
/// host's, where each side sees what the other wrote. Spans of it are valid until it is disposed.
/// </summary>
internal sealed class TensorBuffer : IDisposable
{
    private readonly NativeBlock _memory;
    private readonly bool _ownsMemory;
    private readonly TensorSpec _spec;
    private readonly long _offset;
    private readonly int _batch;
    private readonly int _bytes;
    private readonly DeviceTensor? _device;
    private readonly int _step;
    private readonly List<OrtValue> _views = [];

    /// <summary>A tensor in the host's memory and, if one is given, in a device's.</summary>
    public TensorBuffer(TensorSpec spec, int batch, DeviceMemory? device = null)
    {
        (_spec, _batch, _ownsMemory) = (spec, batch, true);
        (Type, RowSize, _bytes) = (spec.Dtype, spec.RowSize, BytesOf(spec, batch));
        _memory = new(_bytes);
        if (device is not null)
            _device = new(device, spec, batch, 1, _memory);
    }

    /// <summary>The tensor of one step, inside memory that somebody else frees.</summary>
    public TensorBuffer(TensorSpec spec, int batch, NativeBlock memory, int step, DeviceTensor? device)
    {
        (_spec, _batch, _memory, _step, _device) = (spec, batch, memory, step, device);
        (Type, RowSize, _bytes) = (spec.Dtype, spec.RowSize, BytesOf(spec, batch));
        _offset = (long)_bytes * step;
    }

    /// <summary>Element type.</summary>
    public TensorType Type { get; }

    /// <summary>Elements of one row.</summary>
    public int RowSize { get; }

    /// <summary>All elements, (B, ...row).</summary>
    public ReadOnlySpan<T> Read<T>() where T : unmanaged
    {
        _device?.ToHost(_step);
        return MemoryMarshal.Cast<byte, T>(_memory.Bytes(_offset, _bytes));
    }

    /// <summary>All elements, (B, ...row), to read and change.</summary>
    public Span<T> Span<T>() where T : unmanaged
    {
        _device?.ToHost(_step);
        return Overwrite<T>();
    }

    /// <summary>All elements, (B, ...row), for a caller who sets every one. The old values are not copied from a device.</summary>
    public Span<T> Overwrite<T>() where T : unmanaged
    {
        _device?.HostWrites(_step);
        return MemoryMarshal.Cast<byte, T>(_memory.Bytes(_offset, _bytes));
    }

    /// <summary>The elements of one row, to read and change.</summary>
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

    /// <summary>Sets every element to a small whole number.</summary>
    public void SetAll(int value)
    {
        if (_device?.HostFills(_step, value) == false)
            return;
        Span<byte> bytes = _memory.Bytes(_offset, _bytes);
        switch (Type)
        {
            case TensorType.Float32: MemoryMarshal.Cast<byte, float>(bytes).Fill(value); break;
            case TensorType.Int64: MemoryMarshal.Cast<byte, long>(bytes).Fill(value); break;
            default: bytes.Fill((byte)value); break;
        }
    }

    /// <summary>Takes another tensor's elements, on the device if they are there.</summary>
    public void CopyFrom(TensorBuffer other)
    {
        if (_device is not null && other._device?.TryCopy(other._step, _device, _step) == true)
            return;
        other.Read<byte>().CopyTo(Overwrite<byte>());
    }

    /// <summary>Takes one row of another tensor of this shape.</summary>
    public void CopyRow(TensorBuffer other, int row)
    {
        int size = _bytes / _batch;
        other.Read<byte>().Slice(row * size, size).CopyTo(Span<byte>().Slice(row * size, size));
    }

    /// <summary>Rows [start, start + count) as ONNX Runtime is given them; lives as long as this buffer.</summary>
    public TensorView View(int start, int count)
    {
        if (_device is not null)
            return new(_device.View((long)_step * _batch + start, count), [this]);
        OrtValue view = Wrap(_spec, _memory, _offset + (long)start * RowSize * Tensors.SizeOf(Type), count);
        _views.Add(view);
        return new(view, []);
    }

    /// <summary>Before a run that reads it.</summary>
    public void DeviceReads() => _device?.ToDevice(_step);

    /// <summary>After a run that wrote it.</summary>
    public void DeviceWrote() => _device?.DeviceWrote(_step);

    /// <summary>Rows of a tensor that begin somewhere in the host's memory, for the caller to dispose.</summary>
    public static OrtValue Wrap(TensorSpec spec, NativeBlock memory, long offset, int rows) =>
        OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, Tensors.ElementType(spec.Dtype), Tensors.Shape(spec, rows),
            memory.At(offset), (long)rows * spec.RowSize * Tensors.SizeOf(spec.Dtype));

    /// <summary>Bytes of a tensor.</summary>
    /// <exception cref="BundleException">More than one tensor may have.</exception>
    public static int BytesOf(TensorSpec spec, int batch)
    {
        long length = (long)spec.RowSize * Tensors.SizeOf(spec.Dtype) * batch;
        return length <= Array.MaxLength ? (int)length : throw new BundleException(
            $"'{spec.Name}' {spec.Describe()} at batch {batch} takes {length / 1e9:0.0} GB in one tensor: use a batch of at most "
            + $"{MostRows(spec)}.");
    }

    /// <summary>The largest batch of a tensor.</summary>
    public static int MostRows(TensorSpec spec) => (int)(Array.MaxLength / ((long)spec.RowSize * Tensors.SizeOf(spec.Dtype)));

    public void Dispose()
    {
        foreach (OrtValue view in _views)
            view.Dispose();
        _views.Clear();
        if (_ownsMemory)
            _memory.Dispose();
    }
}
