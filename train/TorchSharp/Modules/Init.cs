using static TorchSharp.Op;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public enum Reduction : long { None = 0, Mean = 1, Sum = 2 }
        public enum NonLinearities { ReLU = 0, Tanh = 1 }

        public static class init
        {
            public enum FanInOut { FanIn, FanOut }

            public enum NonlinearityType
            {
                Linear, Conv1D, Conv2D, Conv3D, ConvTranspose1D, ConvTranspose2D, ConvTranspose3D, Sigmoid, Tanh, ReLU, LeakyReLU,
            }

            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2.0),
                NonlinearityType.LeakyReLU => Math.Sqrt(2.0 / (1 + param * param)),
                _ => 1.0,
            };

            /// <summary>How many inputs and outputs a weight (out, in, kernel...) connects.</summary>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException("Fan in and fan out need a tensor with at least two dimensions.", nameof(tensor));
                long field = shape[2..].Aggregate(1L, (a, b) => a * b);
                return (shape[1] * field, shape[0] * field);
            }

            public static Tensor constant_(Tensor tensor, Scalar val) => Filled(tensor, t => t.fill_(val));
            public static Tensor zeros_(Tensor tensor) => Filled(tensor, t => t.zero_());
            public static Tensor ones_(Tensor tensor) => Filled(tensor, t => t.fill_(1));

            public static Tensor eye_(Tensor tensor) => Filled(tensor, t => t.copy_(torch.eye(t.size(0), t.size(1))));

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) =>
                Filled(tensor, t => t.uniform_(low, high, generator));

            public static Tensor normal_(Tensor tensor, double mean = 0.0, double std = 1.0, Generator? generator = null) =>
                Filled(tensor, t => t.normal_(mean, std, generator));

            /// <summary>A normal distribution cut off at a and b, by the inverse of its cumulative distribution.</summary>
            public static Tensor trunc_normal_(Tensor tensor, double mean = 0.0, double std = 1.0, double a = -2.0, double b = 2.0,
                                               Generator? generator = null) => Filled(tensor, t =>
            {
                double low = Cdf((a - mean) / std), high = Cdf((b - mean) / std);
                return t.uniform_(2 * low - 1, 2 * high - 1, generator).erfinv_().mul_(std * Math.Sqrt(2)).add_(mean).clamp_(a, b);

                static double Cdf(double x)
                {
                    using var erf = torch.tensor(x / Math.Sqrt(2)).erf_();
                    return (1 + erf.ToDouble()) / 2;
                }
            });

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                double bound = gain * Math.Sqrt(6.0 / Fans(tensor));
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) =>
                normal_(tensor, 0, gain * Math.Sqrt(2.0 / Fans(tensor)));
            public static Tensor glorot_uniform_(Tensor tensor, double gain = 1.0) => xavier_uniform_(tensor, gain);
            public static Tensor glorot_normal_(Tensor tensor, double gain = 1.0) => xavier_normal_(tensor, gain);

            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn,
                                                  NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                double bound = Math.Sqrt(3.0) * KaimingStd(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn,
                                                 NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, KaimingStd(tensor, a, mode, nonlinearity));

            /// <summary>Rows (or columns) that are orthonormal, times the gain.</summary>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1.0) => Filled(tensor, t =>
            {
                long rows = t.size(0), columns = t.numel() / rows;
                var flat = torch.randn(Math.Max(rows, columns), Math.Min(rows, columns), device: t.device);
                if (rows < columns) flat.copy_(torch.randn(rows, columns, device: t.device).t());
                var (q, r) = CallPair("aten::linalg_qr", flat);
                q = q * r.diagonal().sign();                    // a unique decomposition: uniform over orthogonal matrices
                return t.copy_((rows < columns ? q.t() : q).reshape(t.shape)).mul_(gain);
            });

            private static double Fans(Tensor tensor)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return fanIn + fanOut;
            }

            private static double KaimingStd(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            private static Tensor Filled(Tensor tensor, Func<Tensor, Tensor> fill)
            {
                using var _ = no_grad();
                using var scope = NewDisposeScope();
                fill(tensor);
                return tensor;
            }
        }

        public static class utils
        {
            /// <summary>Scales the gradients down so that their total norm is at most max_norm; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Modules.Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                using var _ = no_grad();
                using var scope = NewDisposeScope();
                Tensor[] grads = [.. tensors.Select(t => t.grad).OfType<Tensor>()];
                if (grads.Length == 0) return 0;
                var norms = double.IsPositiveInfinity(norm_type)
                    ? stack(grads.Select(g => g.abs().max()))
                    : stack(CallList("aten::_foreach_norm.Scalar", grads, norm_type));
                double total = (double.IsPositiveInfinity(norm_type) ? norms.max() : norms.norm((float)norm_type)).ToDouble();
                double scale = max_norm / (total + 1e-6);
                if (scale < 1) Run("aten::_foreach_mul_.Scalar", grads, scale);
                return total;
            }

            public static void clip_grad_value_(IEnumerable<Modules.Parameter> tensors, double clip_value)
            {
                foreach (var tensor in tensors)
                {
                    using var grad = tensor.grad;
                    grad?.clamp_(-clip_value, clip_value);
                }
            }

            public static Tensor parameters_to_vector(IEnumerable<Modules.Parameter> tensors) =>
                cat(tensors.Select(t => t.view(-1)).ToArray());

            public static void vector_to_parameters(Tensor vec, IEnumerable<Modules.Parameter> tensors)
            {
                using var _ = no_grad();
                using var scope = NewDisposeScope();
                long at = 0;
                foreach (var tensor in tensors)
                {
                    tensor.copy_(vec.narrow(0, at, tensor.numel()).view_as(tensor));
                    at += tensor.numel();
                }
            }
        }
    }
}
