using WorldModels.Models;
using static WorldModels.Onnx.Protos;

namespace WorldModels.Onnx;

// Operations with weights: products, convolutions, normalisation.
public sealed partial class Symbol
{
    /// <inheritdoc/>
    public Symbol MatMul(Symbol right)
    {
        RequireFloats("MatMul", this, right);
        if (Rank < 2 || right.Rank < 2 || _dims[^1] != right._dims[^2])
            throw Graph.Error($"cannot multiply {Shape} by {right.Shape}");
        AxisSize[] batch = Broadcast("MatMul", _dims[..^2], right._dims[..^2]);
        return Graph.Add("MatMul", [this, right], Type, [.. batch, _dims[^2], right._dims[^1]]);
    }

    /// <inheritdoc/>
    public Symbol Linear(Symbol weight, Symbol bias)
    {
        CheckLinear(weight, bias);
        if (Rank == 2)
            return Graph.Add("Gemm", [this, weight, bias], Type, [_dims[0], weight._dims[0]], Attribute("transB", 1));
        return Linear(weight).Apply(Binary.Add, bias);
    }

    /// <inheritdoc/>
    public Symbol Linear(Symbol weight)
    {
        CheckLinear(weight, null);
        if (Rank == 2)
            return Graph.Add("Gemm", [this, weight], Type, [_dims[0], weight._dims[0]], Attribute("transB", 1));
        // Gemm takes rank 2 only
        return Graph.Add("MatMul", [this, Graph.TransposeOf(weight)], Type, [.. _dims[..^1], weight._dims[0]]);
    }

    /// <inheritdoc/>
    public Symbol Conv2d(Symbol weight, Symbol bias, Window window)
    {
        CheckConvolution("convolve", weight, bias, window, inputAxis: 1, outputAxis: 0);
        AxisSize[] dims = [_dims[0], weight._dims[0], .. Spatial(window.OutputRows, window.OutputColumns, window)];
        return Graph.Add("Conv", [this, weight, bias], Type, dims, Kernel(window), Strides(window), Pads(window));
    }

    /// <inheritdoc/>
    public Symbol ConvTranspose2d(Symbol weight, Symbol bias, Window window)
    {
        CheckConvolution("convolve transposed", weight, bias, window, inputAxis: 0, outputAxis: 1);
        AxisSize[] dims = [_dims[0], weight._dims[1], .. Spatial(window.TransposedRows, window.TransposedColumns, window)];
        return Graph.Add("ConvTranspose", [this, weight, bias], Type, dims, Kernel(window), Strides(window), Pads(window));
    }

    /// <inheritdoc/>
    public Symbol MaxPool2d(Window window)
    {
        Require(DType.Float32, "MaxPool2d");
        if (Rank != 4)
            throw Graph.Error($"MaxPool2d takes (B, C, H, W), not {Shape}");
        AxisSize[] dims = [_dims[0], _dims[1], .. Spatial(window.OutputRows, window.OutputColumns, window)];
        return Graph.Add("MaxPool", [this], Type, dims, Kernel(window), Strides(window), Pads(window));
    }

    /// <inheritdoc/>
    public Symbol LayerNorm(Symbol gain, Symbol bias, double epsilon)
    {
        RequireFloats("LayerNorm", this, gain, bias);
        if (Rank == 0 || gain.Rank != 1 || bias.Rank != 1 || gain._dims[0] != _dims[^1] || bias._dims[0] != _dims[^1])
            throw Graph.Error($"LayerNorm of {Shape} cannot have gain {gain.Shape} and bias {bias.Shape}");
        if (Graph.Opset >= 17)
        {
            return Graph.Add("LayerNormalization", [this, gain, bias], Type, _dims, Attribute("axis", -1),
                Attribute("epsilon", (float)epsilon));
        }

        Symbol centred = this - Reduce(Reduction.Mean, true, -1);
        Symbol variance = (centred * centred).Reduce(Reduction.Mean, true, -1);
        return centred / (variance + epsilon).Apply(Unary.Sqrt) * gain + bias;
    }

