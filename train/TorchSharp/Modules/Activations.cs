using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>A module with nothing to learn.</summary>
    public abstract class ParameterLessModule<T1, TResult> : nn.Module<T1, TResult>
    {
        protected ParameterLessModule(string name) : base(name) { }
    }

    public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal ReLU(bool inplace) : base(nameof(ReLU)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.relu(tensor, inplace);
    }

    public sealed class ReLU6 : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal ReLU6(bool inplace) : base(nameof(ReLU6)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.relu6(tensor, inplace);
    }

    public sealed class ELU : ParameterLessModule<Tensor, Tensor>
    {
        public double alpha { get; set; }
        public bool inplace { get; set; }

        internal ELU(double alpha, bool inplace) : base(nameof(ELU)) => (this.alpha, this.inplace) = (alpha, inplace);

        public override Tensor forward(Tensor tensor) => nn.functional.elu(tensor, alpha, inplace);
    }

    public sealed class SELU : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal SELU(bool inplace) : base(nameof(SELU)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.selu(tensor, inplace);
    }

    public sealed class CELU : ParameterLessModule<Tensor, Tensor>
    {
        public double alpha { get; set; }
        public bool inplace { get; set; }

        internal CELU(double alpha, bool inplace) : base(nameof(CELU)) => (this.alpha, this.inplace) = (alpha, inplace);

        public override Tensor forward(Tensor tensor) => nn.functional.celu(tensor, alpha, inplace);
    }

    public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal SiLU(bool inplace) : base(nameof(SiLU)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.silu(tensor, inplace);
    }

    public sealed class Mish : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal Mish(bool inplace) : base(nameof(Mish)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.mish(tensor, inplace);
    }

    public sealed class Sigmoid : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal Sigmoid(bool inplace) : base(nameof(Sigmoid)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.sigmoid(tensor, inplace);
    }

    public sealed class Tanh : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal Tanh(bool inplace) : base(nameof(Tanh)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.tanh(tensor, inplace);
    }

    public sealed class Hardtanh : ParameterLessModule<Tensor, Tensor>
    {
        public double min_val { get; set; }
        public double max_val { get; set; }
        public bool inplace { get; set; }

        internal Hardtanh(double min_val, double max_val, bool inplace) : base(nameof(Hardtanh)) =>
            (this.min_val, this.max_val, this.inplace) = (min_val, max_val, inplace);

        public override Tensor forward(Tensor tensor) => nn.functional.hardtanh(tensor, min_val, max_val, inplace);
    }

    public sealed class Hardsigmoid : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal Hardsigmoid(bool inplace) : base(nameof(Hardsigmoid)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.hardsigmoid(tensor, inplace);
    }

    public sealed class Hardswish : ParameterLessModule<Tensor, Tensor>
    {
        public bool inplace { get; set; }

        internal Hardswish(bool inplace) : base(nameof(Hardswish)) => this.inplace = inplace;

        public override Tensor forward(Tensor tensor) => nn.functional.hardswish(tensor, inplace);
    }

    public sealed class LeakyReLU : ParameterLessModule<Tensor, Tensor>
    {
        public double negative_slope { get; set; }
        public bool inplace { get; set; }

        internal LeakyReLU(double negative_slope, bool inplace) : base(nameof(LeakyReLU)) =>
            (this.negative_slope, this.inplace) = (negative_slope, inplace);

        public override Tensor forward(Tensor tensor) => nn.functional.leaky_relu(tensor, negative_slope, inplace);
    }

    public sealed class Softplus : ParameterLessModule<Tensor, Tensor>
    {
        public double beta { get; set; }
        public double threshold { get; set; }

        internal Softplus(double beta, double threshold) : base(nameof(Softplus)) => (this.beta, this.threshold) = (beta, threshold);

        public override Tensor forward(Tensor tensor) => nn.functional.softplus(tensor, beta, threshold);
    }

    public sealed class Softmax : ParameterLessModule<Tensor, Tensor>
    {
        public long dim { get; set; }

        internal Softmax(long dim) : base(nameof(Softmax)) => this.dim = dim;

        public override Tensor forward(Tensor tensor) => tensor.softmax(dim);
    }

    public sealed class LogSoftmax : ParameterLessModule<Tensor, Tensor>
    {
        public long dim { get; set; }

        internal LogSoftmax(long dim) : base(nameof(LogSoftmax)) => this.dim = dim;

        public override Tensor forward(Tensor tensor) => tensor.log_softmax(dim);
    }

    public sealed class LogSigmoid : ParameterLessModule<Tensor, Tensor>
    {
        internal LogSigmoid() : base(nameof(LogSigmoid)) { }

        public override Tensor forward(Tensor tensor) => tensor.log_sigmoid();
    }

    public sealed class Identity : ParameterLessModule<Tensor, Tensor>
    {
        internal Identity() : base(nameof(Identity)) { }

        public override Tensor forward(Tensor tensor) => tensor.alias();
    }

    public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
    {
        public double p { get; set; }
        public bool inplace { get; set; }

        internal Dropout(double p, bool inplace) : base(nameof(Dropout)) => (this.p, this.inplace) = (p, inplace);

        public override Tensor forward(Tensor tensor) => nn.functional.dropout(tensor, p, training, inplace);
    }

    public sealed class Flatten : ParameterLessModule<Tensor, Tensor>
    {
        public long start_dim { get; set; }
        public long end_dim { get; set; }

        internal Flatten(long start_dim, long end_dim) : base(nameof(Flatten)) => (this.start_dim, this.end_dim) = (start_dim, end_dim);

        public override Tensor forward(Tensor input) => input.flatten(start_dim, end_dim);
    }

    public sealed class GELU : ParameterLessModule<Tensor, Tensor>
    {
        public enum Approximate { none, tanh }

        public bool inplace { get; set; }
        public Approximate approximate { get; set; }

        internal GELU(bool inplace, Approximate approximate) : base(nameof(GELU)) =>
            (this.inplace, this.approximate) = (inplace, approximate);

        public override Tensor forward(Tensor tensor) => nn.functional.gelu(tensor, approximate, inplace);
    }
}

