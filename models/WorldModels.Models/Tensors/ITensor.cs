namespace WorldModels.Models;

/// <summary>
/// The tensor a network is written against. It has two worlds: eager (numbers, autograd) and symbolic (each operation adds a node to an
/// ONNX graph), so that running a network in the symbolic world is its export: there is one forward pass.
/// </summary>
/// <remarks>
/// Few members, driven by enums; everything derived is an extension in <see cref="TensorExtensions"/>, written once.
/// Axes count from 0, negative ones from the end. Shapes broadcast as in numpy. A new pointwise function is one enum row and one table
/// entry a world.
/// </remarks>
public interface ITensor<T> where T : ITensor<T>
{
    /// <summary>Number of axes.</summary>
    int Rank { get; }

    /// <summary>Element type.</summary>
    DType Type { get; }

    /// <summary>Size of an axis. Throws for a dynamic axis: a network that needs the batch size cannot be exported for any batch.</summary>
    int Size(int axis);

    /// <summary>A function of each element, same shape.</summary>
    T Apply(Unary f);

    /// <summary><c>f(this, right)</c> element by element, broadcast as in numpy; both of the same element type.</summary>
    T Apply(Binary f, T right);

    /// <summary><c>f(this, right)</c> with a number of this element type.</summary>
    T Apply(Binary f, double right);

    /// <summary><c>f(left, this)</c>.</summary>
    T ApplyReversed(Binary f, double left);

    /// <summary>Elements of <paramref name="yes"/> where this mask is true, of <paramref name="no"/> elsewhere.</summary>
    T Where(T yes, T no);

    /// <summary>The same elements as another type; a fraction is cut off towards zero.</summary>
    T Cast(DType type);

    /// <summary>Reduces the named axes (at least one), which stay with size 1 if <paramref name="keep"/>, and disappear if not.</summary>
    T Reduce(Reduction f, bool keep, params ReadOnlySpan<int> axes);

    /// <summary>Probabilities along an axis, same shape.</summary>
    T Softmax(int axis);

    /// <summary>Logarithms of <see cref="Softmax"/>, computed stably.</summary>
    T LogSoftmax(int axis);

    /// <summary>Index of the largest element along an axis, which disappears. The first one wins a tie. Int64.</summary>
    T ArgMax(int axis);

    /// <summary>(...) Int64 to (..., depth) Float32.</summary>
    T OneHot(int depth);

    /// <summary>Rows of this (V, D) table at Int64 <paramref name="indices"/> (...): (..., D).</summary>
    T Gather(T indices);

    /// <summary>(..., N, K) by (..., K, M), leading axes broadcast: (..., N, M).</summary>
    T MatMul(T right);

    /// <summary>(..., I) with weight (O, I) and bias (O) or (..., O): (..., O).</summary>
    T Linear(T weight, T bias);

    /// <summary>(..., I) with weight (O, I): (..., O).</summary>
    T Linear(T weight);

    /// <summary>(B, I, H, W) with weight (O, I, KH, KW) and bias (O): (B, O, H', W').</summary>
    T Conv2d(T weight, T bias, Window window);

    /// <summary>(B, I, H, W) with weight (I, O, KH, KW) and bias (O): (B, O, H', W').</summary>
    T ConvTranspose2d(T weight, T bias, Window window);

    /// <summary>(B, C, H, W) to (B, C, H', W'); padding never wins.</summary>
    T MaxPool2d(Window window);

    /// <summary>Normalises the last axis to zero mean and unit variance, then scales and shifts it.</summary>
    T LayerNorm(T gain, T bias, double epsilon);

    /// <summary>New shape; <see cref="Axis.Keep"/> keeps the axis at that position, <see cref="Axis.Rest"/> takes what is left.</summary>
    T Reshape(params ReadOnlySpan<int> shape);

    /// <summary>Broadcasts axes of size 1; <see cref="Axis.Keep"/> keeps an axis.</summary>
    T Expand(params ReadOnlySpan<int> shape);

    /// <summary>Permutes all axes.</summary>
    T Transpose(params ReadOnlySpan<int> axes);

    /// <summary>Elements start..end-1 of an axis; negative ones count from its end, <see cref="int.MaxValue"/> means to the end.</summary>
    T Slice(int axis, int start, int end);

    /// <summary>Consecutive pieces of an axis, of sizes that sum to the axis's.</summary>
    T[] Split(int axis, params ReadOnlySpan<int> sizes);

    /// <summary>Zero padding of the last two axes.</summary>
    T Pad2d(int top, int left, int bottom, int right);

    /// <summary>Nearest-neighbour upsampling of the last two axes by a whole factor.</summary>
    T Upsample2d(int factor);

    /// <summary>The same value, through which no gradient flows. Identity in the symbolic world.</summary>
    T Detach();

    /// <summary>Identity outside eager training.</summary>
    T Dropout(double rate);

    /// <summary>Parts one after another along an axis; all other axes agree.</summary>
    static abstract T Concat(int axis, params ReadOnlySpan<T> parts);

