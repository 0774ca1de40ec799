using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor adjoint() => Call("aten::adjoint", this);
        public Tensor alias() => Call("aten::alias", this);
        public Tensor argwhere() => Call("aten::argwhere", this);
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) =>
            Call("aten::as_strided", this, size, strides, storageOffset);
        public Tensor broadcast_to(params long[] shape) => Call("aten::broadcast_to", this, shape);
        public Tensor[] chunk(long chunks, long dim = 0) => CallList("aten::chunk", this, chunks, dim);
        public Tensor clone() => Call("aten::clone", this);
        public Tensor contiguous() => Call("aten::contiguous", this);
        public Tensor copy_(Tensor source, bool nonBlocking = false) => InPlace("aten::copy_", this, source, nonBlocking);
        public Tensor detach() => Call("aten::detach", this);
        public Tensor detach_() => InPlace("aten::detach_", this);
        public Tensor diag(long diagonal = 0) => Call("aten::diag", this, diagonal);
        public Tensor diag_embed(long offset = 0, long dim1 = -2, long dim2 = -1) => Call("aten::diag_embed", this, offset, dim1, dim2);
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Call("aten::diagonal", this, offset, dim1, dim2);
        public Tensor expand(params long[] sizes) => Call("aten::expand", this, sizes);
        public Tensor expand(long[] sizes, bool isImplicit = false) => Call("aten::expand", this, sizes, isImplicit);
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Call("aten::expand", this, sizes, isImplicit);
        public Tensor expand(Size sizes, bool isImplicit = false) => Call("aten::expand", this, sizes.Shape, isImplicit);
        public Tensor expand_as(Tensor other) => Call("aten::expand_as", this, other);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Call("aten::flatten.using_ints", this, start_dim, end_dim);
        public Tensor flip(params long[] dims) => Call("aten::flip", this, dims);
        public Tensor fliplr() => Call("aten::fliplr", this);
        public Tensor flipud() => Call("aten::flipud", this);
        public Tensor gather(long dim, Tensor index) => Call("aten::gather", this, dim, index);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Call("aten::index_add", this, dim, index, source, alpha);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            InPlace("aten::index_add_", this, dim, index, source, alpha);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => Call("aten::index_copy", this, dim, index, source);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => InPlace("aten::index_copy_", this, dim, index, source);
        public Tensor index_fill(long dim, Tensor index, Scalar value) => Call("aten::index_fill.int_Scalar", this, dim, index, value);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            InPlace("aten::index_fill_.int_Scalar", this, dim, index, value);
        public Tensor index_select(long dim, Tensor index) => Call("aten::index_select", this, dim, index);
        public Tensor masked_fill(Tensor mask, Scalar value) => Call("aten::masked_fill.Scalar", this, mask, value);
        public Tensor masked_fill_(Tensor mask, Scalar value) => InPlace("aten::masked_fill_.Scalar", this, mask, value);
        public Tensor masked_scatter(Tensor mask, Tensor value) => Call("aten::masked_scatter", this, mask, value);
        public Tensor masked_scatter_(Tensor mask, Tensor value) => InPlace("aten::masked_scatter_", this, mask, value);
        public Tensor masked_select(Tensor mask) => Call("aten::masked_select", this, mask);
        public Tensor moveaxis(long[] source, long[] destination) => Call("aten::moveaxis.intlist", this, source, destination);
        public Tensor movedim(long[] source, long[] destination) => Call("aten::movedim.intlist", this, source, destination);
        public Tensor narrow(long dim, long start, long length) => Call("aten::narrow", this, dim, start, length);
        public Tensor nonzero() => Call("aten::nonzero", this);
        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());
        public Tensor permute(params long[] permutation) => Call("aten::permute", this, permutation);
        public Tensor ravel() => Call("aten::ravel", this);
        public Tensor repeat(params long[] sizes) => Call("aten::repeat", this, sizes);
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            Call("aten::repeat_interleave.self_Tensor", this, repeats, dim, output_size);
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            Call("aten::repeat_interleave.self_int", this, repeats, dim, output_size);
        public Tensor reshape(params long[] shape) => Call("aten::reshape", this, shape);
        public Tensor roll(long[] shifts) => Call("aten::roll", this, shifts);
        public Tensor roll(long[] shifts, long[] dims) => Call("aten::roll", this, shifts, dims);
        public Tensor roll(long shifts, long? dims = null) => Call("aten::roll", this, shifts, dims is { } d ? new[] { d } : []);
        public Tensor scatter(long dim, Tensor index, Tensor src) => Call("aten::scatter.src", this, dim, index, src);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => InPlace("aten::scatter_.src", this, dim, index, src);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Call("aten::scatter_add", this, dim, index, src);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => InPlace("aten::scatter_add_", this, dim, index, src);
        public Tensor select(long dim, long index) => Call("aten::select.int", this, dim, index);
        public Tensor select_scatter(Tensor src, long dim, long index) => Call("aten::select_scatter", this, src, dim, index);
        public Tensor set_(Tensor source) => InPlace("aten::set_.source_Tensor", this, source);
        public Tensor slice(long dim, long start, long finish, long step) => Call("aten::slice.Tensor", this, dim, start, finish, step);
        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1) =>
            Call("aten::slice_scatter", this, src, dim, start, end, step);
        public Tensor[] split(params long[] sizes) => CallList("aten::split_with_sizes", this, sizes);
        public Tensor[] split(long[] sizes, long dim = 0) => CallList("aten::split_with_sizes", this, sizes, dim);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => CallList("aten::split_with_sizes", this, sizes, dim);
        public Tensor[] split(long size, int dim = 0) => CallList("aten::split.Tensor", this, size, dim);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Call("aten::squeeze.dim", this, d) : Call("aten::squeeze", this);
        public Tensor squeeze_(long? dim = null) =>
            dim is { } d ? InPlace("aten::squeeze_.dim", this, d) : InPlace("aten::squeeze_", this);
        public Tensor swapaxes(long dim0, long dim1) => Call("aten::swapaxes", this, dim0, dim1);
        public Tensor swapdims(long dim0, long dim1) => Call("aten::swapdims", this, dim0, dim1);
        public Tensor t() => Call("aten::t", this);
        public Tensor take(Tensor index) => Call("aten::take", this, index);
        public Tensor take_along_dim(Tensor indices) => Call("aten::take_along_dim", this, indices);
        public Tensor take_along_dim(Tensor indices, long dim) => Call("aten::take_along_dim", this, indices, dim);
        public Tensor[] tensor_split(long[] sizes, long dim = 0) => CallList("aten::tensor_split.indices", this, sizes, dim);
        public Tensor[] tensor_split(long size, long dim = 0) => CallList("aten::tensor_split.sections", this, size, dim);
        public Tensor tile(long[] reps) => Call("aten::tile", this, reps);
        public Tensor transpose(long dim0, long dim1) => Call("aten::transpose.int", this, dim0, dim1);
        public Tensor transpose_(long dim0, long dim1) => InPlace("aten::transpose_", this, dim0, dim1);
        public Tensor tril(long diagonal = 0) => Call("aten::tril", this, diagonal);
        public Tensor tril_(long diagonal = 0) => InPlace("aten::tril_", this, diagonal);
        public Tensor triu(long diagonal = 0) => Call("aten::triu", this, diagonal);
        public Tensor triu_(long diagonal = 0) => InPlace("aten::triu_", this, diagonal);
        public Tensor[] unbind(long dimension = 0) => CallList("aten::unbind.int", this, dimension);
        public Tensor unflatten(long dim, params long[] sizes) => Unflatten(dim, sizes);
        public Tensor unflatten(long dim, Size sizes) => Unflatten(dim, sizes.Shape);
        public Tensor unfold(long dimension, long size, long step) => Call("aten::unfold", this, dimension, size, step);
        public Tensor unsqueeze(long dim) => Call("aten::unsqueeze", this, dim);
        public Tensor unsqueeze_(long dim) => InPlace("aten::unsqueeze_", this, dim);
        public Tensor view(params long[] shape) => Call("aten::view", this, shape);
        public Tensor view_as(Tensor other) => Call("aten::view_as", this, other);
        public Tensor view_as_complex() => Call("aten::view_as_complex", this);
        public Tensor view_as_real() => Call("aten::view_as_real", this);

        private Tensor Unflatten(long dim, long[] sizes)
        {
            int at = (int)(dim < 0 ? dim + ndim : dim);
            return reshape([.. shape[..at], .. sizes, .. shape[(at + 1)..]]);
        }
    }
}
