using TorchSharp;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// The eager world of <see cref="ITensor{T}"/>: a tensor of libtorch, with autograd. A struct of one reference, so that writing a network
/// against the algebra costs nothing over writing it against TorchSharp.
/// </summary>
public readonly struct EagerTensor(Tensor value) : ITensor<EagerTensor>
{
    /// <summary>The libtorch tensor.</summary>
    public Tensor Value { get; } = value;

    public static implicit operator EagerTensor(Tensor value) => new(value);

    public int Rank => (int)Value.dim();

    public DType Type => Value.dtype switch
    {
        ScalarType.Float32 or ScalarType.Float64 => DType.Float32,
        ScalarType.Int64 => DType.Int64,
        ScalarType.Bool => DType.Bool,
        var other => throw new NotSupportedException($"Networks compute with float32, int64 and bool; this tensor is {other}."),
    };

    public int Size(int axis) => (int)Value.size(axis);

    public EagerTensor Apply(Unary f) => f switch
    {
        Unary.Neg => -Value,
        Unary.Abs => Value.abs(),
        Unary.Sign => Value.sign(),
        Unary.Exp => Value.exp(),
        Unary.Log => Value.log(),
        Unary.Sqrt => Value.sqrt(),
        Unary.Sin => Value.sin(),
        Unary.Cos => Value.cos(),
        Unary.Tanh => Value.tanh(),
        Unary.Sigmoid => Value.sigmoid(),
        Unary.Relu => Value.relu(),
        Unary.Elu => nn.functional.elu(Value, 1),
        Unary.Silu => nn.functional.silu(Value),
        Unary.Gelu => nn.functional.gelu(Value),
        Unary.Softplus => nn.functional.softplus(Value),
        Unary.Not => Value.logical_not(),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "unknown function"),
    };

    public EagerTensor Apply(Binary f, EagerTensor right) => f switch
    {
        Binary.Add => Value + right.Value,
        Binary.Sub => Value - right.Value,
        Binary.Mul => Value * right.Value,
        Binary.Div => Value / right.Value,
        Binary.Min => Value.minimum(right.Value),
        Binary.Max => Value.maximum(right.Value),
        Binary.Greater => Value.gt(right.Value),
        Binary.Less => Value.lt(right.Value),
        Binary.Equal => Value.eq(right.Value),
        Binary.And => Value.logical_and(right.Value),
        Binary.Or => Value.logical_or(right.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "unknown function"),
    };

    public EagerTensor Apply(Binary f, double right) => f switch
    {
        Binary.Add => Value + right,
        Binary.Sub => Value - right,
        Binary.Mul => Value * right,
        Binary.Div => Value / right,
        Binary.Min => Value.clamp_max(right),
        Binary.Max => Value.clamp_min(right),
        Binary.Greater => Value.gt(right),
        Binary.Less => Value.lt(right),
        Binary.Equal => Value.eq(right),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "not a function of a tensor and a number"),
    };

    public EagerTensor ApplyReversed(Binary f, double left) => f switch
    {
        Binary.Sub => left - Value,
        Binary.Div => left / Value,
        Binary.Greater => Value.lt(left),
        Binary.Less => Value.gt(left),
        _ => Apply(f, left),
    };

    public EagerTensor Where(EagerTensor yes, EagerTensor no) => where(Value, yes.Value, no.Value);

    public EagerTensor Cast(DType type) => Value.to_type(type switch
    {
        DType.Float32 => ScalarType.Float32,
        DType.Int64 => ScalarType.Int64,
        _ => ScalarType.Bool,
    });

    public EagerTensor Reduce(Reduction f, bool keep, params ReadOnlySpan<int> axes) => f switch
    {
        Reduction.Sum => Value.sum(Long(axes), keep),
        Reduction.Mean => Value.mean(Long(axes), keep),
        Reduction.Max => Value.amax(Long(axes), keep),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "unknown reduction"),
    };

    public EagerTensor Softmax(int axis) => Value.softmax(axis);
    public EagerTensor LogSoftmax(int axis) => Value.log_softmax(axis);
    public EagerTensor ArgMax(int axis) => Value.argmax(axis);
    public EagerTensor OneHot(int depth) => nn.functional.one_hot(Value, depth).to_type(ScalarType.Float32);

    public EagerTensor Gather(EagerTensor indices) =>
        Value.index_select(0, indices.Value.reshape(-1)).reshape([.. indices.Value.shape, .. Value.shape[1..]]);

    public EagerTensor MatMul(EagerTensor right) => Product(Value, right.Value);
    public EagerTensor Linear(EagerTensor weight, EagerTensor bias) => nn.functional.linear(Value, weight.Value, bias.Value);
    public EagerTensor Linear(EagerTensor weight) => nn.functional.linear(Value, weight.Value);

    public EagerTensor Conv2d(EagerTensor weight, EagerTensor bias, Window w)
    {
        bool even = w.Top == w.Bottom && w.Left == w.Right;     // libtorch pads both sides alike
        Tensor x = even ? Value : nn.functional.pad(Value, [w.Left, w.Right, w.Top, w.Bottom]);
        return nn.functional.conv2d(x, weight.Value, bias.Value, [w.Stride, w.Stride], even ? [w.Top, w.Left] : [0, 0]);
    }

    public EagerTensor ConvTranspose2d(EagerTensor weight, EagerTensor bias, Window w)
    {
        if (w.Top != w.Bottom || w.Left != w.Right)
            throw new NotSupportedException("A transposed convolution takes the same padding on both sides.");
        return nn.functional.conv_transpose2d(Value, weight.Value, bias.Value, [w.Stride, w.Stride], [w.Top, w.Left]);
    }

    public EagerTensor MaxPool2d(Window w)
    {
        Tensor x = w is { Top: 0, Left: 0, Bottom: 0, Right: 0 }
            ? Value
            : nn.functional.pad(Value, [w.Left, w.Right, w.Top, w.Bottom], PaddingModes.Constant, double.NegativeInfinity);
        return nn.functional.max_pool2d(x, [w.KernelRows, w.KernelColumns], [w.Stride, w.Stride]);
    }

    public EagerTensor LayerNorm(EagerTensor gain, EagerTensor bias, double epsilon) =>
        nn.functional.layer_norm(Value, [Value.size(-1)], gain.Value, bias.Value, epsilon);

    public EagerTensor Reshape(params ReadOnlySpan<int> shape)
    {
        long[] sizes = Long(shape);
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == Axis.Keep)
                sizes[i] = Value.size(i);
        }

        return Value.reshape(sizes);
    }

    public EagerTensor Expand(params ReadOnlySpan<int> shape)
    {
        long[] sizes = Long(shape);
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == Axis.Keep)
                sizes[i] = Value.size(i);
        }

        return Value.expand(sizes);
    }

    public EagerTensor Transpose(params ReadOnlySpan<int> axes) => Value.permute(Long(axes));

    public EagerTensor Slice(int axis, int start, int end) =>
        Value.slice(axis, start, end == int.MaxValue ? long.MaxValue : end, 1);

    public EagerTensor[] Split(int axis, params ReadOnlySpan<int> sizes) =>
        Array.ConvertAll(Value.split(Long(sizes), axis), part => new EagerTensor(part));

    public EagerTensor Pad2d(int top, int left, int bottom, int right) => nn.functional.pad(Value, [left, right, top, bottom]);

    public EagerTensor Upsample2d(int factor) =>
        nn.functional.interpolate(Value, scale_factor: [factor, factor], mode: InterpolationMode.Nearest);

    public EagerTensor Detach() => Value.detach();

    public EagerTensor Dropout(double rate) => is_grad_enabled() ? nn.functional.dropout(Value, rate) : this;

    public static EagerTensor Concat(int axis, params ReadOnlySpan<EagerTensor> parts)
    {
        Tensor[] values = new Tensor[parts.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = parts[i].Value;
        return cat(values, axis);
    }

    public static EagerTensor Stack(params ReadOnlySpan<EagerTensor> parts)
    {
        Tensor[] values = new Tensor[parts.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = parts[i].Value;
        return stack(values);
    }

    public static EagerTensor[] Unstack(EagerTensor stacked) => Array.ConvertAll(stacked.Value.unbind(), part => new EagerTensor(part));

    public static EagerTensor StraightThrough(EagerTensor value, Func<EagerTensor> gradient)
    {
        if (!is_grad_enabled())
            return value;
        Tensor path = gradient().Value;
        return value.Value.detach() + (path - path.detach());
    }

    // The default body in fewer operations: both gates at once, and one for the blend at its end.
    public static EagerTensor GruCell(EagerTensor x, EagerTensor h, EagerTensor wIh, EagerTensor wHh, EagerTensor bIh, EagerTensor bHh)
    {
        long size = h.Value.size(-1);
        Tensor[] input = nn.functional.linear(x.Value, wIh.Value, bIh.Value).split([2 * size, size], -1);      // (B, 2H), (B, H)
        Tensor[] hidden = nn.functional.linear(h.Value, wHh.Value, bHh.Value).split([2 * size, size], -1);
        Tensor[] gates = (input[0] + hidden[0]).sigmoid().split([size, size], -1);                              // reset, update
        Tensor candidate = addcmul(input[1], gates[0], hidden[1], 1).tanh();
        return lerp(candidate, h.Value, gates[1]);
    }

    // Likewise; the products of the groups' inputs take their bias along.
    public static EagerTensor GroupedGruCell(
        EagerTensor x, EagerTensor h, EagerTensor wIh, EagerTensor wHh, EagerTensor bIh, EagerTensor bHh, bool linear)
    {
        (int groups, int size) = (wIh.Size(0), h.Size(-1));
        Tensor[] input = x.ByGroup(groups, wIh.Size(1)).Value.baddbmm(wIh.Value, bIh.Value).split([2 * size, size], -1);
        Tensor[] hidden = h.Linear(wHh, bHh).ByGroup(groups, 3 * size).Value.split([2 * size, size], -1);
        Tensor[] gates = (input[0] + hidden[0]).sigmoid().split([size, size], -1);              // reset, update: 2 x (G, B, H)
        Tensor candidate = addcmul(input[1], gates[0], hidden[1], 1);
        return lerp(linear ? candidate : candidate.tanh(), h.Value, gates[1]).mean([0]);
    }

    /// <summary>
    /// The product of matrices, of which there may be several, as matmul makes it: TorchSharp's own ends the process where libtorch throws.
    /// </summary>
    private static Tensor Product(Tensor left, Tensor right)
    {
        (long[] a, long[] b) = (left.shape, right.shape);
        if (a.Length < 2 || b.Length < 2 || a[^1] != b[^2])
            throw Misfit();
        if (b.Length == 2)
            return left.reshape(-1, a[^1]).mm(right).reshape([.. a[..^1], b[^1]]);
        long[] batch = new long[Math.Max(a.Length, b.Length) - 2];
        for (int i = 1; i <= batch.Length; i++)
        {
            (long of, long with) = (i <= a.Length - 2 ? a[^(i + 2)] : 1, i <= b.Length - 2 ? b[^(i + 2)] : 1);
            batch[^i] = of == with || with == 1 ? of : of == 1 ? with : throw Misfit();
        }
        Tensor lefts = left.expand([.. batch, a[^2], a[^1]]).reshape(-1, a[^2], a[^1]);                         // (N, I, K)
        Tensor rights = right.expand([.. batch, b[^2], b[^1]]).reshape(-1, b[^2], b[^1]);                       // (N, K, J)
        return lefts.bmm(rights).reshape([.. batch, a[^2], b[^1]]);

        ArgumentException Misfit() => new($"cannot multiply ({string.Join(", ", a)}) by ({string.Join(", ", b)})");
    }

    private static long[] Long(ReadOnlySpan<int> values)
    {
        long[] result = new long[values.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = values[i];
        return result;
    }
}