namespace TorchSharp
{
    using Modules;

    public static partial class torch
    {
        public static partial class nn
        {
            public static ReLU ReLU(bool inplace = false) => new(inplace);
            public static ReLU6 ReLU6(bool inplace = false) => new(inplace);
            public static ELU ELU(double alpha = 1.0, bool inplace = false) => new(alpha, inplace);
            public static SELU SELU(bool inplace = false) => new(inplace);
            public static CELU CELU(double alpha = 1.0, bool inplace = false) => new(alpha, inplace);
            public static SiLU SiLU() => new(false);
            public static SiLU SiLU(bool inplace) => new(inplace);
            public static Mish Mish() => new(false);
            public static Mish Mish(bool inplace) => new(inplace);
            public static Sigmoid Sigmoid() => new(false);
            public static Sigmoid Sigmoid(bool inplace) => new(inplace);
            public static Tanh Tanh() => new(false);
            public static Tanh Tanh(bool inplace = false) => new(inplace);
            public static Hardtanh Hardtanh(double min_val = -1.0, double max_val = 1.0, bool inplace = false) =>
                new(min_val, max_val, inplace);
            public static Hardsigmoid Hardsigmoid(bool inplace = false) => new(inplace);
            public static Hardswish Hardswish(bool inplace = false) => new(inplace);
            public static LeakyReLU LeakyReLU(double negative_slope = 0.01, bool inplace = false) => new(negative_slope, inplace);
            public static Softplus Softplus(double beta = 1.0, double threshold = 20.0) => new(beta, threshold);
            public static Softmax Softmax(long dim) => new(dim);
            public static LogSoftmax LogSoftmax(long dim) => new(dim);
            public static LogSigmoid LogSigmoid() => new();
            public static Identity Identity() => new();
            public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);
            public static Flatten Flatten(long start_dim = 1, long end_dim = -1) => new(start_dim, end_dim);
            public static GELU GELU() => new(false, Modules.GELU.Approximate.none);
            public static GELU GELU(bool inplace) => new(inplace, Modules.GELU.Approximate.none);
            public static GELU GELU(GELU.Approximate approximate, bool inplace = false) => new(inplace, approximate);
        }
    }
}
