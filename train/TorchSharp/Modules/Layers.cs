using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>y = x Wᵀ + b over the last axis.</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
        {
            (in_features, out_features) = (weight.size(1), weight.size(0));
            (this.weight, this.bias) = (weight, bias);
        }

        internal Linear(long inputs, long outputs, bool hasBias, Device? device, ScalarType? dtype)
            : this(Make.Parameter([outputs, inputs], device, dtype), hasBias ? Make.Parameter([outputs], device, dtype) : null) =>
            Make.Uniform(weight, bias);

        public long in_features { get; set; }
        public long out_features { get; set; }
        public Parameter weight { get => Registered("weight")!; set => ConditionallyRegisterParameter("weight", value); }    // (out, in)
        public Parameter? bias { get => Registered("bias"); set => ConditionallyRegisterParameter("bias", value); }

        public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);
    }

    /// <summary>What the convolutions share.</summary>
    public abstract class Convolution : nn.Module<Tensor, Tensor>
    {
        private protected Convolution(string name, long in_channels, long out_channels, long[] kernel_size, long[] stride,
            long[]? padding, Padding? padding_type, long[] dilation, long[] output_padding, PaddingModes padding_mode, long groups,
            bool bias, bool transposed, Device? device, ScalarType? dtype) : base(name)
        {
            (this.in_channels, this.out_channels, this.groups, this.transposed) = (in_channels, out_channels, groups, transposed);
            (this.kernel_size, this.stride, this.dilation, this.output_padding) = (kernel_size, stride, dilation, output_padding);
            (this.padding, this.padding_type, this.padding_mode) = (padding, padding_type, padding_mode);
            weight = Make.Parameter(transposed
                ? [in_channels, out_channels / groups, .. kernel_size] : [out_channels, in_channels / groups, .. kernel_size],
                                    device, dtype);
            this.bias = bias ? Make.Parameter([out_channels], device, dtype) : null;
            reset_parameters();
        }

        public long in_channels { get; }
        public long out_channels { get; }
        public bool transposed { get; }
        public Padding? padding_type { get; }
        public long[]? padding { get; }
        public PaddingModes padding_mode { get; set; }
        public long groups { get; set; }
        public long[] kernel_size { get; set; }
        public long[] stride { get; set; }
        public long[] dilation { get; set; }
        public long[] output_padding { get; set; }
        public Parameter weight { get => Registered("weight")!; set => ConditionallyRegisterParameter("weight", value); }
        public Parameter? bias { get => Registered("bias"); set => ConditionallyRegisterParameter("bias", value); }

        public void reset_parameters() => Make.Uniform(weight, bias);

        // Pads by the mode, unless zeros, which the convolution itself adds.
        private protected Tensor Padded(Tensor input, ref long[]? amounts)
        {
            if (padding_mode == PaddingModes.Zeros || amounts is null) return input;
            long[] both = [.. amounts.Reverse().SelectMany(p => new[] { p, p })];
            amounts = null;
            return nn.functional.pad(input, both, padding_mode);
        }
    }

    public sealed class Conv1d : Convolution
    {
        internal Conv1d(long i, long o, long kernel, long stride, long padding, long dilation, PaddingModes mode, long groups,
            bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv1d), i, o, [kernel], [stride], [padding], null, [dilation], [0], mode, groups, bias, false, device,
                dtype) { }

        public override Tensor forward(Tensor input)
        {
            var amounts = padding;
            return nn.functional.conv1d(Padded(input, ref amounts), weight, bias, stride[0], amounts?[0], dilation[0], groups);
        }
    }

    /// <summary>A convolution over (B, C, H, W).</summary>
    public sealed class Conv2d : Convolution
    {
        internal Conv2d(long i, long o, (long, long) kernel, (long, long) stride, (long, long)? padding, Padding? type,
            (long, long) dilation, PaddingModes mode, long groups, bool bias, Device? device, ScalarType? dtype)
            : base(nameof(Conv2d), i, o, [kernel.Item1, kernel.Item2], [stride.Item1, stride.Item2],
                padding is { } p ? [p.Item1, p.Item2] : null, type, [dilation.Item1, dilation.Item2], [0, 0], mode, groups, bias, false,
                device, dtype) { }

        public override Tensor forward(Tensor input)
        {
            if (padding_type is { } type) return nn.functional.conv2d_padding(input, weight, bias, stride, type, dilation, groups);
            var amounts = padding;
            return nn.functional.conv2d(Padded(input, ref amounts), weight, bias, stride, amounts, dilation, groups);
        }
    }

    public abstract class ConvolutionTranspose : Convolution
    {
        private protected ConvolutionTranspose(string name, long in_channels, long out_channels, long[] kernel_size, long[] stride,
            long[] padding, long[] dilation, long[] output_padding, PaddingModes padding_mode, long groups, bool bias, Device? device,
            ScalarType? dtype)
            : base(name, in_channels, out_channels, kernel_size, stride, padding, null, dilation, output_padding, padding_mode, groups,
                bias, true, device, dtype) { }

        public abstract Tensor forward(Tensor input, long[]? output_size);
    }

    /// <summary>The transposed convolution: the gradient of <see cref="Conv2d"/> with respect to its input.</summary>
    public sealed class ConvTranspose2d : ConvolutionTranspose
    {
        internal ConvTranspose2d(long i, long o, (long, long) kernel, (long, long) stride, (long, long) padding,
            (long, long) output_padding, (long, long) dilation, PaddingModes mode, long groups, bool bias, Device? device,
            ScalarType? dtype)
            : base(nameof(ConvTranspose2d), i, o, [kernel.Item1, kernel.Item2], [stride.Item1, stride.Item2],
                [padding.Item1, padding.Item2], [dilation.Item1, dilation.Item2], [output_padding.Item1, output_padding.Item2],
                mode, groups, bias, device, dtype) { }

        public override Tensor forward(Tensor input) => forward(input, null);

        /// <summary>With an output size (H, W), which a stride leaves open.</summary>
        public override Tensor forward(Tensor input, long[]? output_size)
        {
            var extra = output_padding;
            if (output_size is not null)
            {
                var least = stride.Select((s, i) => (input.size(i + 2) - 1) * s - 2 * padding![i] + dilation[i] * (kernel_size[i] - 1) + 1);
                extra = [.. least.Select((l, i) => output_size[^(2 - i)] - l)];
            }
            return nn.functional.conv_transpose2d(input, weight, bias, stride, padding, extra, dilation, groups);
        }
    }

    /// <summary>Rows of a table, chosen by integers.</summary>
    public sealed class Embedding : nn.Module<Tensor, Tensor>
    {
        private readonly long padding;

        internal Embedding(Tensor table, bool learns, long? padding_idx) : base(nameof(Embedding))
        {
            weight = new Parameter(table, learns);
            padding = padding_idx ?? -1;
        }

        public Parameter? weight { get => Registered("weight"); set => ConditionallyRegisterParameter("weight", value); }    // (V, D)

        public override Tensor forward(Tensor input) => Op.Call("aten::embedding", weight, input, padding);
    }

    /// <summary>Normalises the last axes to mean 0 and variance 1, then scales and shifts (Ba et al. 2016).</summary>
    public sealed class LayerNorm : nn.Module<Tensor, Tensor>
    {
        internal LayerNorm(long[] shape, double eps, bool affine, bool bias, Device? device, ScalarType? dtype) : base(nameof(LayerNorm))
        {
            (normalized_shape, this.eps, elementwise_affine) = (shape, eps, affine);
            if (!affine) return;
            weight = Make.Parameter(shape, device, dtype);
            if (bias) this.bias = Make.Parameter(shape, device, dtype);
            reset_parameters();
        }

        public long[] normalized_shape { get; set; }
        public double eps { get; set; }
        public bool elementwise_affine { get; set; }
        public Parameter weight { get => Registered("weight")!; set => ConditionallyRegisterParameter("weight", value); }
        public Parameter? bias { get => Registered("bias"); set => ConditionallyRegisterParameter("bias", value); }

        public void reset_parameters()
        {
            if (!elementwise_affine) return;
            nn.init.ones_(weight);
            if (bias is { } b) nn.init.zeros_(b);
        }

        public override Tensor forward(Tensor tensor) => nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);
    }

    /// <summary>Modules one after another.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly List<nn.Module<Tensor, Tensor>> steps = [];

        internal Sequential() : base(nameof(Sequential)) { }

        public int Count => steps.Count;

        public override Tensor forward(Tensor tensor) =>
            steps.Count == 0 ? tensor.alias() : steps.Aggregate(tensor, (x, step) => step.call(x));

        internal Sequential With(string name, nn.Module<Tensor, Tensor> module)
        {
            register_module(name, module);
            steps.Add(module);
            return this;
        }
    }

    /// <summary>How the layers make their parameters.</summary>
    internal static class Make
    {
        public static Parameter Parameter(long[] shape, Device? device, ScalarType? dtype) => new(empty(shape, dtype, device));

        /// <summary>PyTorch's default for layers: uniform within 1 / sqrt(fan in).</summary>
        public static void Uniform(Parameter weight, Parameter? bias)
        {
            nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
            if (bias is null) return;
            double bound = 1 / Math.Sqrt(nn.init.CalculateFanInAndFanOut(weight).fanIn);
            nn.init.uniform_(bias, -bound, bound);
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null,
                ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Linear Linear(Parameter weight, Parameter? bias = null) => new(weight, bias);

            public static Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0,
                long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride, padding, dilation, padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0,
                long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), null,
                    (dilation, dilation), padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null,
                (long, long)? padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), null, dilation ?? (1, 1), padding_mode,
                    groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1,
                long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), null, padding, (dilation, dilation),
                    padding_mode, groups, bias, device, dtype);

            public static Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, Padding padding,
                (long, long)? stride = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), null, padding, dilation ?? (1, 1), padding_mode, groups,
                    bias, device, dtype);

            public static ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, long kernel_size, long stride = 1,
                long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros,
                long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, (kernel_size, kernel_size), (stride, stride), (padding, padding),
                    (output_padding, output_padding), (dilation, dilation), padding_mode, groups, bias, device, dtype);

            public static ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, (long, long) kernel_size,
                (long, long)? stride = null, (long, long)? padding = null, (long, long)? output_padding = null,
                (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null) =>
                new(in_channels, out_channels, kernel_size, stride ?? (1, 1), padding ?? (0, 0), output_padding ?? (0, 0),
                    dilation ?? (1, 1), padding_mode, groups, bias, device, dtype);

            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null,
                double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false,
                Device? device = null, ScalarType? dtype = null)
            {
                Plain(max_norm, scale_grad_by_freq, sparse);
                var table = randn(num_embeddings, embedding_dims, dtype, device);
                if (padding_idx is { } row) table[row].zero_();
                return new(table, true, padding_idx);
            }

            public static Embedding Embedding_from_pretrained(Tensor embeddings, bool freeze = true, long? padding_idx = null,
                double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false,
                Device? device = null, ScalarType? dtype = null)
            {
                Plain(max_norm, scale_grad_by_freq, sparse);
                return new(embeddings.to(dtype ?? embeddings.dtype, device ?? embeddings.device, copy: true), !freeze, padding_idx);
            }

            private static void Plain(double? max_norm, bool scale_grad_by_freq, bool sparse)
            {
                if (max_norm is not null || scale_grad_by_freq || sparse)
                    throw new NotSupportedException("Embeddings with max_norm, scale_grad_by_freq or sparse gradients are not supported.");
            }

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true,
                bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static Sequential Sequential() => new();

            public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
                Sequential((IEnumerable<(string, Module<Tensor, Tensor>)>)modules);

            public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                Sequential((IEnumerable<Module<Tensor, Tensor>>)modules);

            public static Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) =>
                modules.Aggregate(new Sequential(), (s, m) => s.With(m.name, m.submodule));

            public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) =>
                Sequential(modules.Select((m, i) => (i.ToString(), m)));
        }
    }
}
