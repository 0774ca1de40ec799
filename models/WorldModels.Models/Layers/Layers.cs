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
    /// <param name="bias">Initialiser of the bias; U(+-1/sqrt(inputs)) if not given.</param>
    public Linear(Parameters<T> p, int inputs, int outputs, Init? weight = null, Init? bias = null)
    {
        _p = p;
        _weight = p.Get("weight", [outputs, inputs], weight ?? Init.FanIn(inputs));
        _bias = p.Get("bias", [outputs], bias ?? Init.FanIn(inputs));
    }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return x.Linear(_weight, _bias);
    }
}

/// <summary>
/// Fully connected layer of two inputs side by side, y = [x, x'] Wᵀ + b, as two products: what is known of all steps of a sequence
/// beforehand is multiplied for all of them at once. Glorot's initialisation over both, zero bias.
/// </summary>
public sealed class JointLinear<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _weight, _otherWeight, _bias;

    /// <param name="p">Path of the layer.</param>
    /// <param name="input">Name and size of the input that each step makes.</param>
    /// <param name="other">Name and size of the input that may be known beforehand.</param>
    /// <param name="outputs">Size of the last axis of the result.</param>
    /// <param name="bias">Initialiser of the bias; zeros if not given.</param>
    /// <param name="weight">Initialiser of the weights; Glorot's over both inputs if not given.</param>
    public JointLinear(
        Parameters<T> p, (string Name, int Size) input, (string Name, int Size) other, int outputs, Init? bias = null, Init? weight = null)
    {
        Init init = weight ?? Init.Glorot(input.Size + other.Size, outputs);
        _p = p;
        _weight = p.Get($"{input.Name}_weight", [outputs, input.Size], init);
        _otherWeight = p.Get($"{other.Name}_weight", [outputs, other.Size], init);
        _bias = p.Get("bias", [outputs], bias ?? Init.Zeros);
    }

    /// <summary>The other input's share with the bias: (..., other) to (..., outputs).</summary>
    public T Project(T other)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return other.Linear(_otherWeight, _bias);
    }

    /// <summary>(..., input) and a share (..., outputs) of <see cref="Project"/> to (..., outputs).</summary>
    public T Forward(T x, T projected)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return x.Linear(_weight, projected);
    }
}

/// <summary>
/// Fully connected layer of G blocks side by side, each from its own share of the input to its own share of the result: a product of
/// 1/G of the weights. No bias.
/// </summary>
public sealed class BlockLinear<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly T _weight;
    private readonly int _blocks, _inputs, _outputs;

    /// <param name="p">Path of the layer.</param>
    /// <param name="blocks">G.</param>
    /// <param name="inputs">Size of the last axis of the input, a multiple of G.</param>
    /// <param name="outputs">Size of the last axis of the result, a multiple of G.</param>
    /// <param name="weight">Initialiser of the weights.</param>
    public BlockLinear(Parameters<T> p, int blocks, int inputs, int outputs, Init weight)
    {
        (_p, _blocks, _inputs, _outputs) = (p, blocks, inputs / blocks, outputs / blocks);
        _weight = p.Get("weight", [blocks, _inputs, _outputs], weight);
    }

    /// <summary>(B, inputs) to (B, outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T blocks = x.Reshape(Axis.Keep, _blocks, _inputs).Transpose(1, 0, 2);           // (G, B, inputs / G)
        return blocks.MatMul(_weight).Transpose(1, 0, 2).Reshape(Axis.Keep, _blocks * _outputs);
    }
}

/// <summary>Two-dimensional convolution, with PyTorch's default initialisation unless told otherwise.</summary>
public sealed class Conv2d<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly Window _window;
    private readonly T _weight, _bias;

    public Conv2d(Parameters<T> p, int inputs, int outputs, Window window, Init? weight = null, Init? bias = null)
    {
        Init init = Init.FanIn(inputs * window.KernelRows * window.KernelColumns);
        _p = p;
        _window = window;
        _weight = p.Get("weight", [outputs, inputs, window.KernelRows, window.KernelColumns], weight ?? init);
        _bias = p.Get("bias", [outputs], bias ?? init);
    }

    /// <summary>(B, inputs, H, W) to (B, outputs, H', W').</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return x.Conv2d(_weight, _bias, _window);
    }
}

/// <summary>Two-dimensional transposed convolution.</summary>
public sealed class ConvTranspose2d<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly Window _window;
    private readonly T _weight, _bias;

    public ConvTranspose2d(Parameters<T> p, int inputs, int outputs, Window window, Init weight, Init bias)
    {
        _p = p;
        _window = window;
        _weight = p.Get("weight", [inputs, outputs, window.KernelRows, window.KernelColumns], weight);
        _bias = p.Get("bias", [outputs], bias);
    }

    /// <summary>(B, inputs, H, W) to (B, outputs, H', W').</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return x.ConvTranspose2d(_weight, _bias, _window);
    }
}
