using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Call("aten::addmm", this, mat1, mat2, beta, alpha);
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            InPlace("aten::addmm_", this, mat1, mat2, beta, alpha);
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => Call("aten::addmv", this, mat, vec, beta, alpha);
        public Tensor all() => Call("aten::all", this);
        public Tensor all(long dim, bool keepdim = false) => Call("aten::all.dim", this, dim, keepdim);
        public bool allclose(Tensor target, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) =>
            CallValue("aten::allclose", this, target, rtol, atol, equal_nan).Bits != 0;
        public Tensor amax(long[] dims) => Call("aten::amax", this, dims);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => Out(Call("aten::amax", this, dims, keepdim), @out);
        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Out(Call("aten::amax", this, dims, keepdim), @out);
        public Tensor amin(long[] dims) => Call("aten::amin", this, dims);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => Out(Call("aten::amin", this, dims, keepdim), @out);
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            Out(Call("aten::amin", this, dims, keepdim), @out);
        public (Tensor, Tensor) aminmax(long? dim = null, bool keepdim = false) => CallPair("aten::aminmax", this, dim, keepdim);
        public Tensor any() => Call("aten::any", this);
        public Tensor any(long dim, bool keepdim = false) => Call("aten::any.dim", this, dim, keepdim);
        public Tensor argmax() => Call("aten::argmax", this);
        public Tensor argmax(long dim, bool keepdim = false) => Call("aten::argmax", this, dim, keepdim);
        public Tensor argmin() => Call("aten::argmin", this);
        public Tensor argmin(long dim, bool keepdim = false) => Call("aten::argmin", this, dim, keepdim);
        public Tensor argsort(long dim = -1, bool descending = false) => Call("aten::argsort", this, dim, descending);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Call("aten::baddbmm", this, batch1, batch2, beta, alpha);
        public Tensor bincount(Tensor? weights, long minlength = 0) => Call("aten::bincount", this, weights, minlength);
        public Tensor bmm(Tensor batch2) => Call("aten::bmm", this, batch2);
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Call("aten::bucketize.Tensor", this, boundaries, outInt32, right);
        public Tensor cholesky(bool upper = false) => Call("aten::cholesky", this, upper);
        public Tensor count_nonzero(long[]? dims = null) =>
            dims is null ? Call("aten::count_nonzero", this) : Call("aten::count_nonzero.dim_IntList", this, dims);
        public (Tensor, Tensor) cummax(long dim) => CallPair("aten::cummax", this, dim);
        public (Tensor, Tensor) cummin(long dim) => CallPair("aten::cummin", this, dim);
        public Tensor cumprod(long dim, ScalarType? type = null) => Call("aten::cumprod", this, dim, type);
        public Tensor cumsum(long dim, ScalarType? type = null) => Call("aten::cumsum", this, dim, type);
        public Tensor det() => Call("aten::det", this);
        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) =>
            Call("aten::diff", this, n, dim, prepend, append);
        public Tensor dist(Tensor other, float p = 2) => Call("aten::dist", this, other, p);
        public Tensor dot(Tensor target) => Call("aten::dot", this, target);
        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Call("aten::histc", this, bins, min, max);
        public Tensor inner(Tensor vec2) => Call("aten::inner", this, vec2);
        public Tensor inverse() => Call("aten::inverse", this);
        public Tensor isclose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool nanEqual = false) =>
            Call("aten::isclose", this, other, rtol, atol, nanEqual);
        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            Call("aten::isin.Tensor_Tensor", this, test_elements, assumeUnique, invert);
        public Tensor kron(Tensor other) => Call("aten::kron", this, other);
        public (Tensor, Tensor) kthvalue(long k, long? dim, bool keepdim = false) =>
            CallPair("aten::kthvalue", this, k, dim ?? -1, keepdim);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Call("aten::log_softmax.int", this, dim, dtype);
        public Tensor logcumsumexp(long dim) => Call("aten::logcumsumexp", this, dim);
        public Tensor logsumexp(long dim, bool keepdim = false) => Call("aten::logsumexp", this, dim, keepdim);
        public Tensor matmul(Tensor target) => Call("aten::matmul", this, target);
        public Tensor matrix_exp() => Call("aten::matrix_exp", this);
        public Tensor matrix_power(int n) => Call("aten::matrix_power", this, n);
        public Tensor max() => Call("aten::max", this);
        public Tensor max(Tensor other) => Call("aten::max.other", this, other);
        public (Tensor, Tensor) max(long dim, bool keepdim = false) => CallPair("aten::max.dim", this, dim, keepdim);
        public Tensor mean() => Call("aten::mean", this);
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::mean.dim", this, dimensions, keepdim, type);
        public Tensor median() => Call("aten::median", this);
        public Tensor min() => Call("aten::min", this);
        public Tensor min(Tensor other) => Call("aten::min.other", this, other);
        public (Tensor, Tensor) min(long dim, bool keepdim = false) => CallPair("aten::min.dim", this, dim, keepdim);
        public Tensor mm(Tensor target) => Call("aten::mm", this, target);
        public (Tensor, Tensor) mode(long dim = -1, bool keepdim = false) => CallPair("aten::mode", this, dim, keepdim);
        public Tensor msort() => Call("aten::msort", this);
        public Tensor mv(Tensor target) => Call("aten::mv", this, target);
        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
            Call("aten::nanmean", this, dim is { } d ? new long[] { d } : null, keepdim, dtype);
        public Tensor nanmedian() => Call("aten::nanmedian", this);
        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => Call("aten::nanquantile", this, q, dim, keepdim);
        public Tensor nansum() => Call("aten::nansum", this);
        public Tensor norm(int dim, bool keepdim = false, float p = 2) => Call("aten::norm.ScalarOpt_dim", this, p, dim, keepdim);
        public Tensor norm(float p = 2) => Call("aten::norm.Scalar", this, p);
        public Tensor outer(Tensor vec2) => Call("aten::outer", this, vec2);
        public Tensor prod(ScalarType? type = null) => Call("aten::prod", this, type);
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::prod.dim_int", this, dim, keepdim, type);
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Call("aten::quantile", this, q, dim, keepdim);
        public Tensor softmax(long dim, ScalarType? dtype = null) => Call("aten::softmax.int", this, dim, dtype);
        public (Tensor, Tensor) sort(long dim = -1, bool descending = false, bool stable = false) =>
            CallPair("aten::sort.stable", this, stable, dim, descending);
        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::std.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::std.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor std(bool unbiased = true) => Call("aten::std", this, unbiased);
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::std.dim", this, dim, unbiased, keepdim), type);
        public (Tensor, Tensor) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(CallPair("aten::std_mean.dim", this, dimensions, unbiased, keepdim), type);
        public (Tensor, Tensor) std_mean(bool unbiased = true) => CallPair("aten::std_mean", this, unbiased);
        public (Tensor, Tensor) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(CallPair("aten::std_mean.dim", this, dim, unbiased, keepdim), type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(ScalarType? type = null) => Call("aten::sum", this, type);
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::sum.dim_IntList", this, dim, keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::sum.dim_IntList", this, new[] { dim0, dim1 }, keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            Call("aten::sum.dim_IntList", this, new[] { dim0, dim1, dim2 }, keepdim, type);
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Call("aten::tensordot", this, b, dims1, dims2);
        public (Tensor, Tensor) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            CallPair("aten::topk", this, k, dim, largest, sorted);
        public Tensor trace() => Call("aten::trace", this);
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::var.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::var.dim", this, dimensions, unbiased, keepdim), type);
        public Tensor var(bool unbiased = true) => Call("aten::var", this, unbiased);
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(Call("aten::var.dim", this, dim, unbiased, keepdim), type);
        public (Tensor, Tensor) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(CallPair("aten::var_mean.dim", this, dimensions, unbiased, keepdim), type);
        public (Tensor, Tensor) var_mean(bool unbiased = true) => CallPair("aten::var_mean", this, unbiased);
        public (Tensor, Tensor) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            As(CallPair("aten::var_mean.dim", this, dim, unbiased, keepdim), type);

        /// <summary>The distinct values, where each element went, and how often each occurs.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false,
            bool return_counts = false, int? dim = null) => dim is { } d
            ? CallTriple("aten::unique_dim", this, d, sorted, return_inverse, return_counts)
            : CallTriple("aten::_unique2", this, sorted, return_inverse, return_counts);

        // The operators have no dtype or out argument where TorchSharp's methods do.
        private static Tensor As(Tensor result, ScalarType? type) => type is { } t ? result.to_type(t, disposeAfter: true) : result;

        private static (Tensor, Tensor) As((Tensor, Tensor) results, ScalarType? type) =>
            (As(results.Item1, type), As(results.Item2, type));

        private static Tensor Out(Tensor result, Tensor? target)
        {
            if (target is null) return result;
            target.copy_(result);
            result.Dispose();
            return target;
        }
    }
}
