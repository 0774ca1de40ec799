using TorchSharp.Modules;
using static TorchSharp.Op;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adam (Kingma and Ba 2015, algorithm 1); weight decay is added to the gradient.</summary>
            public static Modules.Adam Adam(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9,
                double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static Modules.Adam Adam(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3,
                double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false,
                bool maximize = false) =>
                new(parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static Modules.Adam Adam(IEnumerable<Adam.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9,
                double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class Adam : OptimizerHelper, optim.IBetas
    {
        private readonly Options defaults;

        public Adam(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize) { }

        public Adam(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            NotNegative(lr, nameof(lr));
            NotNegative(eps, nameof(eps));
            NotNegative(weight_decay, nameof(weight_decay));
            if (beta1 is < 0 or >= 1 || beta2 is < 0 or >= 1)
                throw new ArgumentException($"The betas are {beta1} and {beta2}; both must be in [0, 1).");
            defaults = new()
            {
                LearningRate = lr, InitialLearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay,
                amsgrad = amsgrad, maximize = maximize,
            };
            AddGroups(parameters);
        }

        public (double, double) Betas
        {
            get => (defaults.beta1!.Value, defaults.beta2!.Value);
            set => (defaults.beta1, defaults.beta2) = value;
        }

        private protected override OptimizerState NewState(Parameter parameter) => new State(parameter);

        private protected override OptimizerOptions Complete(OptimizerOptions? options)
        {
            var o = options as Options ?? new Options();
            o.LearningRate ??= defaults.LearningRate;
            o.beta1 ??= defaults.beta1;
            o.beta2 ??= defaults.beta2;
            o.eps ??= defaults.eps;
            o.weight_decay ??= defaults.weight_decay;
            o.amsgrad ??= defaults.amsgrad;
            o.maximize ??= defaults.maximize;
            return o;
        }

        private protected override void Update(Modules.ParamGroup group)
        {
            var o = (Options)group.Options;
            double lr = group.LearningRate, decay = o.weight_decay!.Value;
            var active = Active<State>(group);
            foreach (var (_, _, state) in active) state.step++;
            // One call for all parameters that are equally old: they share the bias correction.
            foreach (var batch in active.GroupBy(a => a.State.step))
            {
                Tensor[] p = [.. batch.Select(b => b.Parameter)], g = [.. batch.Select(b => b.Grad)];
                Tensor[] m = [.. batch.Select(b => b.State.exp_avg)], v = [.. batch.Select(b => b.State.exp_avg_sq)];
                if (o.maximize!.Value) g = CallList("aten::_foreach_neg", g);
                if (decay != 0) g = CallList("aten::_foreach_add.List", g, p, decay);
                Tensor[]? largest = o.amsgrad!.Value ? [.. batch.Select(b => b.State.max_exp_avg_sq)] : null;
                AdamStep.Apply(p, g, m, v, largest, batch.Key, lr, o.beta1!.Value, o.beta2!.Value, o.eps!.Value);
            }
        }

        public sealed class State : OptimizerState, IDisposable
        {
            public long step;
            public Tensor exp_avg = null!;
            public Tensor exp_avg_sq = null!;
            public Tensor max_exp_avg_sq = null!;

            public State(Parameter parameter) : base(parameter) { }

            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                step = 0;
                (exp_avg, exp_avg_sq) = (Zeros(), Zeros());
                max_exp_avg_sq = ((Options)options).amsgrad == true ? Zeros() : null!;
            }

            public override void LoadStateDict(OptimizerState source)
            {
                var other = (State)source;
                step = other.step;
                Replace(ref exp_avg, other.exp_avg);
                Replace(ref exp_avg_sq, other.exp_avg_sq);
                Replace(ref max_exp_avg_sq, other.max_exp_avg_sq);
            }

            public override bool ApproximatelyEquals(OptimizerState other) => other is State o && step == o.step
                && Close(exp_avg, o.exp_avg) && Close(exp_avg_sq, o.exp_avg_sq) && Close(max_exp_avg_sq, o.max_exp_avg_sq);

            public override void to(Device device)
            {
                Move(ref exp_avg, device);
                Move(ref exp_avg_sq, device);
                Move(ref max_exp_avg_sq, device);
            }

            public void Dispose()
            {
                exp_avg?.Dispose();
                exp_avg_sq?.Dispose();
                max_exp_avg_sq?.Dispose();
            }
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? weight_decay;
            public double? eps;
            public bool? amsgrad;
            public bool? maximize;

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var o = (Options)source;
                (beta1, beta2, weight_decay, eps, amsgrad, maximize) = (o.beta1, o.beta2, o.weight_decay, o.eps, o.amsgrad, o.maximize);
            }
        }

        public class ParamGroup : ParamGroup<Options>, optim.IBetas
        {
            public ParamGroup() { }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay,
                    amsgrad = amsgrad, maximize = maximize,
                }) { }

            public (double, double) Betas
            {
                get => (Options.beta1!.Value, Options.beta2!.Value);
                set => (Options.beta1, Options.beta2) = value;
            }
        }
    }
}
