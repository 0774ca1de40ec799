using System.Collections;

namespace TorchSharp.Utils;

/// <summary>Reads and writes the elements of a tensor on the CPU, of any strides, in row-major order.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor tensor;               // keeps the memory alive as long as the accessor
    private readonly T* start;
    private readonly long[] shape, strides;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.dtype != torch.TypeOf<T>())
            throw new ArgumentException($"The tensor holds {tensor.dtype}, not {typeof(T).Name}; convert it with to(ScalarType) first.");
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException("Only the memory of tensors on the CPU can be read; call cpu() first.");
        this.tensor = tensor;
        (shape, strides) = (tensor.shape, tensor.stride());
        start = (T*)tensor.Data;
        Count = tensor.numel();
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    public T this[params long[] indices]
    {
        get => Alive(start[Offset(indices)]);
        set => Alive(start[Offset(indices)] = value);
    }

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = array[arrayIndex..];
        int n = (int)Math.Min(target.Length, Count - tensorIndex);
        if (tensor.is_contiguous()) new ReadOnlySpan<T>(start + tensorIndex, n).CopyTo(target);
        else for (int i = 0; i < n; i++) target[i] = start[Offset(tensorIndex + i)];
        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom((ReadOnlySpan<T>)array, arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        int n = (int)Math.Min(source.Length, Count - tensorIndex);
        if (tensor.is_contiguous()) source[..n].CopyTo(new Span<T>(start + tensorIndex, n));
        else for (int i = 0; i < n; i++) start[Offset(tensorIndex + i)] = source[i];
        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++) yield return At(i);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() { }

    private T At(long index) => Alive(start[Offset(index)]);

    private T Alive(T value)
    {
        GC.KeepAlive(tensor);
        return value;
    }

    // Where the element at a position in row-major order is.
    private long Offset(long index)
    {
        long offset = 0;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            offset += index % shape[d] * strides[d];
            index /= shape[d];
        }
        return offset;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1) return Offset(Check(indices[0], Count, 0));
        if (indices.Length != shape.Length)
            throw new ArgumentException($"{indices.Length} indices for a tensor of {shape.Length} dimensions.", nameof(indices));
        long offset = 0;
        for (int d = 0; d < indices.Length; d++) offset += Check(indices[d], shape[d], d) * strides[d];
        return offset;
    }

    private static long Check(long index, long size, int dimension) => index >= 0 && index < size ? index
        : throw new IndexOutOfRangeException($"Index {index} is outside dimension {dimension} of size {size}.");
}