    /// <inheritdoc/>
    public Symbol Pad2d(int top, int left, int bottom, int right)
    {
        Require(DType.Float32, "Pad2d");
        if (Rank < 2 || top < 0 || left < 0 || bottom < 0 || right < 0)
            throw Graph.Error($"cannot pad {Shape} by ({top}, {left}, {bottom}, {right})");
        long[] pads = new long[2 * Rank];       // the beginnings of all axes, then their ends
        (pads[Rank - 2], pads[Rank - 1], pads[^2], pads[^1]) = (top, left, bottom, right);
        AxisSize[] dims = [.. _dims[..^2], _dims[^2] + (top + bottom), _dims[^1] + (left + right)];
        return Graph.Add("Pad", [this, Graph.Vector(pads)], Type, dims, Attribute("mode", "constant"));
    }

    /// <inheritdoc/>
    public Symbol Upsample2d(int factor)
    {
        Require(DType.Float32, "Upsample2d");
        if (Rank != 4 || factor < 1)
            throw Graph.Error($"Upsample2d takes (B, C, H, W) and a factor of at least 1, not {Shape} and {factor}");
        AxisSize[] dims = [_dims[0], _dims[1], _dims[2] * factor, _dims[3] * factor];
        return Graph.Add("Resize", [this, null, Graph.Vector(1f, 1f, factor, factor)], Type, dims, Attribute("mode", "nearest"),
            Attribute("coordinate_transformation_mode", "asymmetric"), Attribute("nearest_mode", "floor"));
    }

    private void RequireFloats(string what, params ReadOnlySpan<Symbol> values)
    {
        foreach (Symbol value in values)
            value.Require(DType.Float32, what);
    }

    private void CheckLinear(Symbol weight, Symbol? bias)
    {
        RequireFloats("Linear", this, weight);
        bias?.Require(DType.Float32, "Linear");
        if (Rank == 0 || weight.Rank != 2 || _dims[^1] != weight._dims[1])
            throw Graph.Error($"cannot multiply {Shape} by transposed {weight.Shape}");
        AxisSize[] result = [.. _dims[..^1], weight._dims[0]];
        bool fits = bias is null || (bias.Rank == 1 ? bias._dims[0] == weight._dims[0] : bias._dims.SequenceEqual(result));
        if (!fits)
            throw Graph.Error($"{Shape} and a weight of {weight.Shape} cannot have a bias of {bias!.Shape}");
    }

    private void CheckConvolution(string verb, Symbol weight, Symbol bias, Window window, int inputAxis, int outputAxis)
    {
        RequireFloats("a convolution", this, weight, bias);
        if (Rank != 4 || weight.Rank != 4 || _dims[1] != weight._dims[inputAxis])
            throw Graph.Error($"cannot {verb} {Shape} with {weight.Shape}");
        if (weight._dims[2] != window.KernelRows || weight._dims[3] != window.KernelColumns)
            throw Graph.Error($"a window of {window.KernelRows} x {window.KernelColumns} does not fit a weight of {weight.Shape}");
        if (bias.Rank != 1 || bias._dims[0] != weight._dims[outputAxis])
            throw Graph.Error($"a weight of {weight.Shape} cannot have a bias of {bias.Shape}");
    }

    private AxisSize[] Spatial(Func<int, int> rows, Func<int, int> columns, Window window)
    {
        int height = rows(Size(2)), width = columns(Size(3));
        return height > 0 && width > 0 ? [height, width] : throw Graph.Error($"nothing is left of {Shape} under {window}");
    }

    private static Proto.AttributeProto Kernel(Window w) => Attribute("kernel_shape", [w.KernelRows, w.KernelColumns]);

    private static Proto.AttributeProto Strides(Window w) => Attribute("strides", [w.Stride, w.Stride]);

    private static Proto.AttributeProto Pads(Window w) => Attribute("pads", [w.Top, w.Left, w.Bottom, w.Right]);
}
