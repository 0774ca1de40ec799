using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime.Internals;

/// <summary>Rows of a tensor, as ONNX Runtime is given them.</summary>
/// <param name="Value">The rows, in the host's or the device's memory.</param>
/// <param name="Steps">Of which tensors they are, where those have two sides to be kept alike; otherwise empty.</param>
internal readonly record struct TensorView(OrtValue Value, TensorBuffer[] Steps);
