using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>Element types, as ONNX Runtime and numpy name them.</summary>
internal static class Tensors
{
    public static TensorElementType ElementType(TensorType type) => type switch
    {
        TensorType.Float32 => TensorElementType.Float,
        TensorType.Int64 => TensorElementType.Int64,
        _ => TensorElementType.Bool,
    };

    public static TensorElementType ElementType(NpyType type) => type switch
    {
        NpyType.Float32 => TensorElementType.Float,
        NpyType.Int64 => TensorElementType.Int64,
        NpyType.UInt8 => TensorElementType.UInt8,
        _ => TensorElementType.Bool,
    };

    public static NpyType ArrayType(TensorType type) => type switch
    {
        TensorType.Float32 => NpyType.Float32,
        TensorType.Int64 => NpyType.Int64,
        _ => NpyType.Bool,
    };

    /// <summary>The shape (rows, ...row).</summary>
    public static long[] Shape(TensorSpec spec, long rows) => [rows, .. spec.Shape.Skip(1).Select(d => (long)d.Size)];

    public static int SizeOf(TensorType type) => NpyArray.SizeOf(ArrayType(type));
}
