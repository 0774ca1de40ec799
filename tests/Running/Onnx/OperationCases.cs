using WorldModels.Models;
using WorldModels.Onnx;

namespace WorldModels.Tests.Onnx;

/// <summary>An operation of the symbolic world beside a reference in plain loops. A size of 0 stands for the batch.</summary>
public sealed record OperationCase(string Name, (DType Type, int[] Shape)[] Inputs, Func<Symbol[], Symbol[]> Trace,
    Func<Nd[], Nd[]> Reference)
{
    public const double Tolerance = 2e-6;

    public OnnxModel Build(int opset)
    {
        Graph graph = new(Name, opset);
        Symbol[] inputs = [.. Inputs.Select((x, i) => graph.Input($"x{i}", x.Type, [.. x.Shape.Select(s => s == 0 ? AxisSize.Batch : s)]))];
        foreach ((int i, Symbol output) in Trace(inputs).Index())
            graph.Output($"y{i}", output);
        return graph.Build();
    }

    public Nd[] Draw(Random random, int batch) =>
        [.. Inputs.Select(x => Nd.Random(random, x.Type, [.. x.Shape.Select(s => s == 0 ? batch : s)]))];

    public override string ToString() => Name;
}

/// <summary>Every operation of <see cref="ITensor{T}"/>.</summary>
internal static class OperationCases
{
    private const DType F = DType.Float32, I = DType.Int64, B = DType.Bool;

    public static IEnumerable<OperationCase> All() =>
        [.. Pointwise(), .. Reductions(), .. Products(), .. Images(), .. Moves(), .. Cells()];

    private static OperationCase One(string name, (DType, int[])[] inputs, Func<Symbol[], Symbol> trace, Func<Nd[], Nd> reference) =>
        new(name, inputs, x => [trace(x)], x => [reference(x)]);

