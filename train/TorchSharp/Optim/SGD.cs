using TorchSharp.Modules;
using static TorchSharp.Op;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Stochastic gradient descent, with (Nesterov) momentum.</summary>
            public static Modules.SGD SGD(IEnumerable<Parameter> parameters, double learningRate, double momentum = 0,
                double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static Modules.SGD SGD(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate,
                double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters.Select(p => p.parameter), learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static Modules.SGD SGD(IEnumerable<SGD.ParamGroup> parameters, double learningRate, double momentum = 0.0,
                double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    public class SGD : OptimizerHelper, optim.IMomentum
    {
        private readonly Options defaults;

        public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0.0, double dampening = 0, double weight_decay = 0,
            bool nesterov = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize) { }

        public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0.0, double dampening = 0, double weight_decay = 0,
            bool nesterov = false, bool maximize = false)
        {
            NotNegative(lr, nameof(lr));
            NotNegative(momentum, nameof(momentum));
            NotNegative(weight_decay, nameof(weight_decay));
            if (nesterov && (momentum <= 0 || dampening != 0))
                throw new ArgumentException("Nesterov momentum needs a momentum and no dampening.");
            defaults = new()
            {
                LearningRate = lr, InitialLearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay,
                nesterov = nesterov, maximize = maximize,
            };
            AddGroups(parameters);
        }

        public double Momentum { get => defaults.momentum!.Value; set => defaults.momentum = value; }

        private protected override OptimizerState NewState(Parameter parameter) => new State(parameter);

        private protected override OptimizerOptions Complete(OptimizerOptions? options)
        {
            var o = options as Options ?? new Options();
            o.LearningRate ??= defaults.LearningRate;
            o.momentum ??= defaults.momentum;
            o.dampening ??= defaults.dampening;
            o.weight_decay ??= defaults.weight_decay;
            o.nesterov ??= defaults.nesterov;
            o.maximize ??= defaults.maximize;
            return o;
        }

        private protected override void Update(Modules.ParamGroup group)
        {
            var active = Active<State>(group);
            if (active.Length == 0) return;
            var o = (Options)group.Options;
            Tensor[] p = [.. active.Select(a => a.Parameter)], g = [.. active.Select(a => a.Grad)];
            if (o.weight_decay != 0) g = CallList("aten::_foreach_add.List", g, p, o.weight_decay);
            if (o.momentum != 0)
            {
                for (int i = 0; i < active.Length; i++)
                {
                    ref var buffer = ref active[i].State.momentum_buffer;
                    if (buffer is null) buffer = g[i].clone().DetachFromDisposeScope();
                    else buffer.mul_(o.momentum!.Value).add_(g[i], 1 - o.dampening!.Value);
                }
                Tensor[] buffers = [.. active.Select(a => a.State.momentum_buffer)];
                g = o.nesterov!.Value ? CallList("aten::_foreach_add.List", g, buffers, o.momentum) : buffers;
            }
            Run("aten::_foreach_add_.List", p, g, o.maximize!.Value ? group.LearningRate : -group.LearningRate);
        }

        public sealed class State : OptimizerState, IDisposable
        {
            public Tensor momentum_buffer = null!;

            public State(Parameter parameter) : base(parameter) { }

            public override void Initialize(OptimizerOptions options)
            {
                Dispose();
                momentum_buffer = null!;
            }

            public override void LoadStateDict(OptimizerState source) => Replace(ref momentum_buffer, ((State)source).momentum_buffer);

            public override bool ApproximatelyEquals(OptimizerState other) => other is State o && Close(momentum_buffer,
                o.momentum_buffer);

            public override void to(Device device) => Move(ref momentum_buffer, device);

            public void Dispose() => momentum_buffer?.Dispose();
        }

        public class Options : OptimizerOptions
        {
            public double? momentum;
            public double? dampening;
            public double? weight_decay;
            public bool? nesterov;
            public bool? maximize;

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                var o = (Options)source;
                (momentum, dampening, weight_decay, nesterov, maximize) = (o.momentum, o.dampening, o.weight_decay, o.nesterov, o.maximize);
            }
        }

        public class ParamGroup : ParamGroup<Options>, optim.IMomentum
        {
            public ParamGroup() { }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

            public ParamGroup(IEnumerable<Parameter> parameters, double lr = 1e-3, double momentum = 0.0, double dampening = 0,
                double weight_decay = 0, bool nesterov = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov,
                        maximize = maximize,
                }) { }

            public double Momentum { get => Options.momentum!.Value; set => Options.momentum = value; }
        }
    }
}
