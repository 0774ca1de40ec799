using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>What the normalisations by running statistics share.</summary>
    public abstract class NormBase : nn.Module<Tensor, Tensor>
    {
        private protected NormBase(string name, long num_features, double eps, double? momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype) : base(name)
        {
            (this.num_features, this.eps, this.momentum) = (num_features, eps, momentum);
            (this.affine, this.track_running_stats) = (affine, track_running_stats);
            if (affine)
            {
                weight = Make.Parameter([num_features], device, dtype);
                bias = Make.Parameter([num_features], device, dtype);
            }
            if (track_running_stats)
            {
                register_buffer("running_mean", zeros(num_features, dtype, device));
                register_buffer("running_var", ones(num_features, dtype, device));
                register_buffer("num_batches_tracked", tensor(0L, device: device));
            }
            reset_parameters();
        }

        public long num_features { get; }
        public double eps { get; set; }
        public double? momentum { get; set; }
        public bool affine { get; }
        public bool track_running_stats { get; }
        public Parameter weight { get => Registered("weight")!; set => ConditionallyRegisterParameter("weight", value); }
        public Parameter? bias { get => Registered("bias"); set => ConditionallyRegisterParameter("bias", value); }
        public Tensor? running_mean { get => get_buffer("running_mean"); set => ConditionallyRegisterBuffer("running_mean", value); }
        public Tensor? running_var { get => get_buffer("running_var"); set => ConditionallyRegisterBuffer("running_var", value); }
        public Tensor? num_batches_tracked
        {
            get => get_buffer("num_batches_tracked");
            set => ConditionallyRegisterBuffer("num_batches_tracked", value);
        }

        public void reset_running_stats()
        {
            running_mean?.zero_();
            running_var?.fill_(1);
            num_batches_tracked?.zero_();
        }

        public void reset_parameters()
        {
            reset_running_stats();
            if (!affine) return;
            nn.init.ones_(weight);
            nn.init.zeros_(bias!);
        }
    }

    /// <summary>Normalises each channel over the batch (Ioffe and Szegedy 2015).</summary>
    public abstract class BatchNorm : NormBase
    {
        private protected BatchNorm(string name, long num_features, double eps, double? momentum, bool affine, bool track_running_stats,
            Device? device, ScalarType? dtype) : base(name, num_features, eps, momentum, affine, track_running_stats, device, dtype) { }

        public override Tensor forward(Tensor input)
        {
            if (training) num_batches_tracked?.add_(1);
            // Without a momentum the statistics are plain averages over all batches.
            double share = momentum ?? (num_batches_tracked is { } n ? 1 / n.ToDouble() : 0);
            return nn.functional.batch_norm(input, running_mean!, running_var!, weight, bias, training || running_mean is null, share, eps);
        }
    }

    public sealed class BatchNorm1d : BatchNorm
    {
        internal BatchNorm1d(long n, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype)
            : base(nameof(BatchNorm1d), n, eps, momentum, affine, track, device, dtype) { }
    }

    public sealed class BatchNorm2d : BatchNorm
    {
        internal BatchNorm2d(long n, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype)
            : base(nameof(BatchNorm2d), n, eps, momentum, affine, track, device, dtype) { }
    }

    /// <summary>Normalises groups of channels of each sample (Wu and He 2018).</summary>
    public sealed class GroupNorm : nn.Module<Tensor, Tensor>
    {
        internal GroupNorm(long groups, long channels, double eps, bool affine, Device? device, ScalarType? dtype) : base(nameof(GroupNorm))
        {
            (num_groups, this.eps, this.affine) = (groups, eps, affine);
            if (!affine) return;
            (weight, bias) = (Make.Parameter([channels], device, dtype), Make.Parameter([channels], device, dtype));
            nn.init.ones_(weight);
            nn.init.zeros_(bias);
        }

        public long num_groups { get; set; }
        public double eps { get; set; }
        public bool affine { get; set; }
        public Parameter weight { get => Registered("weight")!; set => ConditionallyRegisterParameter("weight", value); }
        public Parameter? bias { get => Registered("bias"); set => ConditionallyRegisterParameter("bias", value); }

        public override Tensor forward(Tensor tensor) => nn.functional.group_norm(tensor, num_groups, weight, bias, eps);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static BatchNorm1d BatchNorm1d(long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true,
                bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static BatchNorm2d BatchNorm2d(long num_features, double eps = 1e-05, double momentum = 0.1, bool affine = true,
                bool track_running_stats = true, Device? device = null, ScalarType? dtype = null) =>
                new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

            public static GroupNorm GroupNorm(long num_groups, long num_channels, double eps = 1e-05, bool affine = true,
                Device? device = null, ScalarType? dtype = null) => new(num_groups, num_channels, eps, affine, device, dtype);
        }
    }
}
