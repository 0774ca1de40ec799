using WorldModels.Models;
using static WorldModels.Onnx.Protos;

namespace WorldModels.Onnx;

/// <summary>
/// A value of an ONNX graph: the symbolic world of <see cref="ITensor{T}"/>, in which every operation adds a node to its
/// <see cref="Graph"/>. Shapes and element types are checked at once; what does not fit throws a <see cref="ShapeException"/>.
/// </summary>
public sealed partial class Symbol : ITensor<Symbol>
{
    private readonly AxisSize[] _dims;

    internal Symbol(Graph graph, string name, DType type, ReadOnlySpan<AxisSize> dims)
    {
        Graph = graph;
        Name = name;
        Type = type;
        _dims = dims.ToArray();
    }

    /// <summary>The graph this value belongs to.</summary>
    public Graph Graph { get; }

    /// <summary>Name of the value in the graph; an output gets the name it is declared with.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public DType Type { get; }

    /// <summary>Sizes of the axes.</summary>
    public ReadOnlySpan<AxisSize> Dims => _dims;

    /// <inheritdoc/>
    public int Rank => _dims.Length;

    /// <summary>The shape as messages show it, "(batch, 30)".</summary>
    public string Shape => AxisSize.Show(_dims);

    public override string ToString() => $"{Name} {Type} {Shape}";

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The axis is dynamic.</exception>
    public int Size(int axis)
    {
        AxisSize dim = _dims[At(axis)];
        return dim.IsDynamic
            ? throw Graph.Error($"the size of axis {axis} of {Shape} is known only when the graph runs: write Axis.Keep instead")
            : dim.Value;
    }

    /// <inheritdoc/>
    public Symbol Apply(Unary f)
    {
        if (f == Unary.Not)
            Require(DType.Bool, "Not");
        else if (f is Unary.Neg or Unary.Abs or Unary.Sign)
            RequireNumbers($"{f}");
        else
            Require(DType.Float32, $"{f}");
        return f switch
        {
            Unary.Silu => Apply(Binary.Mul, Apply(Unary.Sigmoid)),
            Unary.Gelu => Gelu(),
            _ => Graph.Add($"{f}", [this], Type, _dims),     // the enum has the names of the ONNX operators
        };
    }

    /// <inheritdoc/>
    public Symbol Apply(Binary f, Symbol right)
    {
        if (right.Type != Type)
            throw Graph.Error($"{f} of {Type} {Shape} and {right.Type} {right.Shape}: cast one of them");
        if (f is Binary.And or Binary.Or)
            Require(DType.Bool, $"{f}");
        else if (f == Binary.Div)
            Require(DType.Float32, "Div");
        else if (f != Binary.Equal)
            RequireNumbers($"{f}");
        DType type = f is Binary.Greater or Binary.Less or Binary.Equal or Binary.And or Binary.Or ? DType.Bool : Type;
        return Graph.Add($"{f}", [this, right], type, Broadcast($"{f}", _dims, right._dims));
    }

    /// <inheritdoc/>
    public Symbol Apply(Binary f, double right) => Apply(f, Graph.Scalar(right, Type));

    /// <inheritdoc/>
    public Symbol ApplyReversed(Binary f, double left) => Graph.Scalar(left, Type).Apply(f, this);

    /// <inheritdoc/>
    public Symbol Where(Symbol yes, Symbol no)
    {
        Require(DType.Bool, "the mask of Where");
        if (yes.Type != no.Type)
            throw Graph.Error($"Where of {yes.Type} {yes.Shape} and {no.Type} {no.Shape}: cast one of them");
        if (yes.Type == DType.Bool)     // ONNX Runtime has no Where of booleans on the CPU
            return Apply(Binary.And, yes).Apply(Binary.Or, Apply(Unary.Not).Apply(Binary.And, no));
        return Graph.Add("Where", [this, yes, no], yes.Type, Broadcast("Where", Broadcast("Where", _dims, yes._dims), no._dims));
    }

    /// <inheritdoc/>
    public Symbol Cast(DType type) => type == Type ? this : Graph.Add("Cast", [this], type, _dims, Attribute("to", (long)Element(type)));

