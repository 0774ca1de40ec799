namespace WorldModels.Onnx;

/// <summary>A network cannot be traced: shapes or element types do not fit. The message names the scope and what was found.</summary>
public sealed class ShapeException(string message) : Exception(message);
