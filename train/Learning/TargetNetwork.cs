using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Parameters of a network that follows another one, and learns nothing itself.</summary>
internal sealed class TargetNetwork
{
    private readonly Parameter[] _target, _source;

    /// <param name="parameters">Where both networks have their parameters, which are there already.</param>
    /// <param name="target">Path of the one that follows.</param>
    /// <param name="source">Path of the other, whose layers are the same.</param>
    public TargetNetwork(EagerParameters parameters, string target, string source)
    {
        (_target, _source) = (parameters.Below(target), parameters.Below(source));
        foreach (Parameter parameter in _target)
            parameter.requires_grad_(false);
    }

    /// <summary>Goes a share of the way; 1 makes it a copy.</summary>
    public void Follow(double share)
    {
        using IDisposable guard = no_grad();
        foreach ((Parameter to, Parameter from) in _target.Zip(_source))
            _ = to.lerp_(from, share);
    }
}