    /// <inheritdoc/>
    public Symbol Reduce(Reduction f, bool keep, params ReadOnlySpan<int> axes)
    {
        if (f == Reduction.Mean)
            Require(DType.Float32, "Mean");
        else
            RequireNumbers($"{f}");
        if (axes.IsEmpty)
            throw Graph.Error($"{f} of {Shape} names no axis: name those to reduce");
        SortedSet<int> reduced = [];
        foreach (int axis in axes)
            reduced.Add(At(axis));
        AxisSize[] dims = [.. _dims.Select((d, i) => reduced.Contains(i) ? 1 : d).Where((_, i) => keep || !reduced.Contains(i))];
        return f == Reduction.Sum       // axes became an input of ReduceSum at opset 13, of the others at 18
            ? Graph.Add("ReduceSum", [this, Graph.Vector([.. reduced.Select(a => (long)a)])], Type, dims,
                Attribute("keepdims", keep ? 1 : 0))
            : Graph.Add($"Reduce{f}", [this], Type, dims, Attribute("axes", [.. reduced]), Attribute("keepdims", keep ? 1 : 0));
    }

    /// <inheritdoc/>
    public Symbol Softmax(int axis) => AlongAxis("Softmax", axis);

    /// <inheritdoc/>
    public Symbol LogSoftmax(int axis) => AlongAxis("LogSoftmax", axis);

    /// <inheritdoc/>
    public Symbol ArgMax(int axis)
    {
        Require(DType.Float32, "ArgMax");
        int at = At(axis);
        return Graph.Add("ArgMax", [this], DType.Int64, [.. _dims.Where((_, i) => i != at)], Attribute("axis", at),
            Attribute("keepdims", 0), Attribute("select_last_index", 0));
    }

    /// <inheritdoc/>
    public Symbol OneHot(int depth)
    {
        Require(DType.Int64, "OneHot");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(depth);
        return Graph.Add("OneHot", [this, Graph.Scalar(depth, DType.Int64), Graph.Vector(0f, 1f)], DType.Float32, [.. _dims, depth],
            Attribute("axis", -1));
    }

    /// <inheritdoc/>
    public Symbol Gather(Symbol indices)
    {
        indices.Require(DType.Int64, "the indices of Gather");
        if (Rank != 2)
            throw Graph.Error($"Gather takes rows of a (V, D) table, not of {Shape}");
        return Graph.Add("Gather", [this, indices], Type, [.. indices._dims, _dims[1]], Attribute("axis", 0));
    }

    /// <summary>The same value: a graph has no gradients.</summary>
    public Symbol Detach() => this;

    /// <summary>The same value: a graph is not for training.</summary>
    public Symbol Dropout(double rate) => this;

    /// <summary>The first argument: a graph has no gradients. What only the second needs is pruned.</summary>
    public static Symbol StraightThrough(Symbol value, Func<Symbol> gradient) => value;

    /// <summary>x (1 + erf(x / sqrt 2)) / 2, in the order in which ONNX Runtime recognises it as one operator.</summary>
    private Symbol Gelu()
    {
        Symbol erf = Graph.Add("Erf", [Apply(Binary.Div, Math.Sqrt(2))], Type, _dims);
        return Apply(Binary.Mul, erf.Apply(Binary.Add, 1)).Apply(Binary.Mul, 0.5);
    }

    private Symbol AlongAxis(string op, int axis)
    {
        Require(DType.Float32, op);
        return Graph.Add(op, [this], Type, _dims, Attribute("axis", At(axis)));
    }

    private int At(int axis) => axis >= -Rank && axis < Rank
        ? axis < 0 ? axis + Rank : axis
        : throw Graph.Error($"there is no axis {axis} in {Shape}");

    private void Require(DType type, string what)
    {
        if (Type != type)
            throw Graph.Error($"{what} takes {type}, not {Type} {Shape}: cast it");
    }

    private void RequireNumbers(string what)
    {
        if (Type == DType.Bool)
            throw Graph.Error($"{what} takes numbers, not {Type} {Shape}: cast it");
    }

    private AxisSize[] Broadcast(string what, AxisSize[] a, AxisSize[] b)
    {
        AxisSize[] dims = new AxisSize[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= dims.Length; i++)
        {
            AxisSize x = i <= a.Length ? a[^i] : 1, y = i <= b.Length ? b[^i] : 1;
            dims[^i] = x == y || y == 1 ? x
                : x == 1 ? y
                : throw Graph.Error($"{what} cannot broadcast {AxisSize.Show(a)} with {AxisSize.Show(b)}");
        }
        return dims;
    }
}