    private static IEnumerable<OperationCase> Pointwise()
    {
        (DType, int[]) x = (F, [0, 5]), positive = (F, [0, 5]);
        (Unary F, Func<double, double> Reference)[] unary =
        [
            (Unary.Neg, v => -v), (Unary.Abs, Math.Abs), (Unary.Sign, v => Math.Sign(v)), (Unary.Exp, Math.Exp), (Unary.Sin, Math.Sin),
            (Unary.Cos, Math.Cos), (Unary.Tanh, Math.Tanh), (Unary.Sigmoid, Sigmoid), (Unary.Relu, v => Math.Max(v, 0)),
            (Unary.Elu, v => v > 0 ? v : Math.Exp(v) - 1), (Unary.Silu, v => v * Sigmoid(v)), (Unary.Gelu, Gelu),
            (Unary.Softplus, v => Math.Log(1 + Math.Exp(v))),
        ];
        foreach ((Unary f, Func<double, double> reference) in unary)
            yield return One($"{f}", [x], s => s[0].Apply(f), n => n[0].Map(reference));
        yield return One("Log", [positive], s => (s[0] * s[0] + 1).Log(), n => n[0].Map(v => Math.Log(v * v + 1)));
        yield return One("Sqrt", [positive], s => (s[0] * s[0] + 1).Sqrt(), n => n[0].Map(v => Math.Sqrt(v * v + 1)));
        yield return One("Not", [(B, [0, 3])], s => s[0].Not(), n => n[0].Map(v => 1 - v));
        yield return One("NegInt64", [(I, [0, 3])], s => -s[0], n => n[0].Map(v => -v));

        (Binary F, Func<double, double, double> Reference)[] binary =
            [(Binary.Add, (a, b) => a + b), (Binary.Sub, (a, b) => a - b), (Binary.Mul, (a, b) => a * b), (Binary.Min, Math.Min),
                (Binary.Max, Math.Max)];
        (Binary F, Func<double, double, double> Reference)[] compare =
            [(Binary.Greater, (a, b) => a > b ? 1 : 0), (Binary.Less, (a, b) => a < b ? 1 : 0), (Binary.Equal, (a, b) => a == b ? 1 : 0)];
        foreach (DType type in new[] { F, I })
        {
            foreach ((Binary f, Func<double, double, double> reference) in binary)
            {
                yield return One($"{f}{type}", [(type, [0, 5]), (type, [0, 5])], s => s[0].Apply(f, s[1]), n => n[0].Zip(n[1], reference));
                yield return One($"{f}{type}Scalar", [(type, [0, 5])], s => s[0].Apply(f, 2), n => n[0].Map(v => reference(v, 2)));
                yield return One($"{f}{type}Reversed", [(type, [0, 5])],
                    s => s[0].ApplyReversed(f, 2), n => n[0].Map(v => reference(2, v)));
            }
            foreach ((Binary f, Func<double, double, double> reference) in compare)
            {
                yield return One($"{f}{type}", [(type, [0, 5]), (type, [0, 5])],
                    s => s[0].Apply(f, s[1]), n => n[0].Zip(B, n[1], reference));
                yield return One($"{f}{type}Scalar", [(type, [0, 5])], s => s[0].Apply(f, 1), n => n[0].Map(B, v => reference(v, 1)));
            }
        }
        yield return One("Div", [x, x], s => s[0] / (s[1] * s[1] + 1), n => n[0].Zip(n[1], (a, b) => a / (b * b + 1)));
        yield return One("DivScalars", [x], s => 3 / (s[0] / 4 + 2), n => n[0].Map(v => 3 / (v / 4 + 2)));
        yield return One("And", [(B, [0, 5]), (B, [0, 5])], s => s[0].And(s[1]), n => n[0].Zip(n[1], (a, b) => a * b));
        yield return One("Or", [(B, [0, 5]), (B, [0, 5])], s => s[0].Or(s[1]), n => n[0].Zip(n[1], Math.Max));
        yield return One("EqualBool", [(B, [0, 5]), (B, [0, 5])], s => s[0].EqualTo(s[1]), n => n[0].Zip(n[1], (a, b) => a == b ? 1 : 0));
        yield return One("BroadcastColumns", [(F, [0, 1, 4]), (F, [3, 1])], s => s[0] + s[1], n => n[0].Zip(n[1], (a, b) => a + b));
        yield return One("BroadcastBatch", [(F, [0, 1]), (F, [4])], s => s[0] * s[1], n => n[0].Zip(n[1], (a, b) => a * b));
        foreach (DType type in new[] { F, I, B })
        {
            yield return One($"Where{type}", [(B, [0, 1]), (type, [0, 4]), (type, [4])], s => s[0].Where(s[1], s[2]),
                n => Nd.Zip(type, v => v[0] != 0 ? v[1] : v[2], n));
            foreach (DType to in new[] { F, I, B })
                yield return One($"Cast{type}To{to}", [(type, [0, 4])], s => s[0].Cast(to), n => n[0].Map(to, v => CastTo(to, v)));
        }
        yield return One("Clamp", [x], s => s[0].Clamp(-1, 0.5), n => n[0].Map(v => Math.Clamp(v, -1, 0.5)));
        yield return One("SymLog", [x], s => s[0].SymLog(), n => n[0].Map(v => Math.Sign(v) * Math.Log(1 + Math.Abs(v))));
        yield return One("SymExp", [x], s => s[0].SymExp(), n => n[0].Map(v => Math.Sign(v) * (Math.Exp(Math.Abs(v)) - 1)));
        yield return One("Passes", [x], s => Symbol.StraightThrough(s[0].Detach().Dropout(0.5), () => s[0].Exp()), n => n[0]);
        yield return One("SampleNormal", [x, x, x], s => s[0].SampleNormal(s[1], s[2]), n => Nd.Zip(F, v => v[0] + v[1] * v[2], n));
    }

