namespace TorchSharp;

public static partial class torch
{
    /// <summary>One entry of an index expression: <c>x[TensorIndex.Ellipsis, 1..3, mask]</c>.</summary>
    public struct TensorIndex
    {
        internal enum Kind { Slice, Single, Bool, Tensor, Ellipsis, None }

        internal Kind kind;
        internal long? start, stop, step;
        internal Tensor? tensor;

        public static TensorIndex Ellipsis = new() { kind = Kind.Ellipsis };
        public static TensorIndex None = new() { kind = Kind.None };
        public static TensorIndex Null = new() { kind = Kind.None };
        public static TensorIndex Colon = Slice();

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { kind = Kind.Slice, start = start, stop = stop, step = step };

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, range.end);

        public static TensorIndex Slice(Range range) => Slice(At(range.Start, 0), At(range.End, null));

        public static TensorIndex Bool(bool value) => new() { kind = Kind.Bool, start = value ? 1 : 0 };
        public static TensorIndex Single(long? index) => new() { kind = Kind.Single, start = index };
        public static TensorIndex Tensor(Tensor tensor) => new() { kind = Kind.Tensor, tensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);
        public static implicit operator TensorIndex(Range range) => Slice(range);
        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        // Index counts from the end without a sign; ^0 is the end itself.
        private static long? At(Index index, long? end) => !index.IsFromEnd ? index.Value : index.Value == 0 ? end : -index.Value;
    }

    public partial class Tensor
    {
        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices] { get => index(indices); set => index_put_(value, indices); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices] { get => index(indices); set => index_put_(value, indices); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[params long[] indices] { get => At(indices); set => At(indices).copy_(value); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1] { get => At(i1); set => At(i1).copy_(value); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1, long i2] { get => At(i1, i2); set => At(i1, i2).copy_(value); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3] { get => At(i1, i2, i3); set => At(i1, i2, i3).copy_(value); }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4] { get => At(i1, i2, i3, i4); set => At(i1, i2, i3, i4).copy_(value); }

        private Tensor At(params ReadOnlySpan<long> indices)
        {
            var view = this;
            foreach (long i in indices) view = Step(view, view.select(0, i));
            return view;
        }

        // The views between an expression's first and last tensor are of no use to the caller.
        private Tensor Step(Tensor from, Tensor to)
        {
            if (!ReferenceEquals(from, this)) from.Dispose();
            return to;
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, tensors) = View(indices);
            return tensors is null ? (ReferenceEquals(view, this) ? alias() : view) : Step(view, view.index(tensors!));
        }

        public Tensor index(params Tensor[] indices) => Op.Call("aten::index.Tensor", this, indices);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (view, tensors) = View(indices);
            if (tensors is not null) view.index_put_(value, tensors!, accumulate);
            else if (accumulate) view.add_(value);
            else view.copy_(value);
            if (!ReferenceEquals(view, this)) view.Dispose();
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            InPlace("aten::index_put_", this, indices, value, accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var filled = full([], value, dtype, device);
            return index_put_(filled, indices);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var filled = full([], value, dtype, device);
            return index_put_(filled, indices);
        }

        /// <summary>Takes the slices, integers and new axes as views; what tensors index is left, aligned with the view's axes.</summary>
        private (Tensor View, Tensor?[]? Indices) View(TensorIndex[] indices)
        {
            var view = this;
            var tensors = new List<Tensor?>();
            int axis = 0;
            long used = indices.Count(i => i.kind is TensorIndex.Kind.Slice or TensorIndex.Kind.Single)
                + indices.Where(i => i.kind == TensorIndex.Kind.Tensor).Sum(i => i.tensor!.dtype == ScalarType.Bool ? i.tensor.dim() : 1);
            foreach (var index in indices)
                switch (index.kind)
                {
                    case TensorIndex.Kind.Single:
                        view = Step(view, view.select(axis, index.start!.Value));
                        break;
                    case TensorIndex.Kind.Slice:
                        if (index.start is not null || index.stop is not null || index.step is not null)
                            view = Step(view, Op.Call("aten::slice.Tensor", view, axis, index.start, index.stop, index.step ?? 1));
                        axis++;
                        break;
                    case TensorIndex.Kind.None:
                        view = Step(view, view.unsqueeze(axis++));
                        break;
                    case TensorIndex.Kind.Bool:
                        view = Step(view, view.unsqueeze(axis));
                        view = Step(view, view.narrow(axis++, 0, index.start!.Value));
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        axis += (int)(dim() - used);
                        break;
                    case TensorIndex.Kind.Tensor:
                        while (tensors.Count < axis) tensors.Add(null);
                        tensors.Add(index.tensor);
                        axis += index.tensor!.dtype == ScalarType.Bool ? (int)index.tensor.dim() : 1;
                        break;
                }
            return (view, tensors.Count == 0 ? null : tensors.ToArray());
        }
    }
}
