namespace WorldModels.Models;

/// <summary>A recurrent cell whose state is what it puts out.</summary>
public interface IRecurrentCell<T> where T : ITensor<T>
{
    /// <summary>x (B, inputs) and h (B, size) to the next h (B, size).</summary>
    T Forward(T x, T h);
}

/// <summary>One GRU step in PyTorch's form, U(+-1/sqrt(size)) initialisation.</summary>
public sealed class GruCell<T> : IRecurrentCell<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _wIh, _wHh, _bIh, _bHh;

    public GruCell(Parameters<T> p, int inputs, int size)
    {
        _p = p;
        Init init = Init.FanIn(size);
        _wIh = p.Get("weight_ih", [3 * size, inputs], init);
        _wHh = p.Get("weight_hh", [3 * size, size], init);
        _bIh = p.Get("bias_ih", [3 * size], init);
        _bHh = p.Get("bias_hh", [3 * size], init);
    }

    /// <summary>x (B, inputs) and h (B, size) to the next h (B, size).</summary>
    public T Forward(T x, T h)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return T.GruCell(x, h, _wIh, _wHh, _bIh, _bHh);
    }

    /// <summary>The step from h = 0, where the recurrent product is its bias alone: x (B, inputs) to h (B, size).</summary>
    public T First(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        int size = _wHh.Size(1);
        T[] input = x.Linear(_wIh, _bIh).Split(-1, size, size, size);   // 3 x (B, size)
        T[] hidden = _bHh.Split(0, size, size, size);                   // 3 x (size)
        T candidate = (input[2] + (input[0] + hidden[0]).Sigmoid() * hidden[2]).Tanh();
        return candidate - (input[1] + hidden[1]).Sigmoid() * candidate;
    }
}

/// <summary>
/// One GRU step as Cho et al. 2014 write it, the reset gate before the recurrent product; bias 1 of both gates, zero of the candidate
/// (Hafner et al. 2019's cell).
/// </summary>
public sealed class ResetBeforeGruCell<T> : IRecurrentCell<T> where T : ITensor<T>
{
    private readonly JointLinear<T> _gates, _candidate;
    private readonly int _size;

    public ResetBeforeGruCell(Parameters<T> p, int inputs, int size)
    {
        _size = size;
        _gates = new(p["gates"], ("h", size), ("x", inputs), 2 * size, Init.Ones);
        _candidate = new(p["candidate"], ("h", size), ("x", inputs), size);
    }

    public T Forward(T x, T h)
    {
        T[] gates = _gates.Forward(h, _gates.Project(x)).Sigmoid().Split(-1, _size, _size);     // reset, update: 2 x (B, size)
        T candidate = _candidate.Forward(gates[0] * h, _candidate.Project(x)).Tanh();           // (B, size)
        return candidate + gates[1] * (h - candidate);
    }
}

/// <summary>
/// One GRU step whose product of x and h is normalised as a whole (Hafner et al. 2021): reset gate, candidate and update gate in this order;
/// 1 is taken from the update gate's number, so that a new cell changes slowly.
/// </summary>
public sealed class LayerNormGruCell<T> : IRecurrentCell<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-3;    // Keras's

    private readonly Parameters<T> _p;
    private readonly JointLinear<T> _product;
    private readonly T _gain, _bias;
    private readonly int _size;

    public LayerNormGruCell(Parameters<T> p, int inputs, int size)
    {
        _p = p;
        _size = size;
        _product = new(p["product"], ("h", size), ("x", inputs), 3 * size);
        _gain = p.Get("gain", [3 * size], Init.Ones);
        _bias = p.Get("bias", [3 * size], Init.Zeros);
    }

    public T Forward(T x, T h)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T[] parts = _product.Forward(h, _product.Project(x)).LayerNorm(_gain, _bias, Epsilon).Split(-1, _size, _size, _size);
        T candidate = (parts[0].Sigmoid() * parts[1]).Tanh();                                   // (B, size)
        return h + (parts[2] - 1).Sigmoid() * (candidate - h);
    }
}

/// <summary>
/// One step of G GRUs, each over an input of its own and the state that all share, whose results are averaged (Wang et al. 2021), in
/// PyTorch's form, U(+-1/sqrt(size)) initialisation.
/// </summary>
public sealed class GroupedGruCell<T> : IRecurrentCell<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _wIh, _wHh, _bIh, _bHh;
    private readonly bool _linear;

    /// <param name="p">Path of the cell.</param>
    /// <param name="groups">G.</param>
    /// <param name="inputs">Size of each group's input.</param>
    /// <param name="size">Size of the state.</param>
    /// <param name="linear">Whether the candidates are what they are, as published, not their hyperbolic tangents.</param>
    public GroupedGruCell(Parameters<T> p, int groups, int inputs, int size, bool linear)
    {
        (_p, _linear) = (p, linear);
        Init init = Init.FanIn(size);
        _wIh = p.Get("weight_ih", [groups, inputs, 3 * size], init);
        _wHh = p.Get("weight_hh", [groups * 3 * size, size], init);
        _bIh = p.Get("bias_ih", [groups, 1, 3 * size], init);
        _bHh = p.Get("bias_hh", [groups * 3 * size], init);
    }

    /// <summary>x (B, G inputs) and h (B, size) to the next h (B, size).</summary>
    public T Forward(T x, T h)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return T.GroupedGruCell(x, h, _wIh, _wHh, _bIh, _bHh, _linear);
    }
}

