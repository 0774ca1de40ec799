namespace WorldModels.Models;

/// <summary>
/// A network for several tasks: shared layers, then a head for each, all heads at once. ELU, Glorot's initialisation, zero biases.
/// </summary>
internal sealed class TaskNetwork<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-5;

    private readonly Parameters<T> _p;
    private readonly Linear<T>[] _trunk;
    private readonly Func<T, T> _normalise = x => x;
    private readonly Linear<T> _first;
    private readonly (BlockLinear<T> Linear, T Bias)[] _heads;
    private readonly int _tasks, _outputs;

    /// <param name="p">Path of the network.</param>
    /// <param name="inputs">Size of the last axis of the input (I).</param>
    /// <param name="config">Units of its layers.</param>
    /// <param name="layerNorm">Whether the first shared layer is normalised.</param>
    /// <param name="tasks">K.</param>
    /// <param name="outputs">Numbers that a head gives (O).</param>
    public TaskNetwork(Parameters<T> p, int inputs, TrunkConfig config, bool layerNorm, int tasks, int outputs)
    {
        (_p, _tasks, _outputs) = (p, tasks, outputs);
        _trunk = new Linear<T>[config.Trunk.Count];
        for (int layer = 0; layer < _trunk.Length; layer++)
        {
            int units = config.Trunk[layer];
            _trunk[layer] = new(p[$"trunk{layer}"], inputs, units, Init.Glorot(inputs, units), Init.Zeros);
            inputs = units;
        }
        if (layerNorm)
        {
            T gain = p["trunk0"].Get("gain", [config.Trunk[0]], Init.Ones), bias = p["trunk0"].Get("shift", [config.Trunk[0]], Init.Zeros);
            _normalise = x => x.LayerNorm(gain, bias, Epsilon);
        }
        int[] sizes = [.. config.Head, outputs];
        _first = new(p["head0"], inputs, tasks * sizes[0], Init.Glorot(inputs, sizes[0]), Init.Zeros);
        _heads = new (BlockLinear<T>, T)[sizes.Length - 1];
        for (int layer = 0; layer < _heads.Length; layer++)
        {
            (int from, int to, Parameters<T> path) = (sizes[layer], sizes[layer + 1], p[$"head{layer + 1}"]);
            _heads[layer] = (
                new(path, tasks, tasks * from, tasks * to, Init.Glorot(from, to)), path.Get("bias", [tasks * to], Init.Zeros));
        }
    }

    /// <summary>(B, I) to (B, K, O).</summary>
    public T Forward(T x)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        for (int layer = 0; layer < _trunk.Length; layer++)
        {
            x = _trunk[layer].Forward(x);
            if (layer == 0)
                x = _normalise(x);
            x = x.Elu();
        }
        x = _first.Forward(x);                                                                      // (B, K H)
        foreach ((BlockLinear<T> linear, T bias) in _heads)
            x = linear.Forward(x.Elu()) + bias;
        return x.Reshape(Axis.Keep, _tasks, _outputs);
    }
}
