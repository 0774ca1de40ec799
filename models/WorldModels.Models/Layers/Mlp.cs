namespace WorldModels.Models;

/// <summary>Hidden layers of a fully connected network.</summary>
/// <param name="Layers">How many.</param>
/// <param name="Units">Units of each.</param>
public sealed record MlpConfig(int Layers, int Units);

/// <summary>
/// Fully connected network: hidden layers with an activation, then a linear one. Glorot's initialisation, zero biases.
/// </summary>
public sealed class Mlp<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly Linear<T>[] _hidden;
    private readonly Linear<T> _output;
    private readonly Unary _activation;

    public Mlp(Parameters<T> p, int inputs, MlpConfig config, int outputs, Unary activation)
    {
        _p = p;
        _activation = activation;
        _hidden = new Linear<T>[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++, inputs = config.Units)
            _hidden[layer] = new(p[$"hidden{layer}"], inputs, config.Units, Init.Glorot(inputs, config.Units), Init.Zeros);
        _output = new(p["output"], inputs, outputs, Init.Glorot(inputs, outputs), Init.Zeros);
    }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        foreach (Linear<T> layer in _hidden)
            x = layer.Forward(x).Apply(_activation);
        return _output.Forward(x);
    }
}
