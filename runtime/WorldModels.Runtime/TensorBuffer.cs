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
    private readonly byte[] storage;
    private readonly int offset;
    private readonly int bytes;
    private readonly long[] shape;
    private readonly int rowBytes;
    private readonly List<OrtValue> views = [];

    public TensorBuffer(TensorSpec spec, int batch)
    {
        Type = spec.Dtype;
        RowSize = spec.RowSize;
        shape = [batch, .. spec.Shape.Skip(1).Select(d => (long)d.Size)];
        rowBytes = checked(RowSize * Tensors.SizeOf(Type));
        long length = (long)rowBytes * batch;
        if (length > Array.MaxLength - Alignment)
            throw new BundleException(
                $"'{spec.Name}' {spec.Describe()} at batch {batch} takes {length / 1e9:0.0} GB in one tensor: use a smaller batch.");
        bytes = (int)length;
        storage = GC.AllocateArray<byte>(bytes + Alignment, pinned: true);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(storage, 0);
        offset = (int)(((address + Alignment - 1) & ~(nint)(Alignment - 1)) - address);
    }

    /// <summary>Element type.</summary>
    public TensorType Type { get; }

    /// <summary>Elements of one row.</summary>
    public int RowSize { get; }

    /// <summary>All bytes.</summary>
    public Span<byte> Bytes => storage.AsSpan(offset, bytes);

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
        for (int row = 0; row < shape[0]; row++) Set(row, value);
    }

    /// <summary>Rows [start, start + count) as a tensor of ONNX Runtime over this memory; lives as long as this buffer.</summary>
    public OrtValue View(int start, int count)
    {
        long[] viewShape = [.. shape];
        viewShape[0] = count;
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(storage, offset + start * rowBytes);
        var view = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, Tensors.ElementType(Type), viewShape, address, (long)count * rowBytes);
        views.Add(view);
        return view;
    }

    public void Dispose()
    {
        foreach (var view in views) view.Dispose();
        views.Clear();
    }
}

/// <summary>One graph with every input and output bound to memory: running it allocates nothing.</summary>
internal sealed class BoundGraph(Graph graph) : IDisposable
{
    private readonly OrtIoBinding binding = graph.Session.CreateIoBinding();
    private readonly RunOptions options = new();

    public void Input(TensorSpec tensor, OrtValue value) => binding.BindInput(tensor.Name, value);

    public void Output(TensorSpec tensor, OrtValue value) => binding.BindOutput(tensor.Name, value);

    public void Run()
    {
        try
        {
            graph.Session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"Graph '{graph.Name}' failed while running: {e.Message.Split('\n')[0].Trim()}", e);
        }
    }

    public void Dispose()
    {
        binding.Dispose();
        options.Dispose();
    }
}

/// <summary>The memory of one noise input and how to draw it.</summary>
internal sealed class NoiseInput(Graph graph, TensorSpec tensor, TensorBuffer buffer, int firstRow, int rows)
{
    private readonly uint stream = Philox.Stream(tensor.Stream ?? $"{graph.Name}/{tensor.Name}");

    /// <summary>Draws every row for a step.</summary>
    public void Draw(ulong seed, uint step)
    {
        for (int row = 0; row < rows; row++)
            Philox.FillWords(new NoiseKey(seed, (uint)(firstRow + row), step, stream), buffer.Row<uint>(row));
        // All rows at once: short rows would leave most of each vector empty.
        Draws.FromWords(tensor.Noise!.Value, buffer.Span<float>()[..(rows * buffer.RowSize)]);
    }
}
