using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    // The operators take dtype, layout and device after the shape.
    public static Tensor empty(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new long[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor empty(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new long[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor empty(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new long[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor empty(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new long[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", new[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", size, dtype, default, device), requires_grad, names);
    public static Tensor empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::empty.memory_format", size, dtype, default, device), requires_grad, names);

    public static Tensor zeros(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::zeros", new long[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", new long[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", new long[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", new long[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::zeros", new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::zeros", new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", new[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", new[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", size, dtype, default, device), requires_grad, names);
    public static Tensor zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::zeros", size, dtype, default, device), requires_grad, names);

    public static Tensor ones(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::ones", new long[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor ones(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new long[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor ones(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new long[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor ones(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new long[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::ones", new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, names);
    public static Tensor ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, names);
    public static Tensor ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new[] { rows, columns }, dtype, default, device), requires_grad, names);
    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", new[] { size }, dtype, default, device), requires_grad, names);
    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", size, dtype, default, device), requires_grad, names);
    public static Tensor ones(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::ones", size, dtype, default, device), requires_grad, names);

    public static Tensor full(int dim0, int dim1, int dim2, int dim3, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new long[] { dim0, dim1, dim2, dim3 }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(int dim0, int dim1, int dim2, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new long[] { dim0, dim1, dim2 }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(int rows, int columns, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new long[] { rows, columns }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(int size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::full", new long[] { size }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(long dim0, long dim1, long dim2, long dim3, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new[] { dim0, dim1, dim2, dim3 }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(long dim0, long dim1, long dim2, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new[] { dim0, dim1, dim2 }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(long rows, long columns, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", new[] { rows, columns }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::full", new[] { size }, value, dtype, default, device), requires_grad, names);
    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(Call("aten::full", size, value, dtype, default, device), requires_grad, names);
    public static Tensor full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        Made(Call("aten::full", size, value, dtype, default, device), requires_grad, names);

    public static Tensor rand(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new long[] { dim0, dim1, dim2, dim3 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new long[] { dim0, dim1, dim2 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new long[] { rows, columns }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new long[] { size }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new[] { dim0, dim1, dim2, dim3 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new[] { dim0, dim1, dim2 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new[] { rows, columns }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", new[] { size }, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", size, generator, dtype, default, device), requires_grad, names);
    public static Tensor rand(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::rand.generator", size, generator, dtype, default, device), requires_grad, names);

    public static Tensor randn(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new long[] { dim0, dim1, dim2, dim3 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new long[] { dim0, dim1, dim2 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new long[] { rows, columns }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new long[] { size }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new[] { dim0, dim1, dim2, dim3 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new[] { dim0, dim1, dim2 }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new[] { rows, columns }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", new[] { size }, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", size, generator, dtype, default, device), requires_grad, names);
    public static Tensor randn(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randn.generator", size, generator, dtype, default, device), requires_grad, names);

    public static Tensor randint(int high, int[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", 0, high, Array.ConvertAll(size, d => (long)d), generator, dtype ?? ScalarType.Int64,
            default, device), requires_grad, names);
    public static Tensor randint(int low, int high, int[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", low, high, Array.ConvertAll(size, d => (long)d), generator, dtype ?? ScalarType.Int64,
            default, device), requires_grad, names);
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", 0, high, size, generator, dtype ?? ScalarType.Int64, default, device), requires_grad,
            names);
    public static Tensor randint(long high, Size size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", 0, high, size.Shape, generator, dtype ?? ScalarType.Int64, default, device),
            requires_grad, names);
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", low, high, size, generator, dtype ?? ScalarType.Int64, default, device), requires_grad,
            names);
    public static Tensor randint(long low, long high, Size size, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(Call("aten::randint.low_generator", low, high, size.Shape, generator, dtype ?? ScalarType.Int64, default, device),
            requires_grad, names);
    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(input.zeros_like(dtype, device, requires_grad), false, names);
    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(input.ones_like(dtype, device, requires_grad), false, names);
    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(input.empty_like(dtype, device, requires_grad), false, names);
    public static Tensor full_like(Tensor input, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) =>
        Made(input.full_like(value, dtype, device, requires_grad), false, names);

    private static Tensor Made(Tensor tensor, bool requires_grad, string[]? names)
    {
        if (names is not null) throw new NotSupportedException("Named dimensions are not supported.");
        return requires_grad ? tensor.requires_grad_() : tensor;
    }
}
