using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);
    public static Tensor cat(Tensor[] tensors, long dim = 0) => Call("aten::cat", tensors, dim);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);
    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors.ToArray(), dim);
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors.ToArray(), axis);
    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors.ToArray(), axis);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Call("aten::stack", tensors.ToArray(), dim);

    public static Tensor hstack(IList<Tensor> tensors) => hstack(tensors.ToArray());
    public static Tensor hstack(params Tensor[] tensors) => Call("aten::hstack", tensors);
    public static Tensor hstack(IEnumerable<Tensor> tensors) => hstack(tensors.ToArray());
    public static Tensor hstack(ReadOnlySpan<Tensor> tensors) => hstack(tensors.ToArray());
    public static Tensor vstack(IList<Tensor> tensors) => vstack(tensors.ToArray());
    public static Tensor vstack(Tensor[] tensors) => Call("aten::vstack", tensors);
    public static Tensor vstack(ReadOnlySpan<Tensor> tensors) => vstack(tensors.ToArray());

    public static Tensor block_diag(params Tensor[] tensors) => Call("aten::block_diag", tensors);
    public static Tensor cartesian_prod(IList<Tensor> tensors) => cartesian_prod(tensors.ToArray());
    public static Tensor cartesian_prod(params Tensor[] tensors) => Call("aten::cartesian_prod", tensors);
    public static Tensor cartesian_prod(ReadOnlySpan<Tensor> tensors) => cartesian_prod(tensors.ToArray());
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => CallList("aten::broadcast_tensors", tensors);
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        CallList("aten::meshgrid.indexing", tensors.ToArray(), indexing);

    public static Tensor einsum(string equation, params Tensor[] tensors) => Call("aten::einsum", equation, tensors);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Call("aten::where.self", condition, x, y);
    public static Tensor[] where(Tensor condition) => CallList("aten::where", condition);
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
    public static Tensor norm(Tensor input) => input.norm();
    public static Tensor movedim(Tensor input, long source, long destination) => Call("aten::movedim.int", input, source, destination);
    public static Tensor gather(Tensor input, long dim, Tensor index, bool sparse_grad = false) =>
        Call("aten::gather", input, dim, index, sparse_grad);

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false,
        Tensor? sorter = null) =>
        Call("aten::searchsorted.Tensor", sorted_sequence, values, out_int32, right, default, sorter);

    public static long numel(Tensor input) => input.numel();
    public static bool is_tensor(object obj) => obj is Tensor;
    public static bool is_floating_point(Tensor input) => input.is_floating_point();
    public static bool is_integral(Tensor t) => t.is_integral();
    public static bool is_nonzero(Tensor input) => input.is_nonzero();

    // ---- sequences and draws
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null,
                                bool requires_grad = false) =>
        Made(Call("aten::arange.start_step", start, stop, step, dtype, default, device), requires_grad, null);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null,
                                  bool requires_grad = false) =>
        Made(Call("aten::linspace", start, end, steps, dtype, default, device), requires_grad, null);

    public static Tensor logspace(double start, double end, long steps, double @base = 10, ScalarType? dtype = null, Device? device = null,
                                  bool requires_grad = false) =>
        Made(Call("aten::logspace", start, end, steps, @base, dtype, default, device), requires_grad, null);

    public static Tensor eye(long rows, long columns = -1L, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
                             string[]? names = null) =>
        Made(Call("aten::eye.m", rows, columns < 0 ? rows : columns, dtype, default, device), requires_grad, names);

    public static Tensor tril_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Call("aten::tril_indices", row, col, offset, dtype, default, device);

    public static Tensor triu_indices(long row, long col, long offset = 0, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Call("aten::triu_indices", row, col, offset, dtype, default, device);

    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null) =>
        Made(Call("aten::randperm.generator", n, generator, dtype ?? ScalarType.Int64, default, device), requires_grad, null);

    public static Tensor normal(double mean, double std, ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null,
                                bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        Made(randn(size, dtype, device, false, generator, names).mul_(std).add_(mean), requires_grad, null);

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null) =>
        Call("aten::normal.Tensor_Tensor", mean, std, generator);

    public static double rand_float(Generator? generator = null)
    {
        using var drawn = rand(1, ScalarType.Float64, generator: generator);
        return drawn.ToDouble();
    }

    public static double randn_float(Generator? generator = null)
    {
        using var drawn = randn(1, ScalarType.Float64, generator: generator);
        return drawn.ToDouble();
    }

    public static int randint_int(int high, Generator? generator = null) => (int)randint_long(0, high, generator);
    public static int randint_int(int low, int high, Generator? generator = null) => (int)randint_long(low, high, generator);
    public static long randint_long(long high, Generator? generator = null) => randint_long(0, high, generator);

    public static long randint_long(long low, long high, Generator? generator = null)
    {
        using var drawn = randint(low, high, new long[] { 1 }, generator: generator);
        return drawn.ToInt64();
    }
}
