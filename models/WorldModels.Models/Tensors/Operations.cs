namespace WorldModels.Models;

/// <summary>Element types a network computes with. Integers appear in indices only; booleans in masks only.</summary>
public enum DType { Float32, Int64, Bool }

/// <summary>Pointwise functions of one tensor. <c>Gelu</c> is the exact form (erf).</summary>
public enum Unary { Neg, Abs, Sign, Exp, Log, Sqrt, Sin, Cos, Tanh, Sigmoid, Relu, Elu, Silu, Gelu, Softplus, Not }

/// <summary>Pointwise functions of two tensors, broadcasting as numpy does. Comparisons and logic give <see cref="DType.Bool"/>.</summary>
public enum Binary { Add, Sub, Mul, Div, Min, Max, Greater, Less, Equal, And, Or }

/// <summary>Reductions over axes.</summary>
public enum Reduction { Sum, Mean, Max }

/// <summary>Special values in the target shape of Reshape and Expand.</summary>
public static class Axis
{
    /// <summary>This axis keeps its size (ONNX's 0 in Reshape): how network code stays free of the batch size.</summary>
    public const int Keep = 0;

    /// <summary>This axis takes what is left (at most one, Reshape only).</summary>
    public const int Rest = -1;
}

/// <summary>
/// Geometry of a convolution or pooling: kernel, stride and zero padding of each side, in rows and columns.
/// </summary>
public readonly record struct Window(int KernelRows, int KernelColumns, int Stride, int Top, int Left, int Bottom, int Right)
{
    /// <summary>A square kernel with the same padding on all sides.</summary>
    public static Window Square(int kernel, int stride = 1, int padding = 0) =>
        new(kernel, kernel, stride, padding, padding, padding, padding);

    /// <summary>A square kernel with symmetric padding that differs between rows and columns.</summary>
    public static Window Square(int kernel, int stride, int paddingRows, int paddingColumns) =>
        new(kernel, kernel, stride, paddingRows, paddingColumns, paddingRows, paddingColumns);

    /// <summary>Rows of the result of a convolution over <paramref name="rows"/> rows.</summary>
    public int OutputRows(int rows) => (rows + Top + Bottom - KernelRows) / Stride + 1;

    /// <summary>Columns of the result of a convolution over <paramref name="columns"/> columns.</summary>
    public int OutputColumns(int columns) => (columns + Left + Right - KernelColumns) / Stride + 1;

    /// <summary>Rows of the result of a transposed convolution over <paramref name="rows"/> rows.</summary>
    public int TransposedRows(int rows) => (rows - 1) * Stride + KernelRows - Top - Bottom;

    /// <summary>Columns of the result of a transposed convolution over <paramref name="columns"/> columns.</summary>
    public int TransposedColumns(int columns) => (columns - 1) * Stride + KernelColumns - Left - Right;
}
