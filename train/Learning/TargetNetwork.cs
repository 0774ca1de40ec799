using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>A network that follows another one.</summary>
internal static class TargetNetwork
{
    /// <summary>Moves parameters a share of the way to others; 1 copies them.</summary>
    public static void Follow(IReadOnlyList<Parameter> target, IReadOnlyList<Parameter> source, double share)
    {
        using IDisposable guard = no_grad();
        foreach ((Parameter to, Parameter from) in target.Zip(source))
            _ = to.lerp_(from, share);
    }
}
