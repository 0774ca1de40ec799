using WorldModels.Models;

namespace WorldModels.Tests.Onnx;

/// <summary>An array for reference computations: plain loops over indices, in double precision.</summary>
public sealed class Nd
{
    public required DType Type { get; init; }
    public required int[] Shape { get; init; }
    public required double[] Values { get; init; }

    public int Rank => Shape.Length;

    public double this[params ReadOnlySpan<int> index]
    {
        get
        {
            int at = 0;
            for (int i = 0; i < Rank; i++)
                at = at * Shape[i] + index[i];
            return Values[at];
        }
    }

    public static Nd From(DType type, int[] shape, Func<int[], double> value)
    {
        double[] values = new double[shape.Aggregate(1, (a, b) => a * b)];
        int[] index = new int[shape.Length];
        for (int at = 0; at < values.Length; at++)
        {
            for (int axis = shape.Length - 1, rest = at; axis >= 0; rest /= shape[axis], axis--)
                index[axis] = rest % shape[axis];
            values[at] = value(index);
        }
        return new Nd { Type = type, Shape = shape, Values = values };
    }

    public static Nd From(int[] shape, Func<int[], double> value) => From(DType.Float32, shape, value);

    /// <summary>Floats on a grid of 1/8 in -3..3 (exact in float, ties happen), integers in 0..4, booleans.</summary>
    public static Nd Random(Random random, DType type, int[] shape) => From(type, shape, _ => type switch
    {
        DType.Float32 => random.Next(-24, 25) / 8.0,
        DType.Int64 => random.Next(0, 5),
        _ => random.Next(2),
    });

    public Nd Map(Func<double, double> f) => Map(Type, f);

    public Nd Map(DType type, Func<double, double> f) => new() { Type = type, Shape = Shape, Values = [.. Values.Select(f)] };

    /// <summary>Pointwise, broadcasting as numpy does.</summary>
    public static Nd Zip(DType type, Func<double[], double> f, params Nd[] inputs)
    {
        int rank = inputs.Max(x => x.Rank);
        int[] shape = [.. Enumerable.Range(0, rank)
            .Select(axis => inputs.Max(x => axis < rank - x.Rank ? 1 : x.Shape[axis - rank + x.Rank]))];
        return From(type, shape, index =>
            f([.. inputs.Select(x => x[[.. x.Shape.Select((size, i) => size == 1 ? 0 : index[rank - x.Rank + i])]])]));
    }

    public Nd Zip(Nd other, Func<double, double, double> f) => Zip(Type, v => f(v[0], v[1]), this, other);

    public Nd Zip(DType type, Nd other, Func<double, double, double> f) => Zip(type, v => f(v[0], v[1]), this, other);

    /// <summary>Folds the elements along some axes.</summary>
    public Nd Reduce(bool keep, int[] axes, Func<double[], double> fold)
    {
        int[] kept = [.. Enumerable.Range(0, Rank).Where(i => !axes.Contains(i))];
        int[] reduced = [.. axes.Select(a => Shape[a])];
        Nd result = From(Type, [.. kept.Select(a => Shape[a])], outer => fold(From(reduced, inner =>
        {
            int[] index = new int[Rank];
            for (int i = 0; i < kept.Length; i++)
                index[kept[i]] = outer[i];
            for (int i = 0; i < axes.Length; i++)
                index[axes[i]] = inner[i];
            return this[index];
        }).Values));
        return keep ? new Nd { Type = Type, Shape = [.. Shape.Select((s, i) => axes.Contains(i) ? 1 : s)], Values = result.Values }
            : result;
    }

    /// <summary>The same elements in another shape.</summary>
    public Nd As(params int[] shape) => new() { Type = Type, Shape = shape, Values = Values };

    /// <summary>(..., I) by (O, I) transposed, plus (O).</summary>
    public Nd Linear(Nd weight, Nd? bias = null) => From([.. Shape[..^1], weight.Shape[0]], i =>
    {
        double sum = bias?[i[^1]] ?? 0;
        for (int k = 0; k < weight.Shape[1]; k++)
            sum += this[[.. i[..^1], k]] * weight[i[^1], k];
        return sum;
    });

    public Nd Slice(int axis, int start, int length) => From(Type, [.. Shape.Select((s, a) => a == axis ? length : s)],
        i => this[[.. i.Select((v, a) => a == axis ? v + start : v)]]);
}
