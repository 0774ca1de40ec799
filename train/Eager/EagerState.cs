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
            [rows, .. spec.Shape.Select(axis => (long)axis)],
            spec.Type switch { DType.Float32 => ScalarType.Float32, DType.Int64 => ScalarType.Int64, _ => ScalarType.Bool },
            device)))]);
}
