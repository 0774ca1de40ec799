using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// An optimiser of TorchSharp over parameters that it lays one after another into one tensor, their gradients likewise. TorchSharp's
/// optimisers make their step parameter by parameter, a dozen small operations each; here they see a single one, and the step, the norm of
/// the gradients and their reset cost as much as for one parameter of that size. The numbers are the same: all of it is elementwise,
/// but for the norm, whose sum has another order.
/// </summary>
/// <remarks>
/// Not thread-safe. The parameters keep their objects, names and shapes; their memory becomes a part of the whole. Autograd does not see
/// the step, which changes the whole: a backward pass through a graph from before a step would give wrong gradients in silence, where
/// TorchSharp's own throws. Take all gradients first, then all steps.
/// </remarks>
public sealed class FlatOptimiser : IDisposable
{
    // Below it, a parameter's norm counts as this much: biases that are zero could never be moved otherwise.
    private const double LeastNorm = 1e-3;

    private readonly IReadOnlyList<Parameter> _parameters;
    private readonly Parameter _whole;
    private readonly Tensor _gradients;

    /// <param name="parameters">What it trains: float32 on one device, each in one optimiser at most.</param>
    /// <param name="make">Makes TorchSharp's optimiser over the one parameter that holds them all.</param>
    public FlatOptimiser(IReadOnlyList<Parameter> parameters, Func<IEnumerable<Parameter>, OptimizerHelper> make)
    {
        if (parameters.Count == 0)
            throw new ArgumentException("There is nothing to optimise.", nameof(parameters));
        if (parameters.Any(parameter => parameter.grad is not null))
            throw new ArgumentException("A parameter has a gradient already: it belongs to another optimiser.", nameof(parameters));
        _parameters = parameters;
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor values = cat([.. parameters.Select(parameter => parameter.reshape(-1))]);               // (N)
            _gradients = zeros_like(values).DetachFromDisposeScope();                                       // (N)
            _whole = new Parameter(values.DetachFromDisposeScope());
            _whole.DetachFromDisposeScope();
            _whole.grad = _gradients;
            long start = 0;
            foreach (Parameter parameter in parameters)
            {
                long size = parameter.numel();
                _ = parameter.set_(_whole.slice(0, start, start + size, 1).detach().reshape(parameter.shape));
                parameter.grad = _gradients.slice(0, start, start + size, 1).reshape(parameter.shape);
                start += size;
            }
        }
        Optimiser = make([_whole]);
    }

    /// <summary>TorchSharp's optimiser, for its learning rate and to be kept in checkpoints.</summary>
    public OptimizerHelper Optimiser { get; }

    /// <summary>Sets all gradients to zero; a backward pass adds to them.</summary>
    public void ZeroGradients() => _gradients.zero_().Dispose();

    /// <summary>Scales the gradients down to a norm of at most <paramref name="most"/>; the norm that they had.</summary>
    public double ClipGradients(double most) => nn.utils.clip_grad_norm_([_whole], most);

    /// <summary>Cuts every number of the gradients off at +-<paramref name="most"/>.</summary>
    public void ClipGradientValues(double most) => _ = _gradients.clamp_(-most, most);

    /// <summary>
    /// Scales each parameter's gradient down to a norm of at most a share of the parameter's own (Brock et al. 2021, over whole tensors as
    /// in DreamerV3); the norm that all had together.
    /// </summary>
    public double ClipAdaptively(double share)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor norms = stack([.. _parameters.Select(parameter => parameter.norm())]);                       // (P)
        Tensor gradients = stack([.. _parameters.Select(parameter => parameter.grad!.norm())]);             // (P)
        Tensor[] factors = (share * norms.clamp_min(LeastNorm) / gradients).clamp_max(1).unbind();
        for (int i = 0; i < factors.Length; i++)
            _ = _parameters[i].grad!.mul_(factors[i]);
        return gradients.norm().item<float>();
    }

    /// <summary>Takes a step.</summary>
    public void Step() => Optimiser.step()?.Dispose();

    /// <summary>Shrinks all parameters by a share.</summary>
    public void Decay(double share)
    {
        if (share == 0)
            return;
        using IDisposable guard = no_grad();
        _ = _whole.mul_(1 - share);
    }

    public void Dispose()
    {
        Optimiser.Dispose();
        _gradients.Dispose();
        _whole.Dispose();
    }
}
