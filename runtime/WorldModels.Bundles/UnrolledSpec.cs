using System.Text.Json.Serialization;

namespace WorldModels.Bundles;

/// <summary>
/// K steps of a step graph in one: states go in and keep their names, as do inputs that are the same at every step (is-first, settings);
/// every other tensor is there K times, with ".0" to ".K-1" after its name, the states of each step among the outputs.
/// </summary>
public sealed record UnrolledSpec
{
    /// <summary>The ONNX file, relative to the manifest.</summary>
    public required string File { get; init; }

    /// <summary>K, at least 2.</summary>
    [JsonRequired]
    public int Steps { get; init; }

    /// <summary>Whether all steps share an input.</summary>
    public static bool IsShared(TensorSpec input) => input.Role is TensorRole.State or TensorRole.IsFirst or TensorRole.Setting;

    /// <summary>A tensor of the step graph as step <paramref name="step"/> has it.</summary>
    internal static TensorSpec At(string graph, TensorSpec tensor, int step) => tensor with
    {
        Name = $"{tensor.Name}.{step}",
        Stream = tensor.Role == TensorRole.Noise ? tensor.Stream ?? $"{graph}/{tensor.Name}" : null,
    };

    /// <summary>The tensors of the unrolled graph.</summary>
    internal GraphSpec Of(string graph, GraphSpec step) => new()
    {
        File = File,
        Inputs =
        [
            .. step.Inputs.Where(IsShared),
            .. Enumerable.Range(0, Steps).SelectMany(k => step.Inputs.Where(i => !IsShared(i)).Select(i => At(graph, i, k))),
        ],
        Outputs = [.. Enumerable.Range(0, Steps).SelectMany(k => step.Outputs.Select(o => At(graph, o, k)))],
    };
}