/// <summary>
/// One step of G cells as <see cref="LayerNormGruCell{T}"/> is one, each over an input of its own and the state that all share, whose
/// results are averaged.
/// </summary>
public sealed class GroupedLayerNormGruCell<T> : IRecurrentCell<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-3;    // Keras's

    private readonly Parameters<T> _p;
    private readonly T _ofInput, _ofState, _productBias, _gain, _bias, _ones, _zeros;
    private readonly int _groups, _inputs, _size;

    /// <inheritdoc cref="GroupedGruCell{T}(Parameters{T}, int, int, int, bool)"/>
    public GroupedLayerNormGruCell(Parameters<T> p, int groups, int inputs, int size)
    {
        (_p, _groups, _inputs, _size) = (p, groups, inputs, size);
        Init init = Init.Glorot(size + inputs, 3 * size);
        _ofInput = p["product"].Get("x_weight", [groups, inputs, 3 * size], init);
        _ofState = p["product"].Get("h_weight", [groups * 3 * size, size], init);
        _productBias = p["product"].Get("bias", [groups * 3 * size], Init.Zeros);
        _gain = p.Get("gain", [groups, 1, 3 * size], Init.Ones);
        _bias = p.Get("bias", [groups, 1, 3 * size], Init.Zeros);
        float[] numbers = new float[3 * size];
        _zeros = p.Constant("zeros", numbers, numbers.Length);
        Array.Fill(numbers, 1);
        _ones = p.Constant("ones", numbers, numbers.Length);
    }

    /// <summary>x (B, G inputs) and h (B, size) to the next h (B, size).</summary>
    public T Forward(T x, T h)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T ofState = h.Linear(_ofState, _productBias).ByGroup(_groups, 3 * _size);               // (G, B, 3 size)
        T product = x.ByGroup(_groups, _inputs).MatMul(_ofInput) + ofState;                     // (G, B, 3 size)
        T[] parts = (product.LayerNorm(_ones, _zeros, Epsilon) * _gain + _bias).Split(-1, _size, _size, _size);
        T candidate = (parts[0].Sigmoid() * parts[1]).Tanh();                                   // (G, B, size)
        return (h + (parts[2] - 1).Sigmoid() * (candidate - h)).Mean(0);
    }
}

/// <summary>One LSTM step in PyTorch's form, U(+-1/sqrt(size)) initialisation.</summary>
public sealed class LstmCell<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _wIh, _wHh, _bIh, _bHh;

    public LstmCell(Parameters<T> p, int inputs, int size)
    {
        _p = p;
        Init init = Init.FanIn(size);
        _wIh = p.Get("weight_ih", [4 * size, inputs], init);
        _wHh = p.Get("weight_hh", [4 * size, size], init);
        _bIh = p.Get("bias_ih", [4 * size], init);
        _bHh = p.Get("bias_hh", [4 * size], init);
    }

    /// <summary>x (B, inputs), h and c (B, size) to the next h and c (B, size).</summary>
    public (T H, T C) Forward(T x, T h, T c)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return T.LstmCell(x, h, c, _wIh, _wHh, _bIh, _bHh);
    }

    /// <summary>The step from h = c = 0, where the recurrent product is its bias alone: x (B, inputs) to h and c (B, size).</summary>
    public (T H, T C) First(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        int size = _wHh.Size(1);
        T[] gates = (x.Linear(_wIh, _bIh) + _bHh).Split(-1, size, size, size, size);    // 4 x (B, size)
        T cell = gates[0].Sigmoid() * gates[2].Tanh();
        return (gates[3].Sigmoid() * cell.Tanh(), cell);
    }
}

/// <summary>
/// One LSTM step with one bias, of which 1 is added to the forget gate's, so that a new cell remembers (Ha and Schmidhuber 2018's cell);
/// gates in the order input, forget, candidate, output. Glorot's initialisation, zero biases.
/// </summary>
public sealed class ForgetBiasLstmCell<T> where T : ITensor<T>
{
    private readonly JointLinear<T> _gates;
    private readonly int _size;

    public ForgetBiasLstmCell(Parameters<T> p, int inputs, int size)
    {
        _size = size;
        _gates = new(p["gates"], ("h", size), ("x", inputs), 4 * size);
    }

    /// <summary>What an input (..., inputs) contributes, whatever the state: for all steps of a sequence at once.</summary>
    public T Project(T x) => _gates.Project(x);

    /// <summary>What <see cref="Project"/> made of x (B, ...), and h and c (B, size), to the next h and c (B, size).</summary>
    public (T H, T C) Forward(T projected, T h, T c)
    {
        T[] gates = _gates.Forward(h, projected).Split(-1, _size, _size, _size, _size);             // 4 x (B, size)
        T cell = (gates[1] + 1).Sigmoid() * c + gates[0].Sigmoid() * gates[2].Tanh();
        return (gates[3].Sigmoid() * cell.Tanh(), cell);
    }
}
