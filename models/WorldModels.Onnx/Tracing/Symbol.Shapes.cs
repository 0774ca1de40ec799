using WorldModels.Models;
using static WorldModels.Onnx.Protos;

namespace WorldModels.Onnx;

// Operations that move elements without computing.
public sealed partial class Symbol
{
    /// <inheritdoc/>
    public Symbol Reshape(params ReadOnlySpan<int> shape)
    {
        AxisSize[] dims = new AxisSize[shape.Length];
        AxisSize given = 1;
        int rest = -1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == Axis.Rest && rest < 0)
            {
                rest = i;
                continue;
            }
            dims[i] = shape[i] switch
            {
                Axis.Keep when i < Rank => _dims[i],
                > 0 => shape[i],
                _ => throw ReshapeError(shape),
            };
            given *= dims[i];
        }
        AxisSize all = 1;
        foreach (AxisSize dim in _dims)
            all *= dim;
        if (rest >= 0)
            dims[rest] = AxisSize.Divide(all, given) ?? throw ReshapeError(shape);
        else if (all != given)
            throw ReshapeError(shape);
        return dims.AsSpan().SequenceEqual(_dims) ? this : Graph.Add("Reshape", [this, Graph.Vector(Longs(shape))], Type, dims);
    }

    /// <inheritdoc/>
    public Symbol Expand(params ReadOnlySpan<int> shape)
    {
        if (shape.Length != Rank)
            throw Graph.Error($"cannot expand {Shape} to {ShowTarget(shape)}: give a size or Axis.Keep for each axis");
        AxisSize[] dims = new AxisSize[Rank];
        long[] target = new long[Rank];
        for (int i = 0; i < Rank; i++)
        {
            bool keep = shape[i] == Axis.Keep;
            if (!keep && (shape[i] < 1 || (_dims[i] != 1 && _dims[i] != shape[i])))
                throw Graph.Error($"cannot expand {Shape} to {ShowTarget(shape)}: only axes of size 1 grow");
            dims[i] = keep ? _dims[i] : shape[i];
            target[i] = keep ? 1 : shape[i];       // Expand broadcasts both ways, so that 1 keeps any size
        }
        return dims.AsSpan().SequenceEqual(_dims) ? this : Graph.Add("Expand", [this, Graph.Vector(target)], Type, dims);
    }

    /// <inheritdoc/>
    public Symbol Transpose(params ReadOnlySpan<int> axes)
    {
        int[] order = new int[axes.Length];
        for (int i = 0; i < axes.Length; i++)
            order[i] = At(axes[i]);
        if (order.Length != Rank || order.Distinct().Count() != Rank)
            throw Graph.Error($"cannot transpose {Shape} by ({string.Join(", ", axes.ToArray())}): name each axis once");
        return Graph.Add("Transpose", [this], Type, [.. order.Select(a => _dims[a])], Attribute("perm", order));
    }

    /// <inheritdoc/>
    public Symbol Slice(int axis, int start, int end)
    {
        int at = At(axis);
        AxisSize size = _dims[at];
        if (start == 0 && end == int.MaxValue)
            return this;
        AxisSize length = size.IsDynamic ? DynamicLength(size, start, end) : Clip(end, size.Value) - Clip(start, size.Value);
        if (length is { IsDynamic: false, Value: <= 0 })
            throw Graph.Error($"a slice {start}..{(end == int.MaxValue ? "" : end)} of axis {axis} of {Shape} is empty");
        AxisSize[] dims = [.. _dims];
        dims[at] = length;
        long last = end == int.MaxValue ? long.MaxValue : end;
        return Graph.Add("Slice", [this, Graph.Vector((long)start), Graph.Vector(last), Graph.Vector((long)at)], Type, dims);
    }

    /// <inheritdoc/>
    public Symbol[] Split(int axis, params ReadOnlySpan<int> sizes)
    {
        int at = At(axis), sum = 0;
        foreach (int size in sizes)
            sum += size > 0 ? size : throw Graph.Error($"cannot split axis {axis} of {Shape} into ({string.Join(", ", sizes.ToArray())})");
        if (_dims[at] != sum)
            throw Graph.Error($"cannot split axis {axis} of {Shape} into ({string.Join(", ", sizes.ToArray())}), which is {sum} in all");
        if (sizes.Length == 1)
            return [this];
        AxisSize[][] dims = new AxisSize[sizes.Length][];
        for (int i = 0; i < dims.Length; i++)
        {
            dims[i] = [.. _dims];
            dims[i][at] = sizes[i];
        }
        return Graph.AddMany("Split", [this, Graph.Vector(Longs(sizes))], Type, dims, Attribute("axis", at));
    }

    /// <inheritdoc cref="ITensor{T}.Concat"/>
    public static Symbol Concat(int axis, params ReadOnlySpan<Symbol> parts)
    {
        if (parts.IsEmpty)
            throw new ArgumentException("Concat takes at least one tensor.", nameof(parts));
        Symbol first = parts[0];
        int at = first.At(axis);
        AxisSize[] dims = [.. first._dims];
        foreach (Symbol part in parts[1..])
        {
            bool fits = part.Type == first.Type && part.Rank == first.Rank;
            for (int i = 0; fits && i < dims.Length; i++)
                fits = i == at || part._dims[i] == dims[i];
            if (!fits)
                throw first.Graph.Error($"cannot concatenate {first.Type} {first.Shape} and {part.Type} {part.Shape} along axis {axis}");
            dims[at] += part._dims[at];
        }
        return parts.Length == 1 ? first : first.Graph.Add("Concat", parts, first.Type, dims, Attribute("axis", at));
    }

    /// <summary>Length of a slice of an axis whose size is known only at run time, if it is long enough for what is cut off.</summary>
    private AxisSize DynamicLength(AxisSize size, int start, int end) => (start, end) switch
    {
        ( < 0, int.MaxValue) => AxisSize.Min(size, -start),
        ( < 0, < 0) => AxisSize.Min(size, -start) - -end,
        (_, int.MaxValue) => size - start,
        ( >= 0, < 0) => size - start - -end,
        ( >= 0, _) => start == 0 ? AxisSize.Min(size, end) : AxisSize.Min(size, end) - start,
        _ => throw Graph.Error($"a slice {start}..{end} of a dynamic axis of {Shape} has no known length: count both from the same side"),
    };

    private static int Clip(int position, int size) => Math.Clamp(position < 0 ? position + size : position, 0, size);

    private static long[] Longs(ReadOnlySpan<int> values)
    {
        long[] longs = new long[values.Length];
        for (int i = 0; i < longs.Length; i++)
            longs[i] = values[i];
        return longs;
    }

    private ShapeException ReshapeError(ReadOnlySpan<int> shape) => Graph.Error($"cannot reshape {Shape} to {ShowTarget(shape)}");

    private static string ShowTarget(ReadOnlySpan<int> shape) =>
        $"({string.Join(", ", shape.ToArray().Select(s => s switch { Axis.Keep => "Keep", Axis.Rest => "Rest", _ => $"{s}" }))})";
}
