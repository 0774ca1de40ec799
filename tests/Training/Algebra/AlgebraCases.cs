using WorldModels.Models;
using WorldModels.Onnx;
using static TorchSharp.torch;

namespace WorldModels.Tests.Algebra;

/// <summary>
/// An operation: its inputs' shapes behind the batch axis ("!" before one that has no batch axis), and, where its first input is indices,
/// below what number they are.
/// </summary>
internal sealed record AlgebraCase(string[] Inputs, int Indices = 0)
{
    /// <summary>Random inputs for a batch, the same each time.</summary>
    public Tensor[] Draw(int batch) => [.. Inputs.Select((text, i) => Random(i, Sizes(text, batch), seed: batch * 100 + i))];

    public bool IsIndex(int input) => Indices > 0 && input == 0;

    private static int[] Shape(string text) => text.TrimStart('!').Length == 0 ? [] : [.. text.TrimStart('!').Split(',').Select(int.Parse)];

    public static AxisSize[] Dims(string text) =>
        text.StartsWith('!') ? [.. Shape(text).Select(size => (AxisSize)size)] : ["batch", .. Shape(text).Select(size => (AxisSize)size)];

    private static long[] Sizes(string text, int batch) =>
        text.StartsWith('!') ? [.. Shape(text).Select(size => (long)size)] : [batch, .. Shape(text).Select(size => (long)size)];

    private Tensor Random(int input, long[] shape, int seed)
    {
        Random random = new System.Random(seed);
        int count = (int)shape.Aggregate(1L, (a, b) => a * b);
        return IsIndex(input)
            ? tensor(Enumerable.Range(0, count).Select(_ => random.NextInt64(Indices)).ToArray(), shape)
            : tensor(Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray(), shape);
    }
}

/// <summary>Every operation of the algebra, written once for both worlds.</summary>
internal static class AlgebraCases
{
    public static IReadOnlyDictionary<string, AlgebraCase> All { get; } = new Dictionary<string, AlgebraCase>
    {
        ["neg"] = new(["5"]), ["abs"] = new(["5"]), ["sign"] = new(["5"]), ["exp"] = new(["5"]), ["log"] = new(["5"]),
        ["sqrt"] = new(["5"]), ["sin"] = new(["5"]), ["cos"] = new(["5"]), ["tanh"] = new(["5"]), ["sigmoid"] = new(["5"]),
        ["relu"] = new(["5"]), ["elu"] = new(["5"]), ["silu"] = new(["5"]), ["gelu"] = new(["5"]), ["softplus"] = new(["5"]),
        ["not"] = new(["5"]), ["add"] = new(["4,5", "5"]), ["sub"] = new(["5", "5"]), ["mul"] = new(["5", "1"]),
        ["div"] = new(["5", "5"]), ["min"] = new(["5", "5"]), ["max"] = new(["5", "5"]), ["greater"] = new(["5", "5"]),
        ["less"] = new(["5", "5"]), ["equal"] = new(["5", "5"]), ["and"] = new(["5", "5"]), ["or"] = new(["5", "5"]),
        ["scalar"] = new(["5"]), ["reversed"] = new(["5"]), ["clamp"] = new(["5"]), ["where"] = new(["5", "5"]), ["cast"] = new(["5"]),
        ["sum"] = new(["3,5"]), ["mean"] = new(["3,5"]), ["max-over"] = new(["3,5"]), ["max-over-map"] = new(["3,4,5"]),
        ["softmax"] = new(["5"]), ["log-softmax"] = new(["3,5"]), ["argmax"] = new(["3,5"]), ["one-hot"] = new([""], Indices: 5),
        ["gather"] = new(["2", "!7,3"], Indices: 7), ["matmul"] = new(["3,5", "5,2"]), ["linear"] = new(["5", "!3,5", "!3"]),
        ["linear-rank3"] = new(["2,5", "!3,5", "!3"]), ["linear-no-bias"] = new(["5", "!3,5"]),
        ["conv2d"] = new(["3,9,8", "!4,3,3,3", "!4"]), ["conv2d-stride-pad"] = new(["3,9,8", "!4,3,1,1", "!4"]),
        ["conv2d-uneven-pad"] = new(["3,9,8", "!4,3,3,3", "!4"]), ["conv-transpose2d"] = new(["3,4,5", "!3,2,4,4", "!2"]),
        ["max-pool2d"] = new(["3,8,9"]), ["max-pool2d-pad"] = new(["3,8,9"]), ["layer-norm"] = new(["3,5", "!5", "!5"]),
        ["reshape"] = new(["3,4"]), ["reshape-rest"] = new(["3,4"]), ["expand"] = new(["1,4"]), ["transpose"] = new(["3,4,5"]),
        ["slice"] = new(["6"]), ["slice-from-end"] = new(["6"]), ["split"] = new(["6"]), ["concat"] = new(["3", "2"]),
        ["pad2d"] = new(["2,3,4"]), ["upsample2d"] = new(["2,3,4"]), ["detach"] = new(["5"]), ["dropout"] = new(["5"]),
        ["straight-through"] = new(["5", "5"]), ["gru-cell"] = new(["3", "4", "!12,3", "!12,4", "!12", "!12"]),
        ["grouped-gru-cell"] = new(["6", "4", "!2,3,12", "!24,4", "!2,1,12", "!24"]),
        ["grouped-gru-cell-linear"] = new(["6", "4", "!2,3,12", "!24,4", "!2,1,12", "!24"]),
        ["lstm-cell"] = new(["3", "4", "4", "!16,3", "!16,4", "!16", "!16"]), ["symlog"] = new(["5"]), ["symexp"] = new(["5"]),
        ["sample-normal"] = new(["5", "5", "5"]), ["sample-categorical"] = new(["3,5", "3,5"]),
        ["sample-one-hot"] = new(["3,5", "3,5"]),
    };