    private static IEnumerable<OperationCase> Reductions()
    {
        (Reduction F, Func<double[], double> Fold)[] folds =
            [(Reduction.Sum, v => v.Sum()), (Reduction.Mean, v => v.Average()), (Reduction.Max, v => v.Max())];
        foreach ((Reduction f, Func<double[], double> fold) in folds)
        {
            yield return One($"Reduce{f}Last", [(F, [0, 3, 4])], s => s[0].Reduce(f, false, -1), n => n[0].Reduce(false, [2], fold));
            yield return One($"Reduce{f}Batch", [(F, [0, 3])], s => s[0].Reduce(f, false, 0), n => n[0].Reduce(false, [0], fold));
            yield return One($"Reduce{f}Two", [(F, [0, 3, 4, 2])], s => s[0].Reduce(f, true, 2, -1), n => n[0].Reduce(true, [2, 3], fold));
            if (f != Reduction.Mean)
                yield return One($"Reduce{f}Int64", [(I, [0, 3])], s => s[0].Reduce(f, false, 1), n => n[0].Reduce(false, [1], fold));
        }
        yield return One("Softmax", [(F, [0, 5])], s => s[0].Softmax(-1), n => Softmax(n[0]));
        yield return One("SoftmaxMiddle", [(F, [0, 5, 3])], s => s[0].Softmax(1), n =>
            n[0].Zip(n[0].Reduce(true, [1], v => v.Sum(Math.Exp)), (a, sum) => Math.Exp(a) / sum));
        yield return One("LogSoftmax", [(F, [0, 5])], s => s[0].LogSoftmax(-1), n => Softmax(n[0]).Map(Math.Log));
        yield return One("ArgMax", [(F, [0, 40])], s => s[0].ArgMax(-1), n => n[0].Reduce(false, [1], First).Map(I, v => v));
        yield return One("ArgMaxMiddle", [(F, [0, 40, 3])], s => s[0].ArgMax(1), n => n[0].Reduce(false, [1], First).Map(I, v => v));
        yield return One("ArgMaxTies", [(B, [0, 9])], s => s[0].Cast(F).ArgMax(-1), n => n[0].Reduce(false, [1], First).Map(I, v => v));
        yield return One("SampleCategorical", [(F, [0, 6]), (F, [0, 6])], s => s[0].SampleCategorical(s[1]),
            n => n[0].Zip(n[1], (a, b) => a + b).Reduce(false, [1], First).Map(I, v => v));
        yield return One("SampleOneHot", [(F, [0, 6]), (F, [0, 6])], s => new OneHot<Symbol>(s[0]).Sample(s[1]), n =>
        {
            Nd index = n[0].Zip(n[1], (a, b) => a + b).Reduce(false, [1], First);
            return Nd.From([index.Shape[0], 6], i => index[i[0]] == i[1] ? 1 : 0);
        });
        yield return One("OneHot", [(I, [0, 3])],
            s => s[0].OneHot(5), n => Nd.From([.. n[0].Shape, 5], i => n[0][i[..2]] == i[2] ? 1 : 0));
        yield return One("OneHotVector", [(I, [0])],
            s => s[0].OneHot(5), n => Nd.From([.. n[0].Shape, 5], i => n[0][i[0]] == i[1] ? 1 : 0));
        yield return One("Gather", [(F, [5, 4]), (I, [0, 3])],
            s => s[0].Gather(s[1]), n => Nd.From([.. n[1].Shape, 4], i => n[0][(int)n[1][i[..2]], i[2]]));
        yield return One("GatherVector", [(F, [5, 4]), (I, [0])],
            s => s[0].Gather(s[1]), n => Nd.From([.. n[1].Shape, 4], i => n[0][(int)n[1][i[0]], i[1]]));
    }

    private static IEnumerable<OperationCase> Products()
    {
        yield return One("MatMul", [(F, [0, 3]), (F, [3, 4])], s => s[0].MatMul(s[1]),
            n => Nd.From([n[0].Shape[0], 4], i => Enumerable.Range(0, 3).Sum(k => n[0][i[0], k] * n[1][k, i[1]])));
        yield return One("MatMulBatched", [(F, [0, 2, 3, 5]), (F, [0, 1, 5, 4])], s => s[0].MatMul(s[1]),
            n => Nd.From([n[0].Shape[0], 2, 3, 4], i =>
                Enumerable.Range(0, 5).Sum(k => n[0][i[0], i[1], i[2], k] * n[1][i[0], 0, k, i[3]])));
        yield return One("MatMulEnsemble", [(F, [3, 0, 5]), (F, [3, 5, 4])], s => s[0].MatMul(s[1]),
            n => Nd.From([3, n[0].Shape[1], 4], i => Enumerable.Range(0, 5).Sum(k => n[0][i[0], i[1], k] * n[1][i[0], k, i[2]])));
        yield return One("Linear", [(F, [0, 5]), (F, [4, 5]), (F, [4])], s => s[0].Linear(s[1], s[2]), n => n[0].Linear(n[1], n[2]));
        yield return One("LinearNoBias", [(F, [0, 5]), (F, [4, 5])], s => s[0].Linear(s[1]), n => n[0].Linear(n[1]));
        yield return One("LinearRank1", [(F, [5]), (F, [4, 5]), (F, [4])], s => s[0].Linear(s[1], s[2]), n => n[0].Linear(n[1], n[2]));
        yield return One("LinearRank3", [(F, [0, 3, 5]), (F, [4, 5]), (F, [4])],
            s => s[0].Linear(s[1], s[2]), n => n[0].Linear(n[1], n[2]));
        yield return One("LinearRank4NoBias", [(F, [0, 2, 3, 5]), (F, [4, 5])], s => s[0].Linear(s[1]), n => n[0].Linear(n[1]));
        yield return One("LayerNorm", [(F, [0, 3, 6]), (F, [6]), (F, [6])], s => s[0].LayerNorm(s[1], s[2], 1e-3), n =>
        {
            Nd mean = n[0].Reduce(true, [2], v => v.Average());
            Nd deviation = n[0].Reduce(true, [2], v => Math.Sqrt(v.Average(a => a * a) - Math.Pow(v.Average(), 2) + 1e-3));
            return Nd.Zip(F, v => (v[0] - v[1]) / v[2] * v[3] + v[4], n[0], mean, deviation, n[1], n[2]);
        });
    }

