using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor bernoulli(Generator? generator = null) => Call("aten::bernoulli", this, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => InPlace("aten::bernoulli_.Tensor", this, p, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => InPlace("aten::bernoulli_.float", this, p, generator);
        public Tensor bfloat16() => to_type(ScalarType.BFloat16);
        public Tensor @bool() => to_type(ScalarType.Bool);
        public Tensor @byte() => to_type(ScalarType.Byte);
        public Tensor cauchy_(double median = 0, double sigma = 1, Generator? generator = null) =>
            InPlace("aten::cauchy_", this, median, sigma, generator);
        public Tensor @char() => to_type(ScalarType.Int8);
        public Tensor cpu() => to(DeviceType.CPU);
        public Tensor @double() => to_type(ScalarType.Float64);
        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::empty_like", this, dtype, default, device), requires_grad, null);
        public Tensor exponential_(double lambda = 1, Generator? generator = null) =>
            InPlace("aten::exponential_", this, lambda, generator);
        public Tensor fill_(Scalar value) => InPlace("aten::fill_.Scalar", this, value);
        public Tensor @float() => to_type(ScalarType.Float32);
        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::full_like", this, value, dtype, default, device), requires_grad, null);
        public Tensor geometric_(double p, Generator? generator = null) => InPlace("aten::geometric_", this, p, generator);
        public Tensor half() => to_type(ScalarType.Float16);
        public Tensor @int() => to_type(ScalarType.Int32);
        public Tensor log_normal_(double mean = 0, double std = 1, Generator? generator = null) =>
            InPlace("aten::log_normal_", this, mean, std, generator);
        public Tensor @long() => to_type(ScalarType.Int64);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Call("aten::multinomial", this, num_samples, replacement, generator);
        public Tensor new_empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, size, dtype, default, device), requires_grad, null);
        public Tensor new_empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, size, dtype, default, device), requires_grad, null);
        public Tensor new_empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, new[] { size }, dtype, default, device), requires_grad, null);
        public Tensor new_empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, new[] { rows, columns }, dtype, default, device), requires_grad, null);
        public Tensor new_empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, null);
        public Tensor new_empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_empty", this, new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, null);
        public Tensor new_full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_full", this, size, value, dtype, default, device), requires_grad, null);
        public Tensor new_full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_full", this, size, value, dtype, default, device), requires_grad, null);
        public Tensor new_full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_full", this, new[] { size }, value, dtype, default, device), requires_grad, null);
        public Tensor new_full(long rows, long columns, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_full", this, new[] { rows, columns }, value, dtype, default, device), requires_grad, null);
        public Tensor new_full(long dim0, long dim1, long dim2, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_full", this, new[] { dim0, dim1, dim2 }, value, dtype, default, device), requires_grad, null);
        public Tensor new_full(long dim0, long dim1, long dim2, long dim3, Scalar value, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_full", this, new[] { dim0, dim1, dim2, dim3 }, value, dtype, default, device), requires_grad, null);
        public Tensor new_ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_ones", this, new[] { size }, dtype, default, device), requires_grad, null);
        public Tensor new_ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_ones", this, new[] { rows, columns }, dtype, default, device), requires_grad, null);
        public Tensor new_ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_ones", this, new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, null);
        public Tensor new_ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_ones", this, new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, size, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, size, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, new[] { size }, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, new[] { rows, columns }, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, new[] { dim0, dim1, dim2 }, dtype, default, device), requires_grad, null);
        public Tensor new_zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null,
            bool requires_grad = false) =>
            Made(Call("aten::new_zeros", this, new[] { dim0, dim1, dim2, dim3 }, dtype, default, device), requires_grad, null);
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) =>
            InPlace("aten::normal_", this, mean, std, generator);
        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::ones_like", this, dtype, default, device), requires_grad, null);
        public Tensor pin_memory() => Call("aten::pin_memory", this);
        public Tensor poisson(Generator? generator = null) => Call("aten::poisson", this, generator);
        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::rand_like", this, dtype, default, device), requires_grad, null);
        public Tensor randint_like(long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::randint_like.low_dtype", this, low, high, dtype, default, device), requires_grad, null);
        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::randn_like", this, dtype, default, device), requires_grad, null);
        public Tensor random_(double from, double to, Generator? generator = null) =>
            InPlace("aten::random_.from", this, (long)from, (long)to, generator);
        public Tensor @short() => to_type(ScalarType.Int16);
        public Tensor to_dense() => Call("aten::to_dense", this);
        public Tensor type(ScalarType dtype) => to_type(dtype);
        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);
        public Tensor uniform_(double from, double to, Generator? generator = null) =>
            InPlace("aten::uniform_", this, from, to, generator);
        public Tensor zero_() => InPlace("aten::zero_", this);
        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
            Made(Call("aten::zeros_like", this, dtype, default, device), requires_grad, null);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(Call("aten::to.dtype", this, type, non_blocking, copy), disposeAfter);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(Call("aten::to.device", this, device, type, non_blocking, copy), disposeAfter);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false,
            bool non_blocking = false) =>
            to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        // Where nothing has to change, the operator answers with the same native tensor: still a handle of its own here.
        private Tensor Moved(Tensor result, bool disposeAfter)
        {
            if (disposeAfter) Dispose();
            return result;
        }
    }
}
