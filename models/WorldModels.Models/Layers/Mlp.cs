namespace WorldModels.Models;

/// <summary>What happens to a hidden layer's numbers before its activation.</summary>
public enum NormForm
{
    /// <summary>Nothing; weights begin as Glorot's (PlaNet, Dreamer V1 and V2).</summary>
    None,

    /// <summary>They are divided by their root mean square and scaled; weights begin as truncated normal numbers (DreamerV3).</summary>
    Rms,
}

/// <summary>Hidden layers of a fully connected network.</summary>
/// <param name="Layers">How many.</param>
/// <param name="Units">Units of each.</param>
/// <param name="Norm">Whether each is normalised.</param>
public sealed record MlpConfig(int Layers, int Units, NormForm Norm = NormForm.None);

/// <summary>A hidden layer's normalisation.</summary>
public sealed class Normalisation<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-4;    // DreamerV3's

    private readonly Func<T, T> _forward;

    public Normalisation(Parameters<T> p, int size, NormForm form) : this(p, [size], form) { }

    /// <summary>Of numbers (..., size) that are scaled otherwise along axes before the last one.</summary>
    public Normalisation(Parameters<T> p, ReadOnlySpan<int> gains, NormForm form)
    {
        _forward = x => x;
        if (form == NormForm.None)
            return;
        T gain = p.Get("gain", gains, Init.Ones);
        _forward = x => x.RmsNorm(gain, Epsilon);
    }

    /// <summary>(..., size) to the same.</summary>
    public T Forward(T x) => _forward(x);

    /// <summary>First weights of a layer whose numbers are normalised so.</summary>
    public static Init Weights(NormForm form, int inputs, int outputs, double scale = 1) =>
        form == NormForm.None ? Init.Glorot(inputs, outputs) : Init.TruncatedFanIn(inputs, scale);
}

/// <summary>Fully connected layers with zero biases, each normalised where asked, and activated.</summary>
public sealed class HiddenLayers<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly (Linear<T> Linear, Normalisation<T> Norm)[] _layers;
    private readonly Unary _activation;

    public HiddenLayers(Parameters<T> p, int inputs, MlpConfig config, Unary activation)
    {
        _p = p;
        _activation = activation;
        _layers = new (Linear<T>, Normalisation<T>)[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++, inputs = config.Units)
        {
            Parameters<T> path = p[$"hidden{layer}"];
            Init weights = Normalisation<T>.Weights(config.Norm, inputs, config.Units);
            _layers[layer] = (new(path, inputs, config.Units, weights, Init.Zeros), new(path["norm"], config.Units, config.Norm));
        }
        Outputs = inputs;
    }

    /// <summary>Size of the result's last axis.</summary>
    public int Outputs { get; }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        foreach ((Linear<T> linear, Normalisation<T> norm) in _layers)
            x = norm.Forward(linear.Forward(x)).Apply(_activation);
        return x;
    }
}

/// <summary>Fully connected network: hidden layers, then a linear one with zero biases.</summary>
public sealed class Mlp<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly HiddenLayers<T> _hidden;
    private readonly Linear<T> _output;

    /// <param name="p">Path of the network.</param>
    /// <param name="inputs">Size of the last axis of the input.</param>
    /// <param name="config">The hidden layers.</param>
    /// <param name="outputs">Size of the last axis of the result.</param>
    /// <param name="activation">Activation of the hidden layers.</param>
    /// <param name="outputScale">
    /// Factor on the first weights of the last layer of a normalised network; 0: it begins by saying zeros.
    /// </param>
    public Mlp(Parameters<T> p, int inputs, MlpConfig config, int outputs, Unary activation, double outputScale = 1)
    {
        _p = p;
        _hidden = new(p, inputs, config, activation);
        int last = _hidden.Outputs;
        Init weights = outputScale == 0 ? Init.Zeros : Normalisation<T>.Weights(config.Norm, last, outputs, outputScale);
        _output = new(p["output"], last, outputs, weights, Init.Zeros);
    }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return _output.Forward(_hidden.Forward(x));
    }
}
