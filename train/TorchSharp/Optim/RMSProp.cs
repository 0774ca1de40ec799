using TorchSharp.Modules;
using static TorchSharp.Op;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>RMSProp: gradients divided by a running root mean square of themselves (Graves 2013, with centering).</summary>
            public static Modules.RMSProp RMSProp(IEnumerable<Parameter> parameters, double lr = 0.01, double alpha = 0.99,
                double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false) =>
                new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);

            public static Modules.RMSProp RMSProp(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01,
                double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false,
                bool maximize = false) =>
                new(parameters.Select(p => p.parameter), lr, alpha, eps, weight_decay, momentum, centered, maximize);

            public static Modules.RMSProp RMSProp(IEnumerable<RMSProp.ParamGroup> parameters, double lr = 0.01, double alpha = 0.99,
                double eps = 1e-8, double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false) =>
                new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class RMSProp : OptimizerHelper, optim.IMomentum
    {
        private readonly Options defaults;

        public RMSProp(IEnumerable<Parameter> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8,
            double weight_decay = 0, double momentum = 0.0, bool centered = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, alpha, eps, weight_decay, momentum, centered, maximize) { }

        public RMSProp(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8,
            double weight_decay = 0, double momentum = 0.0, bool centered = false, bool maximize = false)
        {
            NotNegative(lr, nameof(lr));
            NotNegative(alpha, nameof(alpha));
            NotNegative(eps, nameof(eps));
            NotNegative(momentum, nameof(momentum));
            NotNegative(weight_decay, nameof(weight_decay));
            defaults = new()
            {
                LearningRate = lr, InitialLearningRate = lr, alpha = alpha, eps = eps, weight_decay = weight_decay, momentum = momentum,
                centered = centered, maximize = maximize,
            };
            AddGroups(parameters);
        }

        public double Momentum { get => defaults.momentum!.Value; set => defaults.momentum = value; }

        private protected override OptimizerState NewState(Parameter parameter) => new State(parameter);

        private protected override OptimizerOptions Complete(OptimizerOptions? options)
        {
            var o = options as Options ?? new Options();
            o.LearningRate ??= defaults.LearningRate;
            o.alpha ??= defaults.alpha;
            o.eps ??= defaults.eps;
            o.weight_decay ??= defaults.weight_decay;
            o.momentum ??= defaults.momentum;
            o.centered ??= defaults.centered;
            o.maximize ??= defaults.maximize;
            return o;
        }

        private protected override void Update(Modules.ParamGroup group)
        {
            var active = Active<State>(group);
            if (active.Length == 0) return;
            var o = (Options)group.Options;
            double lr = group.LearningRate, alpha = o.alpha!.Value;
            Tensor[] p = [.. active.Select(a => a.Parameter)], g = [.. active.Select(a => a.Grad)];
            Tensor[] square = [.. active.Select(a => a.State.square_avg)];
            foreach (var (_, _, state) in active) state.step++;
            if (o.maximize!.Value) g = CallList("aten::_foreach_neg", g);
            if (o.weight_decay != 0) g = CallList("aten::_foreach_add.List", g, p, o.weight_decay);
            Run("aten::_foreach_mul_.Scalar", square, alpha);
            Run("aten::_foreach_addcmul_.Scalar", square, g, g, 1 - alpha);
            Tensor[] spread = square;
            if (o.centered!.Value)
            {
                Tensor[] mean = [.. active.Select(a => a.State.grad_avg)];
                Run("aten::_foreach_mul_.Scalar", mean, alpha);
                Run("aten::_foreach_add_.List", mean, g, 1 - alpha);
                spread = CallList("aten::_foreach_addcmul.Scalar", square, mean, mean, -1);
            }
            var root = CallList("aten::_foreach_sqrt", spread);
            Run("aten::_foreach_add_.Scalar", root, o.eps!.Value);
            if (o.momentum > 0)
            {
                Tensor[] buffer = [.. active.Select(a => a.State.momentum_buffer)];
                Run("aten::_foreach_mul_.Scalar", buffer, o.momentum);
                Run("aten::_foreach_addcdiv_.Scalar", buffer, g, root, 1);
                Run("aten::_foreach_add_.List", p, buffer, -lr);
            }
            else Run("aten::_foreach_addcdiv_.Scalar", p, g, root, -lr);
        }

        public sealed class State : OptimizerState, IDisposable
        {
            public long step;
            public Tensor square_avg = null!;
            public Tensor momentum_buffer = null!;
            public Tensor grad_avg = null!;

            public State(Parameter parameter) : base(parameter) { }

            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                var o = (Options)options;
                step = 0;
                square_avg = Zeros();
                momentum_buffer = o.momentum > 0 ? Zeros() : null!;
                grad_avg = o.centered == true ? Zeros() : null!;
            }

            public override void LoadStateDict(OptimizerState source)
            {
                var other = (State)source;
                step = other.step;
                Replace(ref square_avg, other.square_avg);
                Replace(ref momentum_buffer, other.momentum_buffer);
                Replace(ref grad_avg, other.grad_avg);
            }

            public override bool ApproximatelyEquals(OptimizerState other) => other is State o && step == o.step
                && Close(square_avg, o.square_avg) && Close(momentum_buffer, o.momentum_buffer) && Close(grad_avg, o.grad_avg);

            public override void to(Device device)
            {
                Move(ref square_avg, device);
                Move(ref momentum_buffer, device);
                Move(ref grad_avg, device);
            }

            public void Dispose()
            {
                square_avg?.Dispose();
                momentum_buffer?.Dispose();
                grad_avg?.Dispose();
            }
        }

        public class Options : OptimizerOptions
        {
            public bool? maximize;
            public double? momentum;
            public double? alpha;
            public double? eps;
            public double? weight_decay;
            public bool? centered;

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var o = (Options)source;
                (maximize, momentum, alpha, eps, weight_decay, centered) = (o.maximize, o.momentum, o.alpha, o.eps, o.weight_decay,
                    o.centered);
            }
        }

        public class ParamGroup : ParamGroup<Options>, optim.IMomentum
        {
            public ParamGroup() { }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double eps = 1e-8, double alpha = 0.99,
                double weight_decay = 0, double momentum = 0.0, bool centered = false)
                : base(parameters, new Options
                {
                    LearningRate = lr, eps = eps, alpha = alpha, weight_decay = weight_decay, momentum = momentum, centered = centered,
                }) { }

            public double Momentum { get => Options.momentum!.Value; set => Options.momentum = value; }
        }
    }
}
