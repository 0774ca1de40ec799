using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            public interface ILearningRateController
            {
                double LearningRate { get; set; }
                double InitialLearningRate { get; set; }
            }

            public interface IMomentum
            {
                double Momentum { get; set; }
            }

            public interface IBetas
            {
                (double, double) Betas { get; set; }
            }

            /// <summary>Changes parameters by their gradients.</summary>
            public abstract class Optimizer : IDisposable
            {
                private protected readonly List<ParamGroup> groups = [];

                private protected Optimizer() { }

                public virtual IEnumerable<ILearningRateController> ParamGroups => groups;

                public virtual IEnumerable<Parameter> parameters() => groups.SelectMany(g => g.Parameters);

                public virtual void add_param_group(ParamGroup param_group) => groups.Add(param_group);

                /// <summary>Sets the gradients to zero, in place.</summary>
                public virtual void zero_grad()
                {
                    foreach (var parameter in parameters())
                    {
                        using var grad = parameter.grad;
                        grad?.zero_();
                    }
                }

                public abstract Tensor? step(Func<Tensor>? closure = null);

                public void Dispose()
                {
                    Dispose(true);
                    GC.SuppressFinalize(this);
                }

                protected virtual void Dispose(bool disposing) { }

                /// <summary>The options of each group, the state of each parameter, and which states belong to which group.</summary>
                public class StateDictionary
                {
                    internal StateDictionary() { }

                    public List<OptimizerOptions> Options { get; } = [];
                    public List<OptimizerState> State { get; } = [];
                    public List<List<int>> StateIndexRef { get; } = [];
                }
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>An optimiser whose steps are computed here, for all parameters of a group at once.</summary>
    public abstract class OptimizerHelper : optim.Optimizer
    {
        private readonly Dictionary<Parameter, OptimizerState> states = new(ReferenceEqualityComparer.Instance);

        private protected abstract OptimizerOptions Complete(OptimizerOptions? options);

        private protected abstract OptimizerState NewState(Parameter parameter);

        private protected abstract void Update(ParamGroup group);

        private protected void AddGroups(IEnumerable<ParamGroup> added)
        {
            foreach (var group in added) add_param_group(group);
        }

        private protected static void NotNegative(double value, string what)
        {
            if (!(value >= 0)) throw new ArgumentException($"The {what} is {value}; it must not be negative.", what);
        }

        public override void add_param_group(ParamGroup param_group)
        {
            param_group.Parameters = [.. param_group.Parameters];
            param_group.Options = Complete(param_group.Options);
            param_group.InitialLearningRate = param_group.LearningRate;
            foreach (var parameter in param_group.Parameters)
            {
                var state = NewState(parameter);
                state.Initialize(param_group.Options);
                if (!states.TryAdd(parameter, state))
                    throw new ArgumentException("A parameter is in more than one group of the optimiser.");
            }
            groups.Add(param_group);
        }

        public override Tensor? step(Func<Tensor>? closure = null)
        {
            Tensor? loss = null;
            if (closure is not null)
                using (enable_grad()) loss = closure();
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            foreach (var group in groups) Update(group);
            return loss;
        }

        /// <summary>The parameters of a group that have a gradient, with it and with their states.</summary>
        private protected (Parameter Parameter, Tensor Grad, TState State)[] Active<TState>(ParamGroup group)
            where TState : OptimizerState =>
            [.. from parameter in @group.Parameters
                let grad = parameter.grad
                where grad is not null
                select (parameter, grad, (TState)states[parameter])];

        public virtual StateDictionary state_dict()
        {
            var dictionary = new StateDictionary();
            foreach (var group in groups)
            {
                dictionary.Options.Add(group.Options);
                int first = dictionary.State.Count;
                dictionary.State.AddRange(group.Parameters.Select(p => states[p]));
                dictionary.StateIndexRef.Add([.. Enumerable.Range(first, dictionary.State.Count - first)]);
            }
            return dictionary;
        }

        /// <summary>Copies options and states from another optimiser of the same kind and structure.</summary>
        public virtual void load_state_dict(StateDictionary state_dict)
        {
            var own = this.state_dict();
            if (own.Options.Count != state_dict.Options.Count || own.State.Count != state_dict.State.Count)
                throw new ArgumentException($"The state has {state_dict.Options.Count} groups and {state_dict.State.Count} parameters; " +
                    $"this optimiser has {own.Options.Count} and {own.State.Count}.", nameof(state_dict));
            foreach (var (mine, other) in own.Options.Zip(state_dict.Options).Where(p => p.First != p.Second)) mine.LoadStateDict(other);
            foreach (var (mine, other) in own.State.Zip(state_dict.State).Where(p => p.First != p.Second)) mine.LoadStateDict(other);
        }

        public void to(Device device)
        {
            foreach (var state in states.Values) state.to(device);
        }

        protected override void Dispose(bool disposing)
        {
            foreach (var state in states.Values.OfType<IDisposable>()) state.Dispose();
        }
    }

    public class OptimizerOptions
    {
        public double? LearningRate { get; set; }
        public double InitialLearningRate { get; set; }

        public virtual void LoadStateDict(OptimizerOptions source) =>
            (LearningRate, InitialLearningRate) = (source.LearningRate, source.InitialLearningRate);
    }

    public abstract class OptimizerState
    {
        protected Parameter _parameter;

        protected OptimizerState(Parameter parameter) => _parameter = parameter;

        public abstract void Initialize(OptimizerOptions options);
        public abstract void LoadStateDict(OptimizerState source);
        public virtual bool ApproximatelyEquals(OptimizerState other) => false;
        public virtual void to(Device device) { }

        // What an optimiser remembers outlives the scope in which it is made.
        private protected Tensor Zeros() => _parameter.zeros_like().detach().DetachFromDisposeScope();

        private protected static void Replace(ref Tensor mine, Tensor? other)
        {
            mine?.Dispose();
            mine = other?.clone().DetachFromDisposeScope()!;
        }

        private protected static void Move(ref Tensor mine, Device device)
        {
            var old = mine;
            mine = old?.to(device).DetachFromDisposeScope()!;
            old?.Dispose();
        }

        private protected static bool Close(Tensor? a, Tensor? b) => a is null || b is null ? a is null && b is null : a.allclose(b);
    }

    public class ParamGroup : optim.ILearningRateController
    {
        public IEnumerable<Parameter> Parameters { get; set; } = [];
        public OptimizerOptions Options { get; set; } = null!;
        public double LearningRate { get => Options.LearningRate!.Value; set => Options.LearningRate = value; }
        public double InitialLearningRate { get => Options.InitialLearningRate; set => Options.InitialLearningRate = value; }
    }

    public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
        {
            Parameters = parameters;
            base.Options = options!;
        }

        public new TOptions Options { get => (TOptions)base.Options; set => base.Options = value; }
    }
}