    public static T Apply<T>(string name, T[] x) where T : ITensor<T> => name switch
    {
        "neg" => -x[0],
        "abs" => x[0].Abs(),
        "sign" => x[0].Sign(),
        "exp" => x[0].Exp(),
        "log" => x[0].Abs().Log(),
        "sqrt" => x[0].Abs().Sqrt(),
        "sin" => x[0].Sin(),
        "cos" => x[0].Cos(),
        "tanh" => x[0].Tanh(),
        "sigmoid" => x[0].Sigmoid(),
        "relu" => x[0].Relu(),
        "elu" => x[0].Elu(),
        "silu" => (x[0] * 20).Silu(),
        "gelu" => x[0].Gelu(),
        "softplus" => (x[0] * 20).Softplus(),
        "not" => (x[0] > 0).Not().Cast(DType.Float32),
        "add" => x[0].Apply(Binary.Add, x[1].Reshape(Axis.Keep, 1, 5)),
        "sub" => x[0] - x[1],
        "mul" => x[0] * x[1],
        "div" => x[0] / x[1],
        "min" => x[0].Minimum(x[1]),
        "max" => x[0].Maximum(x[1]),
        "greater" => (x[0] > x[1]).Cast(DType.Float32),
        "less" => (x[0] < x[1]).Cast(DType.Float32),
        "equal" => x[0].Sign().EqualTo(x[1].Sign()).Cast(DType.Float32),
        "and" => (x[0] > 0).And(x[1] > 0).Cast(DType.Float32),
        "or" => (x[0] > 0).Or(x[1] > 0).Cast(DType.Float32),
        "scalar" => (2 * x[0] + 1) * 0.5 - 3,
        "reversed" => 1 - 2 / x[0],
        "clamp" => x[0].Clamp(-0.5, 0.5),
        "where" => (x[0] > 0).Where(x[0], x[1]),
        "cast" => (x[0] * 3).Cast(DType.Int64).Cast(DType.Float32),
        "sum" => x[0].Sum(1),
        "mean" => x[0].Mean(-1, keep: true),
        "max-over" => x[0].Max(-1),
        "max-over-map" => x[0].Reduce(Reduction.Max, true, 2, 3),
        "softmax" => x[0].Softmax(-1),
        "log-softmax" => x[0].LogSoftmax(1),
        "argmax" => x[0].ArgMax(1).Cast(DType.Float32),
        "one-hot" => x[0].OneHot(5),
        "gather" => x[1].Gather(x[0]),
        "matmul" => x[0].MatMul(x[1]),
        "linear" or "linear-rank3" => x[0].Linear(x[1], x[2]),
        "linear-no-bias" => x[0].Linear(x[1]),
        "conv2d" => x[0].Conv2d(x[1], x[2], Window.Square(3)),
        "conv2d-stride-pad" => x[0].Conv2d(x[1], x[2], Window.Square(1, 2, 6, 5)),
        "conv2d-uneven-pad" => x[0].Conv2d(x[1], x[2], new Window(3, 3, 2, 1, 0, 2, 1)),
        "conv-transpose2d" => x[0].ConvTranspose2d(x[1], x[2], Window.Square(4, 2, 1)),
        "max-pool2d" => x[0].MaxPool2d(Window.Square(2, 2)),
        "max-pool2d-pad" => x[0].MaxPool2d(new Window(3, 3, 2, 1, 1, 1, 1)),
        "layer-norm" => x[0].LayerNorm(x[1], x[2], 1e-3),
        "reshape" => x[0].Reshape(Axis.Keep, 2, 6),
        "reshape-rest" => x[0].Reshape(Axis.Keep, Axis.Rest),
        "expand" => x[0].Expand(Axis.Keep, 3, Axis.Keep),
        "transpose" => x[0].Transpose(0, 3, 1, 2),
        "slice" => x[0].Slice(1, 1, 4),
        "slice-from-end" => x[0].Slice(-1, -2, int.MaxValue),
        "split" => x[0].Split(-1, 2, 4)[1],
        "concat" => x[0].Concat(x[1]),
        "pad2d" => x[0].Pad2d(1, 2, 3, 0),
        "upsample2d" => x[0].Upsample2d(2),
        "detach" => x[0].Detach(),
        "dropout" => x[0].Dropout(0.5),
        "straight-through" => T.StraightThrough(x[0], () => x[1]),
        "gru-cell" => T.GruCell(x[0], x[1], x[2], x[3], x[4], x[5]),
        "grouped-gru-cell" or "grouped-gru-cell-linear" =>
            T.GroupedGruCell(x[0], x[1], x[2], x[3], x[4], x[5], linear: name.EndsWith("linear", StringComparison.Ordinal)),
        "lstm-cell" => Both(T.LstmCell(x[0], x[1], x[2], x[3], x[4], x[5], x[6])),
        "symlog" => (x[0] * 100).SymLog(),
        "symexp" => x[0].SymExp(),
        "sample-normal" => x[0].SampleNormal(x[1], x[2]),
        "sample-categorical" => x[0].SampleCategorical(x[1]).Cast(DType.Float32),
        "sample-one-hot" => new OneHot<T>(x[0]).Sample(x[1]),
        _ => throw new ArgumentException(name),
    };

    private static T Both<T>((T H, T C) state) where T : ITensor<T> => state.H.Concat(state.C);
}
