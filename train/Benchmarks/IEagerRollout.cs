using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>What a bundle's own networks compute eagerly of a dream: made ready once, run many times.</summary>
internal interface IEagerRollout
{
    /// <summary>Runs it: what it gives by name, tensors (T, B, ...); a list has a tensor (B, ...) for each step.</summary>
    IReadOnlyDictionary<string, IReadOnlyList<Tensor>> Run();
}