    private static IEnumerable<OperationCase> Images()
    {
        Window[] windows = [Window.Square(3, 2, 1), Window.Square(2), new Window(3, 2, 2, 1, 0, 0, 1), Window.Square(4, 2)];
        foreach (Window w in windows)
        {
            string size = $"{w.KernelRows}x{w.KernelColumns}s{w.Stride}p{w.Top}{w.Left}{w.Bottom}{w.Right}";
            yield return One($"Conv{size}", [(F, [0, 2, 7, 6]), (F, [3, 2, w.KernelRows, w.KernelColumns]), (F, [3])],
                s => s[0].Conv2d(s[1], s[2], w), n => Images2d.Conv(n[0], n[1], n[2], w));
            yield return One($"ConvTranspose{size}", [(F, [0, 3, 4, 3]), (F, [3, 2, w.KernelRows, w.KernelColumns]), (F, [2])],
                s => s[0].ConvTranspose2d(s[1], s[2], w), n => Images2d.ConvTranspose(n[0], n[1], n[2], w));
            yield return One($"MaxPool{size}", [(F, [0, 2, 7, 6])], s => s[0].MaxPool2d(w), n => Images2d.MaxPool(n[0], w));
        }
        yield return One("Pad2d", [(F, [0, 2, 3, 4])], s => s[0].Pad2d(1, 2, 0, 3), n => Images2d.Pad(n[0], 1, 2, 0, 3));
        yield return One("Pad2dRank3", [(F, [0, 3, 4])], s => s[0].Pad2d(1, 0, 2, 0), n => Nd.From([n[0].Shape[0], 6, 4],
            i => i[1] is >= 1 and < 4 ? n[0][i[0], i[1] - 1, i[2]] : 0));
        yield return One("Upsample2d", [(F, [0, 2, 3, 4])], s => s[0].Upsample2d(3),
            n => Nd.From([n[0].Shape[0], 2, 9, 12], i => n[0][i[0], i[1], i[2] / 3, i[3] / 3]));
    }

