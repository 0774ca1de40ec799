namespace WorldModels.Models;

/// <summary>Fully connected layer, y = x Wᵀ + b, with PyTorch's default initialisation.</summary>
public sealed class Linear<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _weight, _bias;

    /// <param name="p">Path of the layer.</param>
    /// <param name="inputs">Size of the last axis of the input.</param>
    /// <param name="outputs">Size of the last axis of the result.</param>
    /// <param name="weight">Initialiser of the weight; U(+-1/sqrt(inputs)) if not given.</param>
    public Linear(Parameters<T> p, int inputs, int outputs, Init? weight = null)
    {
        _p = p;
        _weight = p.Get("weight", [outputs, inputs], weight ?? Init.FanIn(inputs));
        _bias = p.Get("bias", [outputs], Init.FanIn(inputs));
    }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public T Forward(T x)
    {
        using var _ = _p.Enter();
        return x.Linear(_weight, _bias);
    }
}

/// <summary>Two-dimensional convolution with PyTorch's default initialisation.</summary>
public sealed class Conv2d<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly Window _window;
    private readonly T _weight, _bias;

    public Conv2d(Parameters<T> p, int inputs, int outputs, Window window)
    {
        int fanIn = inputs * window.KernelRows * window.KernelColumns;
        _p = p;
        _window = window;
        _weight = p.Get("weight", [outputs, inputs, window.KernelRows, window.KernelColumns], Init.FanIn(fanIn));
        _bias = p.Get("bias", [outputs], Init.FanIn(fanIn));
    }

    /// <summary>(B, inputs, H, W) to (B, outputs, H', W').</summary>
    public T Forward(T x)
    {
        using var _ = _p.Enter();
        return x.Conv2d(_weight, _bias, _window);
    }
}

/// <summary>One GRU step in PyTorch's form, U(+-1/sqrt(size)) initialisation.</summary>
public sealed class GruCell<T> where T : ITensor<T>
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
        using var _ = _p.Enter();
        return T.GruCell(x, h, _wIh, _wHh, _bIh, _bHh);
    }

    /// <summary>The step from h = 0, where the recurrent product is its bias alone: x (B, inputs) to h (B, size).</summary>
    public T First(T x)
    {
        using var _ = _p.Enter();
        int size = _wHh.Size(1);
        T[] input = x.Linear(_wIh, _bIh).Split(-1, size, size, size);   // 3 x (B, size)
        T[] hidden = _bHh.Split(0, size, size, size);                   // 3 x (size)
        T candidate = (input[2] + (input[0] + hidden[0]).Sigmoid() * hidden[2]).Tanh();
        return candidate - (input[1] + hidden[1]).Sigmoid() * candidate;
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
        using var _ = _p.Enter();
        return T.LstmCell(x, h, c, _wIh, _wHh, _bIh, _bHh);
    }

    /// <summary>The step from h = c = 0, where the recurrent product is its bias alone: x (B, inputs) to h and c (B, size).</summary>
    public (T H, T C) First(T x)
    {
        using var _ = _p.Enter();
        int size = _wHh.Size(1);
        T[] gates = (x.Linear(_wIh, _bIh) + _bHh).Split(-1, size, size, size, size);    // 4 x (B, size)
        T cell = gates[0].Sigmoid() * gates[2].Tanh();
        return (gates[3].Sigmoid() * cell.Tanh(), cell);
    }
}
