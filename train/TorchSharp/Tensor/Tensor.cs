using TorchSharp.Utils;
using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A multi-dimensional array on a device, which records what is computed with it when gradients are asked for. It belongs to the
    /// innermost <see cref="DisposeScope"/> of the thread that made it, if there is one; a finalizer frees what nobody disposed.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long live, peak;

        private nint handle;
        internal DisposeScope? Scope;

        internal Tensor(nint handle)
        {
            this.handle = handle;
            long now = Interlocked.Increment(ref live);
            if (now > peak) peak = now;
            if (DisposeScope.Innermost is { } scope) DisposeScope.Enter(scope, this);
        }

        /// <summary>Takes the native tensor of another, and its place in a dispose scope; the other is used up.</summary>
        private protected Tensor(Tensor data)
        {
            handle = data.Handle;
            data.handle = 0;
            GC.SuppressFinalize(data);
            if (data.Scope is not { } scope) return;
            scope.MarkAsDisposed(data);
            data.Scope = null;
            DisposeScope.Enter(scope, this);
        }

        /// <summary>Becomes another tensor, which is used up; whoever holds this one sees the new values.</summary>
        internal void Become(Tensor other)
        {
            (handle, other.handle) = (other.Handle, handle);
            other.Dispose();
        }

        public static long TotalCount => Interlocked.Read(ref live);
        public static long PeakCount => Interlocked.Read(ref peak);

        /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
        public nint Handle => handle != 0 ? handle
            : throw new ObjectDisposedException(nameof(Tensor),
                "The tensor was disposed, by itself or with its dispose scope; move it to an outer scope to keep it.");

        public bool IsInvalid => handle == 0;

        ~Tensor() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref handle, 0) is not (not 0 and var h)) return;
            Native.ts_release(h);
            Interlocked.Decrement(ref live);
            if (!disposing) return;
            Scope?.MarkAsDisposed(this);
            Scope = null;
        }

        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            Scope?.Detach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (Scope is { } scope) scope.MoveToOther(other, this);
            else if (other is not null) other.Attach(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.Scope);

        // Without this the collector may finalize a tensor nobody else holds while a native call still reads it.
        private T Alive<T>(T value)
        {
            GC.KeepAlive(this);
            return value;
        }

        private Tensor InPlace(string op, params ReadOnlySpan<Arg> args)
        {
            Run(op, args);
            return this;
        }

        public long Dimensions => dim();
        public long NumberOfElements => numel();
        public long ElementSize => element_size();
        public long ndim => dim();
        public long dim() => Alive(Native.ts_dim(Handle));
        public long element_size() => dtype.ElementSize();

        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[Native.ts_dim(Handle)];
                fixed (long* s = sizes) Native.ts_sizes(handle, s, null);
                return Alive(sizes);
            }
        }

        public long[] size() => shape;
        public unsafe long size(int dim) => Extents(dim, strides: false);
        public unsafe long stride(int dim) => Extents(dim, strides: true);

        public unsafe long[] stride()
        {
            int n = Native.ts_dim(Handle);
            var strides = new long[n];
            long* sizes = stackalloc long[n];
            fixed (long* s = strides) Native.ts_sizes(handle, sizes, s);
            return Alive(strides);
        }

        private unsafe long Extents(int dim, bool strides)
        {
            int n = Native.ts_dim(Handle);
            if (dim < -n || dim >= n)
                throw new ArgumentOutOfRangeException(nameof(dim), $"Dimension {dim} of a tensor with {n} dimensions.");
            long* both = stackalloc long[2 * n];
            Native.ts_sizes(handle, both, both + n);
            return Alive(both[(dim < 0 ? dim + n : dim) + (strides ? n : 0)]);
        }

        public unsafe long numel()
        {
            int n = Native.ts_dim(Handle);
            long* sizes = stackalloc long[n];
            Native.ts_sizes(handle, sizes, null);
            long count = 1;
            for (int i = 0; i < n; i++) count *= sizes[i];
            return Alive(count);
        }

        public ScalarType dtype => (ScalarType)Alive(Native.ts_dtype(Handle));
        public Device device => new(Alive(Native.ts_device(Handle)));
        public DeviceType device_type => (DeviceType)(Alive(Native.ts_device(Handle)) >> 16);
        public int device_index => (short)(Alive(Native.ts_device(Handle)) & 0xffff);
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_cpu() => device_type == DeviceType.CPU;
        public bool is_meta => device_type == DeviceType.META;
        public bool is_leaf => Alive(Native.ts_is(Handle, 1)) != 0;
        public bool is_sparse => Alive(Native.ts_is(Handle, 3)) != 0;
        public bool is_contiguous() => Alive(Native.ts_is(Handle, 2)) != 0;
        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_integral() => torch.is_integral(dtype);
        public bool is_complex() => torch.is_complex(dtype);
        public bool is_nonzero() => CallValue("aten::is_nonzero", this).Bits != 0;

        public bool requires_grad
        {
            get => Alive(Native.ts_is(Handle, 0)) != 0;
            set => Native.Check(Alive(Native.ts_set_requires_grad(Handle, value ? 1 : 0)));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>What the last backward pass added up for this leaf, or null.</summary>
        public Tensor? grad
        {
            get => Alive(Native.ts_grad(Handle)) is var g and not 0 ? new Tensor(g) : null;
            set
            {
                Native.Check(Alive(Native.ts_set_grad(Handle, value?.Handle ?? 0)));
                GC.KeepAlive(value);
            }
        }

        public void retain_grad() => Native.Check(Alive(Native.ts_retain_grad(Handle)));

        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false,
            IList<Tensor>? inputs = null) =>
            autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);

        internal unsafe void* Data
        {
            get
            {
                void* data;
                Native.Check(Alive(Native.ts_data(Handle, &data)));
                return data;
            }
        }

        /// <summary>A view of the elements of a tensor on the CPU, in row-major order.</summary>
        /// <exception cref="ArgumentException">The elements are not of type <typeparamref name="T"/>.</exception>
        /// <exception cref="InvalidOperationException">The tensor is not on the CPU.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged => new(this);

        /// <summary>The raw memory of a contiguous tensor on the CPU.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                if (!is_contiguous() || !is_cpu())
                    throw new InvalidOperationException("bytes needs a contiguous tensor on the CPU; call cpu().contiguous() first.");
                return new Span<byte>(Data, checked((int)(numel() * element_size())));
            }
            set
            {
                if (value.Length != numel() * element_size())
                    throw new ArgumentException($"{value.Length} bytes for a tensor of {numel() * element_size()}.", nameof(value));
                value.CopyTo(bytes);
            }
        }

        /// <summary>The value of a tensor with one element.</summary>
        public T item<T>() where T : unmanaged
        {
            if (numel() != 1) throw new ArgumentException($"item needs a tensor with one element; this one has {numel()}.");
            if (is_cpu()) return data<T>()[new long[dim()]];
            using var copy = cpu();
            return copy.data<T>()[new long[dim()]];
        }

        public Scalar ToScalar()
        {
            if (numel() != 1) throw new InvalidOperationException($"Only a tensor with one element is a scalar; this one has {numel()}.");
            var value = CallValue("aten::item", this);
            return new Scalar(value.Tag, value.Bits);
        }

        /// <summary>Shape, type and device.</summary>
        public override string ToString() =>
            IsInvalid ? "<disposed>" : $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";
    }
}