    private static IEnumerable<OperationCase> Moves()
    {
        yield return One("ReshapeKeep", [(F, [0, 12])], s => s[0].Reshape(Axis.Keep, 3, 4), n => n[0].As(n[0].Shape[0], 3, 4));
        yield return One("ReshapeKeepRest", [(F, [0, 3, 4, 2])], s => s[0].Reshape(Axis.Keep, Axis.Rest), n => n[0].As(n[0].Shape[0], 24));
        yield return One("ReshapeRestFirst", [(F, [0, 12])], s => s[0].Reshape(Axis.Rest, 4), n => n[0].As(n[0].Shape[0] * 3, 4));
        yield return One("ReshapeFoldUnfold", [(F, [0, 3, 4])],
            s => (s[0].Reshape(Axis.Rest, 4) * 2).Reshape(Axis.Rest, 3, 4), n => n[0].Map(v => 2 * v));
        yield return One("ReshapeInt64", [(I, [0, 4])], s => s[0].Reshape(Axis.Keep, 2, 2), n => n[0].As(n[0].Shape[0], 2, 2));
        yield return One("Expand", [(F, [0, 1, 4])],
            s => s[0].Expand(Axis.Keep, 3, Axis.Keep), n => Nd.From([n[0].Shape[0], 3, 4], i => n[0][i[0], 0, i[2]]));
        yield return One("Transpose", [(F, [0, 3, 4, 2])], s => s[0].Transpose(0, 2, -1, 1),
            n => Nd.From([n[0].Shape[0], 4, 2, 3], i => n[0][i[0], i[3], i[1], i[2]]));
        yield return One("Slice", [(F, [0, 7])], s => s[0].Slice(1, 2, 5), n => n[0].Slice(1, 2, 3));
        yield return One("SliceFromEnd", [(F, [0, 7, 2])], s => s[0].Slice(1, -3, int.MaxValue), n => n[0].Slice(1, 4, 3));
        yield return One("SliceToEnd", [(I, [0, 7])], s => s[0].Slice(-1, 1, -1), n => n[0].Slice(1, 1, 5));
        yield return One("SliceBool", [(B, [0, 7])], s => s[0].Slice(-1, 6, 100), n => n[0].Slice(1, 6, 1));
        yield return new("Split", [(F, [0, 6, 2])],
            s => s[0].Split(1, 1, 3, 2), n => [n[0].Slice(1, 0, 1), n[0].Slice(1, 1, 3), n[0].Slice(1, 4, 2)]);
        yield return new("SplitOutOfOrder", [(I, [0, 4])],
            s => [.. s[0].Split(-1, 3, 1).Reverse()], n => [n[0].Slice(1, 3, 1), n[0].Slice(1, 0, 3)]);
        foreach (DType type in new[] { F, I, B })
        {
            yield return One($"Concat{type}", [(type, [0, 2]), (type, [0, 3]), (type, [0, 1])], s => Symbol.Concat(-1, s),
                n => Nd.From(type, [n[0].Shape[0], 6], i => i[1] < 2 ? n[0][i] : i[1] < 5 ? n[1][i[0], i[1] - 2] : n[2][i[0], i[1] - 5]));
        }
        yield return One("ConcatBatch", [(F, [0, 2]), (F, [1, 2])], s => s[0].Concat(s[1], 0),
            n => Nd.From([n[0].Shape[0] + 1, 2], i => i[0] < n[0].Shape[0] ? n[0][i] : n[1][0, i[1]]));
    }

    private static IEnumerable<OperationCase> Cells()
    {
        yield return One("GruCell", [(F, [0, 3]), (F, [0, 4]), (F, [12, 3]), (F, [12, 4]), (F, [12]), (F, [12])],
            s => Gru(s[0], s[1], s[2], s[3], s[4], s[5]), n => Recurrent.Gru(n[0], n[1], n[2], n[3], n[4], n[5]));
        yield return new("LstmCell", [(F, [0, 3]), (F, [0, 4]), (F, [0, 4]), (F, [16, 3]), (F, [16, 4]), (F, [16]), (F, [16])],
            s => Lstm(s[0], s[1], s[2], s[3], s[4], s[5], s[6]), n => Recurrent.Lstm(n[0], n[1], n[2], n[3], n[4], n[5], n[6]));
    }

    private static T Gru<T>(T x, T h, T wIh, T wHh, T bIh, T bHh) where T : ITensor<T> => T.GruCell(x, h, wIh, wHh, bIh, bHh);

    private static T[] Lstm<T>(T x, T h, T c, T wIh, T wHh, T bIh, T bHh) where T : ITensor<T>
    {
        (T next, T cell) = T.LstmCell(x, h, c, wIh, wHh, bIh, bHh);
        return [next, cell];
    }

    private static Nd Softmax(Nd x) => x.Zip(x.Reduce(true, [x.Rank - 1], v => v.Sum(Math.Exp)), (a, sum) => Math.Exp(a) / sum);

    private static double First(double[] values) => Array.IndexOf(values, values.Max());

    private static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));

    private static double CastTo(DType type, double v) =>
        type switch { DType.Int64 => Math.Truncate(v), DType.Bool => v != 0 ? 1 : 0, _ => v };

    /// <summary>x Phi(x) by the series Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/15 + ...).</summary>
    private static double Gelu(double x)
    {
        double term = x, sum = x;
        for (int i = 3; i < 200; i += 2)
            sum += term *= x * x / i;
        return x * (0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
