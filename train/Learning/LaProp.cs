using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// LaProp (Ziyin et al. 2020): Adam's two halves the other way round. Gradients are divided by their root mean square first, and momentum
/// is the mean of those, so that one large gradient does not move the weights for long. Both means are freed of their bias.
/// </summary>
public sealed class LaProp : OptimizerHelper
{
    private const double Momentum = 0.9, Decay = 0.999;

    private readonly double _epsilon;
    private readonly long _warmup;

    /// <param name="parameters">What it trains.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="epsilon">Added to the root of the second moment, above 0.</param>
    /// <param name="warmup">Steps over which the rate rises from zero.</param>
    public LaProp(IEnumerable<Parameter> parameters, double rate, double epsilon = 1e-20, long warmup = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epsilon);
        (_epsilon, _warmup) = (epsilon, warmup);
        _defaults = new OptimizerOptions { LearningRate = rate, InitialLearningRate = rate };
        _parameter_groups = [];
        _state = new();
        add_param_group(new() { Parameters = parameters, Options = _defaults });
    }

    /// <inheritdoc />
    public override void add_param_group(ParamGroup group)
    {
        base.add_param_group(group);
        foreach (Parameter parameter in group.Parameters)
            _state[parameter.Handle] = new State(parameter);
    }

    /// <summary>Takes a step along the gradients that are there.</summary>
    /// <param name="closure">Computes the loss and its gradients; null: they are there already.</param>
    public override Tensor step(Func<Tensor>? closure = null)
    {
        Tensor? loss = closure?.Invoke();
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ParamGroup group in _parameter_groups)
        {
            foreach (Parameter parameter in group.Parameters)
            {
                if (parameter.grad is not { } gradient)
                    continue;
                State state = (State)_state[parameter.Handle];
                state.Steps++;
                double rate = group.LearningRate * Math.Min(1, (double)state.Steps / Math.Max(1, _warmup));
                _ = state.Squares.mul_(Decay).addcmul_(gradient, gradient, 1 - Decay);
                Tensor root = (state.Squares / (1 - Math.Pow(Decay, state.Steps))).sqrt_().add_(_epsilon);
                _ = state.Mean.mul_(Momentum).add_(gradient / root, 1 - Momentum);
                _ = parameter.add_(state.Mean, -rate / (1 - Math.Pow(Momentum, state.Steps)));
            }
        }
        return loss!;
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (OptimizerState state in _state.Values)
                ((State)state).Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>What it remembers of a parameter.</summary>
    public sealed class State : OptimizerState, IDisposable
    {
        public State(Parameter parameter) : base(parameter) => Initialize(null!);

        /// <summary>Steps taken.</summary>
        public long Steps { get; set; }

        /// <summary>Mean of normalised gradients.</summary>
        public Tensor Mean { get; private set; } = null!;

        /// <summary>Mean of squared gradients.</summary>
        public Tensor Squares { get; private set; } = null!;

        /// <inheritdoc />
        public override void Initialize(OptimizerOptions options)
        {
            Steps = 0;
            Mean = zeros_like(_parameter).DetachFromDisposeScope();
            Squares = zeros_like(_parameter).DetachFromDisposeScope();
        }

        /// <inheritdoc />
        public override void LoadStateDict(OptimizerState source)
        {
            State other = (State)source;
            Steps = other.Steps;
            _ = Mean.copy_(other.Mean);
            _ = Squares.copy_(other.Squares);
        }

        /// <inheritdoc />
        public override void LoadStateDict(BinaryReader reader)
        {
            Steps = reader.ReadInt64();
            Mean.Load(reader);
            Squares.Load(reader);
        }

        /// <inheritdoc />
        public override void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(Steps);
            Mean.Save(writer);
            Squares.Save(writer);
        }

        public void Dispose()
        {
            Mean.Dispose();
            Squares.Dispose();
        }
    }
}
