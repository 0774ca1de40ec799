using TorchSharp.Modules;
using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly long[] one = [1], zero = [0];

            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) =>
                Call("aten::adaptive_avg_pool2d", input, output_size);
            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) =>
                Call("aten::adaptive_avg_pool2d", input, Pair(output_size));
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                Call("aten::adaptive_avg_pool2d", input, output_size);
            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size) =>
                First(CallPair("aten::adaptive_max_pool2d", input, output_size));
            public static Tensor alpha_dropout(Tensor input, double p = 0.5, bool training = false, bool inplace = false) =>
                Call("aten::alpha_dropout", input, p, training);
            public static Tensor avg_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null,
                bool ceil_mode = false, bool count_include_pad = true) =>
                Call("aten::avg_pool1d", input, kernel_size, stride ?? kernel_size, padding ?? 0, ceil_mode, count_include_pad);
            public static Tensor avg_pool2d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null,
                bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Call("aten::avg_pool2d", input, kernel_size, stride ?? kernel_size, padding ?? zero, ceil_mode, count_include_pad,
                    divisor_override);
            public static Tensor avg_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long,
                long)? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Call("aten::avg_pool2d", input, Pair(kernel_size), Pair(stride ?? kernel_size), Pair(padding ?? (0, 0)), ceil_mode,
                    count_include_pad, divisor_override);
            public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0,
                bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Call("aten::avg_pool2d", input, kernel_size, stride ?? kernel_size, padding, ceil_mode, count_include_pad,
                    divisor_override);
            public static Tensor batch_norm(Tensor input, Tensor running_mean, Tensor running_var, Tensor? weight = null,
                Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-5) =>
                Call("aten::batch_norm", input, weight, bias, running_mean, running_var, training, momentum, eps, true);
            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) =>
                Call("aten::bilinear", input1, input2, weight, bias);
            public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor? weight = null,
                Reduction reduction = Reduction.Mean) => Call("aten::binary_cross_entropy", input, target, weight, reduction);
            public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight = null,
                Reduction reduction = Reduction.Mean, Tensor? pos_weights = null) =>
                Call("aten::binary_cross_entropy_with_logits", input, target, weight, pos_weights, reduction);
            public static Tensor celu(Tensor x, double alpha, bool inplace = false) => inplace ? x.copy_(x.celu(alpha)) : x.celu(alpha);
            public static Tensor conv1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null,
                long? padding = null, long? dilation = null, long groups = 1) =>
                Call("aten::conv1d", input, weight, bias, stride ?? 1, padding ?? 0, dilation ?? 1, groups);
            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null,
                long[]? padding = null, long[]? dilation = null, long groups = 1) =>
                Call("aten::conv2d", input, weight, bias, strides ?? one, padding ?? zero, dilation ?? one, groups);
            public static Tensor conv2d_padding(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null,
                Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1) =>
                Call("aten::conv2d.padding", input, weight, bias, strides ?? one, padding == Padding.Same ? "same" : "valid",
                    dilation ?? one, groups);
            public static Tensor conv3d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null,
                long[]? padding = null, long[]? dilation = null, long groups = 1) =>
                Call("aten::conv3d", input, weight, bias, strides ?? one, padding ?? zero, dilation ?? one, groups);
            public static Tensor conv_transpose1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null,
                long? padding = null, long? output_padding = null, long? dilation = null, long groups = 1) =>
                Call("aten::conv_transpose1d", input, weight, bias, stride ?? 1, padding ?? 0, output_padding ?? 0, groups,
                    dilation ?? 1);
            public static Tensor conv_transpose2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null,
                long[]? padding = null, long[]? output_padding = null, long[]? dilation = null, long groups = 1)
            {
                var (s, p, extra, d) = (strides ?? one, padding ?? zero, output_padding ?? zero, dilation ?? one);
                return SlowTransposed(input, weight)
                    ? TransposedByGradient(input, weight, bias, s, p, extra, d, groups)
                    : Call("aten::conv_transpose2d.input", input, weight, bias, s, p, extra, groups, d);
            }
            public static Tensor cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0,
                Reduction reduction = Reduction.Mean) => Call("aten::cosine_embedding_loss", input1, input2, target, margin, reduction);
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) =>
                Call("aten::cosine_similarity", x1, x2, dim, eps);
            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100,
                Reduction reduction = Reduction.Mean, double label_smoothing = 0) =>
                Call("aten::cross_entropy_loss", input, target, weight, reduction, ignore_index, label_smoothing);
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                inplace && training ? Call("aten::dropout_", input, p, training) : Call("aten::dropout", input, p, training);
            public static Tensor dropout2d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                Call("aten::feature_dropout", input, p, training);
            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace ? x.elu_(alpha) : x.elu(alpha);
            public static Tensor gaussian_nll_loss(Tensor input, Tensor target, Tensor variance, bool full = false,
                float eps = 1e-6f, Reduction reduction = Reduction.Mean) => GaussianNll(input, target, variance, full, eps, reduction);
            public static Tensor gelu(Tensor x) => x.gelu();
            public static Tensor gelu(Tensor x, GELU.Approximate approximate, bool inplace = false) =>
                inplace ? x.copy_(x.gelu(approximate)) : x.gelu(approximate);
            public static Tensor gelu(Tensor x, bool inplace) => inplace ? x.gelu_() : x.gelu();
            public static Tensor glu(Tensor input, long dim = -1) => input.glu(dim);
            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null,
                double eps = 1e-5) => Call("aten::group_norm", input, num_groups, weight, bias, eps);
            public static Tensor hardshrink(Tensor x, double lambda = 0.5) => Call("aten::hardshrink", x, lambda);
            public static Tensor hardsigmoid(Tensor input, bool inplace = false) => inplace ? input.hardsigmoid_() : input.hardsigmoid();
            public static Tensor hardswish(Tensor input, bool inplace = false) => inplace ? input.hardswish_() : input.hardswish();
            public static Tensor hardtanh(Tensor x, double min_val = -1, double max_val = 1, bool inplace = false) =>
                inplace ? x.hardtanh_(min_val, max_val) : x.hardtanh(min_val, max_val);
            public static Tensor hinge_embedding_loss(Tensor input, Tensor target, double margin = 0,
                Reduction reduction = Reduction.Mean) => Call("aten::hinge_embedding_loss", input, target, margin, reduction);
            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1, Reduction reduction = Reduction.Mean) =>
                Call("aten::huber_loss", input, target, reduction, delta);
            public static Tensor instance_norm(Tensor input, Tensor? running_mean = null, Tensor? running_var = null,
                Tensor? weight = null, Tensor? bias = null, bool use_input_stats = true, double momentum = 0.1, double eps = 1e-5) =>
                Call("aten::instance_norm", input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, true);
            public static Tensor interpolate(Tensor x, long[]? size = null, double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest, bool? align_corners = null, bool recompute_scale_factor = false,
                    bool antialias = false) =>
                Interpolated(x, size, scale_factor, mode, align_corners, antialias);
            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) =>
                Call("aten::kl_div", input, target, reduction, log_target);
            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Call("aten::l1_loss", input, target, reduction);
            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null,
                double eps = 1e-5) => Call("aten::layer_norm", input, normalized_shape, weight, bias, eps);
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? input.leaky_relu_(negative_slope) : input.leaky_relu(negative_slope);
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => Call("aten::linear", input, weights, bias);
            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);
            public static Tensor logsigmoid(Tensor x) => x.log_sigmoid();
            public static Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0,
                Reduction reduction = Reduction.Mean) => Call("aten::margin_ranking_loss", input1, input2, target, margin, reduction);
            public static Tensor max_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null,
                long? dilation = null, bool ceil_mode = false) =>
                Call("aten::max_pool1d", input, kernel_size, stride ?? kernel_size, padding ?? 0, dilation ?? 1, ceil_mode);
            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null,
                long[]? dilation = null, bool ceil_mode = false) =>
                Call("aten::max_pool2d", input, kernel_size, strides ?? kernel_size, padding ?? zero, dilation ?? one, ceil_mode);
            public static Tensor max_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long,
                long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false) =>
                Call("aten::max_pool2d", input, Pair(kernel_size), Pair(stride ?? kernel_size), Pair(padding ?? (0, 0)),
                    Pair(dilation ?? (1, 1)), ceil_mode);
            public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long? padding = null,
                long? dilation = null, bool ceil_mode = false) =>
                Call("aten::max_pool2d", input, kernel_size, stride ?? kernel_size, padding ?? 0, dilation ?? 1, ceil_mode);
            public static (Tensor, Tensor) max_pool2d_with_indices(Tensor input, long[] kernel_size, long[]? strides = null,
                long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                CallPair("aten::max_pool2d_with_indices", input, kernel_size, strides ?? kernel_size, padding ?? zero,
                    dilation ?? one, ceil_mode);
            public static Tensor mish(Tensor x, bool inplace = false) => Activated(x, "aten::mish", inplace);
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Call("aten::mse_loss", input, target, reduction);
            public static Tensor nll_loss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean) =>
                Call("aten::nll_loss_nd", input, target, weight, reduction);
            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12) =>
                input / input.norm((int)dim, true, (float)p).clamp_min(eps);
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Call("aten::one_hot", x, num_classes);
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                Call("aten::pad", input, pad, Mode(mode),
                    mode is PaddingModes.Constant or PaddingModes.Zeros ? value : default(double?));
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, pad.ToArray(), mode, value);
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant,
                double value = 0) => functional.pad(input, new[] { pad.Item1, pad.Item2, pad.Item3, pad.Item4 }, mode, value);
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, Pair(pad), mode, value);
            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, new[] { pad, pad }, mode, value);
            public static Tensor pairwise_distance(Tensor input1, Tensor input2, double p = 2, double eps = 1e-6, bool keepdim = false) =>
                Call("aten::pairwise_distance", input1, input2, p, eps, keepdim);
            public static Tensor pixel_shuffle(Tensor input, long upscale_factor) => Call("aten::pixel_shuffle", input, upscale_factor);
            public static Tensor pixel_unshuffle(Tensor input, long downscale_factor) =>
                Call("aten::pixel_unshuffle", input, downscale_factor);
            public static Tensor prelu(Tensor input, Tensor weight) => input.prelu(weight);
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();
            public static Tensor relu6(Tensor x, bool inplace = false) => inplace ? x.relu6_() : x.relu6();
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask = null,
                double p = 0, bool is_casual = false) => Attention(query, key, value, attn_mask, p, is_casual);
            public static Tensor selu(Tensor x, bool inplace = false) => inplace ? x.selu_() : x.selu();
            public static Tensor sigmoid(Tensor x) => x.sigmoid();
            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_() : x.sigmoid();
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();
            public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1) =>
                Call("aten::smooth_l1_loss", input, target, reduction, beta);
            public static Tensor soft_margin_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Call("aten::soft_margin_loss", input, target, reduction);
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
            public static Tensor softmin(Tensor x, long dim) => x.neg().softmax(dim);
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);
            public static Tensor softshrink(Tensor x, double lambda = 0.5) => Call("aten::softshrink", x, lambda);
            public static Tensor softsign(Tensor x, bool inplace = false) => inplace ? x.div_(x.abs().add_(1)) : x / (x.abs() + 1);
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();
            public static Tensor tanhshrink(Tensor x, bool inplace = false) => inplace ? x.sub_(x.tanh()) : x - x.tanh();
            public static Tensor threshold(Tensor x, double threshold, double value, bool inplace = false) =>
                inplace ? x.threshold_(threshold, value) : x.threshold(threshold, value);
            public static Tensor unfold(Tensor input, (long, long) kernel_size, (long, long)? dilation = null, (long,
                long)? padding = null, (long, long)? stride = null) =>
                Call("aten::im2col", input, Pair(kernel_size), Pair(dilation ?? (1, 1)), Pair(padding ?? (0, 0)),
                    Pair(stride ?? (1, 1)));
            public static Tensor unfold(Tensor input, long kernel_size, long dilation = 1, long padding = 0, long stride = 1) =>
                Call("aten::im2col", input, kernel_size, dilation, padding, stride);
            public static Tensor upsample(Tensor input, long[]? size = null, double[]? scale_factor = null,
                UpsampleMode mode = UpsampleMode.Nearest, bool align_corners = false) =>
                Interpolated(input, size, scale_factor, (InterpolationMode)mode,
                    mode == UpsampleMode.Nearest ? null : align_corners, false);
            public static Tensor upsample_nearest2d(Tensor input, long[]? outputSizes = null, double[]? scaleFactors = null) =>
                Call("aten::upsample_nearest2d.vec", input, outputSizes, scaleFactors);

            // libtorch 1 computes transposed convolutions on the CPU without oneDNN, and takes up to twice as long as for the same map
            // written as the gradient of a convolution. With few output channels or pixels it is the other way round.
            private static readonly Lazy<bool> noOneDnn = new(() => __version__.StartsWith("1.", StringComparison.Ordinal));

            private static bool SlowTransposed(Tensor input, Tensor weight) => noOneDnn.Value && input.dim() == 4
                && weight.size(1) >= 16 && input.size(2) * input.size(3) >= 16 && input.dtype == ScalarType.Float32 && input.is_cpu();

            private static Tensor TransposedByGradient(Tensor input, Tensor weight, Tensor? bias, long[] strides, long[] padding,
                long[] output_padding, long[] dilation, long groups)
            {
                long Size(int axis) => (input.size(axis + 2) - 1) * At(strides, axis) - 2 * At(padding, axis)
                    + At(dilation, axis) * (weight.size(axis + 2) - 1) + At(output_padding, axis) + 1;
                static long At(long[] list, int axis) => list[list.Length == 1 ? 0 : axis];

                // Of the convolution's input only the shape is used; of its gradients only the first is asked for.
                using var shape = input.detach().new_empty(input.size(0), weight.size(1) * groups, Size(0), Size(1));
                var (output, _, _) = CallTriple("aten::convolution_backward", input, shape, weight, default, strides, padding,
                    dilation, false, zero, groups, new long[] { 1, 0, 0 });
                return bias is null ? output : output.add_(bias.reshape(1, -1, 1, 1));
            }

            private static long[] Pair((long, long) pair) => [pair.Item1, pair.Item2];

            private static T First<T>((T, Tensor) results)
            {
                results.Item2.Dispose();
                return results.Item1;
            }

            private static Tensor Activated(Tensor x, string op, bool inplace) => inplace ? x.copy_(Call(op, x)) : Call(op, x);

            internal static string Mode(PaddingModes mode) => mode switch
            {
                PaddingModes.Constant or PaddingModes.Zeros => "constant",
                PaddingModes.Reflect => "reflect",
                PaddingModes.Replicate => "replicate",
                PaddingModes.Circular => "circular",
                _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a padding mode."),
            };

            /// <summary>Resizes (B, C, L), (B, C, H, W) or (B, C, D, H, W) to a size or by a factor for each axis.</summary>
            private static Tensor Interpolated(Tensor x, long[]? size, double[]? scale_factor, InterpolationMode mode, bool? align_corners,
                bool antialias)
            {
                if (size is null == scale_factor is null) throw new ArgumentException("Give either size or scale_factor.");
                int axes = (int)x.dim() - 2;
                if (size is { Length: 1 }) size = [.. Enumerable.Repeat(size[0], axes)];
                if (scale_factor is { Length: 1 }) scale_factor = [.. Enumerable.Repeat(scale_factor[0], axes)];
                bool corners = align_corners ?? false;
                return (mode, axes) switch
                {
                    (InterpolationMode.Nearest, 1) => Call("aten::upsample_nearest1d.vec", x, size, scale_factor),
                    (InterpolationMode.Nearest, 2) => Call("aten::upsample_nearest2d.vec", x, size, scale_factor),
                    (InterpolationMode.Nearest, 3) => Call("aten::upsample_nearest3d.vec", x, size, scale_factor),
                    (InterpolationMode.NearestExact, 2) => Call("aten::_upsample_nearest_exact2d.vec", x, size, scale_factor),
                    (InterpolationMode.Linear, 1) => Call("aten::upsample_linear1d.vec", x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) when antialias =>
                        Call("aten::_upsample_bilinear2d_aa.vec", x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) => Call("aten::upsample_bilinear2d.vec", x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 2) => Call("aten::upsample_bicubic2d.vec", x, size, corners, scale_factor),
                    (InterpolationMode.Trilinear, 3) => Call("aten::upsample_trilinear3d.vec", x, size, corners, scale_factor),
                    (InterpolationMode.Area, 2) => Call("aten::adaptive_avg_pool2d", x, size
                        ?? [.. scale_factor!.Select((f, i) => (long)(x.size(i + 2) * f))]),
                    _ => throw new ArgumentException($"Interpolation {mode} is not for a tensor with {x.dim()} dimensions."),
                };
            }

            private static Tensor GaussianNll(Tensor input, Tensor target, Tensor variance, bool full, double eps, Reduction reduction)
            {
                var spread = variance.clamp_min(eps);
                var loss = (spread.log() + (input - target).square() / spread) * 0.5;
                if (full) loss += 0.5 * Math.Log(2 * Math.PI);
                return reduction switch { Reduction.Mean => loss.mean(), Reduction.Sum => loss.sum(), _ => loss };
            }

            // Written out: libtorch 1.13 has no public operator for it.
            private static Tensor Attention(Tensor query, Tensor key, Tensor value, Tensor? mask, double p, bool causal)
            {
                var scores = query.matmul(key.transpose(-2, -1)) / Math.Sqrt(query.size(-1)); // (..., L, S)
                if (causal) mask = torch.ones(query.size(-2), key.size(-2), ScalarType.Bool, query.device).tril();
                if (mask is not null) scores = mask.dtype == ScalarType.Bool
                    ? scores.masked_fill(mask.logical_not(), double.NegativeInfinity) : scores + mask;
                return dropout(scores.softmax(-1), p, p > 0).matmul(value);
            }
        }
    }

    public partial class Tensor
    {
        public Tensor gelu(GELU.Approximate approximate) => Call("aten::gelu", this, approximate.ToString());
        public Tensor gelu_(GELU.Approximate approximate) => InPlace("aten::gelu_", this, approximate.ToString());
    }
}
