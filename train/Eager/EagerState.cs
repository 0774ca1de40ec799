using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>States of numbers.</summary>
public static class EagerState
{
    /// <summary>The state that episodes begin with: zeros, tensors (rows, ...).</summary>
    public static State<EagerTensor> Zeros(IReadOnlyList<StateSpec> specs, long rows, Device device) => new(
        [.. specs.Select(spec => spec.Name)],
        [.. specs.Select(spec => new EagerTensor(zeros(
            [rows, .. spec.Shape.Select(axis => (long)axis)], device: device)))]);
}