    /// <summary>Tensors of one shape (...), of at least one axis, as one of shape (N, ...).</summary>
    static virtual T Stack(params ReadOnlySpan<T> parts)
    {
        int[] shape = new int[parts[0].Rank + 1];
        (shape[0], shape[1]) = (1, Axis.Rest);      // the first axis may be the batch, whose size nobody knows
        for (int axis = 1; axis < parts[0].Rank; axis++)
            shape[axis + 1] = parts[0].Size(axis);
        T[] rows = new T[parts.Length];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = parts[i].Reshape(shape);
        return T.Concat(0, rows);
    }

    /// <summary>The parts (...) of a tensor (N, ...).</summary>
    static virtual T[] Unstack(T stacked)
    {
        T[] parts = new T[stacked.Size(0)];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = stacked.Slice(0, i, i + 1).Reduce(Reduction.Sum, false, 0);
        return parts;
    }

    /// <summary>
    /// The value of the first argument with the gradient of the second (Bengio et al. 2013). A primitive, because <c>p + (v - p)</c> is not
    /// exactly one-hot in floating point and would ship dead nodes; the symbolic world ships the value alone. The second argument is asked
    /// for only where gradients are taken.
    /// </summary>
    static abstract T StraightThrough(T value, Func<T> gradient);

    /// <summary>
    /// One step of a GRU (Cho et al. 2014, in PyTorch's form: gates in the order reset, update, candidate; the reset gate applies to the
    /// recurrent part after its bias). x (B, I), h (B, H), wIh (3H, I), wHh (3H, H), biases (3H): (B, H).
    /// </summary>
    static virtual T GruCell(T x, T h, T wIh, T wHh, T bIh, T bHh)
    {
        int size = h.Size(-1);
        T[] input = x.Linear(wIh, bIh).Split(-1, size, size, size);      // 3 x (B, H)
        T[] hidden = h.Linear(wHh, bHh).Split(-1, size, size, size);     // 3 x (B, H)
        T reset = (input[0] + hidden[0]).Sigmoid();
        T update = (input[1] + hidden[1]).Sigmoid();
        T candidate = (input[2] + reset * hidden[2]).Tanh();
        return candidate + update * (h - candidate);
    }

    /// <summary>
    /// The mean of one step of G GRUs in the form of <see cref="GruCell"/>, each over an input of its own, all over one h. x (B, G I),
    /// h (B, H), wIh (G, I, 3H), wHh (G 3H, H), bIh (G, 1, 3H), bHh (G 3H): (B, H). The candidates are hyperbolic tangents, or what they
    /// are if <paramref name="linear"/>.
    /// </summary>
    static virtual T GroupedGruCell(T x, T h, T wIh, T wHh, T bIh, T bHh, bool linear)
    {
        (int groups, int size) = (wIh.Size(0), h.Size(-1));
        // A runtime computes what is made of weights alone once; both biases of the gates are one.
        T[] ofInput = wIh.Split(-1, 2 * size, size), bias = bIh.Split(-1, 2 * size, size);
        T[] ofState = wHh.Reshape(groups, 3 * size, size).Split(1, 2 * size, size);
        T[] stateBias = bHh.Reshape(groups, 1, 3 * size).Split(-1, 2 * size, size);
        T input = x.ByGroup(groups, wIh.Size(1));                                                       // (G, B, I)
        T gates = State(ofState[0], stateBias[0] + bias[0], 2 * size) + Input(ofInput[0]);              // (B, G, 2H)
        T[] parts = gates.Sigmoid().Split(-1, size, size);                                              // reset, update: 2 x (B, G, H)
        T candidate = Input(ofInput[1]) + bias[1].Reshape(groups, size) + parts[0] * State(ofState[1], stateBias[1], size);
        if (!linear)
            candidate = candidate.Tanh();
        return (candidate + parts[1] * (h.Reshape(Axis.Keep, 1, size) - candidate)).Mean(1);

        T Input(T weight) => input.MatMul(weight).Transpose(1, 0, 2);                                   // (B, G, ...)
        T State(T weight, T addend, int units) =>
            h.Linear(weight.Reshape(groups * units, size), addend.Reshape(groups * units)).Reshape(Axis.Keep, groups, units);
    }

    /// <summary>
    /// One step of an LSTM (PyTorch's form: gates in the order input, forget, candidate, output).
    /// x (B, I), h and c (B, H), wIh (4H, I), wHh (4H, H), biases (4H).
    /// </summary>
    static virtual (T H, T C) LstmCell(T x, T h, T c, T wIh, T wHh, T bIh, T bHh)
    {
        int size = h.Size(-1);
        T[] gates = (x.Linear(wIh, bIh) + h.Linear(wHh, bHh)).Split(-1, size, size, size, size);    // 4 x (B, H)
        T cell = gates[1].Sigmoid() * c + gates[0].Sigmoid() * gates[2].Tanh();
        return (gates[3].Sigmoid() * cell.Tanh(), cell);
    }
}
