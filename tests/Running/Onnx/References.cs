using WorldModels.Models;

namespace WorldModels.Tests.Onnx;

/// <summary>Convolutions and pooling by their definitions.</summary>
internal static class Images2d
{
    public static Nd Pad(Nd x, int top, int left, int bottom, int right, double value = 0) =>
        Nd.From([x.Shape[0], x.Shape[1], x.Shape[2] + top + bottom, x.Shape[3] + left + right], i =>
        {
            int row = i[2] - top, column = i[3] - left;
            return row >= 0 && row < x.Shape[2] && column >= 0 && column < x.Shape[3] ? x[i[0], i[1], row, column] : value;
        });

    public static Nd Conv(Nd x, Nd weight, Nd bias, Window w)
    {
        Nd padded = Pad(x, w.Top, w.Left, w.Bottom, w.Right);
        return Nd.From(Shape(padded, weight.Shape[0], w), i =>
        {
            double sum = bias[i[1]];
            for (int c = 0; c < x.Shape[1]; c++)
            {
                for (int row = 0; row < w.KernelRows; row++)
                {
                    for (int column = 0; column < w.KernelColumns; column++)
                        sum += weight[i[1], c, row, column] * padded[i[0], c, i[2] * w.Stride + row, i[3] * w.Stride + column];
                }
            }

            return sum;
        });
    }

    /// <summary>Each input element adds its kernel to the output; the padding is cut off.</summary>
    public static Nd ConvTranspose(Nd x, Nd weight, Nd bias, Window w)
    {
        int[] full = [x.Shape[0], weight.Shape[1], (x.Shape[2] - 1) * w.Stride + w.KernelRows,
            (x.Shape[3] - 1) * w.Stride + w.KernelColumns];
        return Nd.From([full[0], full[1], full[2] - w.Top - w.Bottom, full[3] - w.Left - w.Right], i =>
        {
            double sum = bias[i[1]];
            for (int c = 0; c < x.Shape[1]; c++)
            {
                for (int row = 0; row < x.Shape[2]; row++)
                {
                    for (int column = 0; column < x.Shape[3]; column++)
                    {
                        int kernelRow = i[2] + w.Top - row * w.Stride, kernelColumn = i[3] + w.Left - column * w.Stride;
                        if (kernelRow >= 0 && kernelRow < w.KernelRows && kernelColumn >= 0 && kernelColumn < w.KernelColumns)
                            sum += x[i[0], c, row, column] * weight[c, i[1], kernelRow, kernelColumn];
                    }
                }
            }

            return sum;
        });
    }

    public static Nd MaxPool(Nd x, Window w)
    {
        Nd padded = Pad(x, w.Top, w.Left, w.Bottom, w.Right, double.NegativeInfinity);
        return Nd.From(Shape(padded, x.Shape[1], w), i =>
        {
            double max = double.NegativeInfinity;
            for (int row = 0; row < w.KernelRows; row++)
            {
                for (int column = 0; column < w.KernelColumns; column++)
                    max = Math.Max(max, padded[i[0], i[1], i[2] * w.Stride + row, i[3] * w.Stride + column]);
            }

            return max;
        });
    }

    private static int[] Shape(Nd padded, int channels, Window w) =>
        [padded.Shape[0], channels, (padded.Shape[2] - w.KernelRows) / w.Stride + 1, (padded.Shape[3] - w.KernelColumns) / w.Stride + 1];
}

/// <summary>Recurrent cells, element by element.</summary>
internal static class Recurrent
{
    public static Nd Gru(Nd x, Nd h, Nd wIh, Nd wHh, Nd bIh, Nd bHh)
    {
        Nd input = x.Linear(wIh, bIh), hidden = h.Linear(wHh, bHh);
        int size = h.Shape[1];
        return Nd.From(h.Shape, i =>
        {
            (int row, int at) = (i[0], i[1]);
            double reset = Sigmoid(input[row, at] + hidden[row, at]);
            double update = Sigmoid(input[row, size + at] + hidden[row, size + at]);
            double candidate = Math.Tanh(input[row, 2 * size + at] + reset * hidden[row, 2 * size + at]);
            return (1 - update) * candidate + update * h[row, at];
        });
    }

    public static Nd[] Lstm(Nd x, Nd h, Nd c, Nd wIh, Nd wHh, Nd bIh, Nd bHh)
    {
        Nd gates = x.Linear(wIh, bIh).Zip(h.Linear(wHh, bHh), (a, b) => a + b);
        int size = h.Shape[1];
        Nd cell = Nd.From(c.Shape, i =>
            Sigmoid(gates[i[0], size + i[1]]) * c[i] + Sigmoid(gates[i[0], i[1]]) * Math.Tanh(gates[i[0], 2 * size + i[1]]));
        return [Nd.From(h.Shape, i => Sigmoid(gates[i[0], 3 * size + i[1]]) * Math.Tanh(cell[i])), cell];
    }

    private static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));
}
