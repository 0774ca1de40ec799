namespace WorldModels.Models;

/// <summary>Which parts of a state a controller reads.</summary>
public enum ControllerInputs
{
    /// <summary>The latent vector: what is seen now.</summary>
    Z,

    /// <summary>Latent vector and hidden units (CarRacing).</summary>
    Zh,

    /// <summary>Latent vector, cells and hidden units (Doom).</summary>
    Zch,
}

/// <summary>Sizes of a <see cref="LinearController{T}"/>.</summary>
public sealed record ControllerConfig
{
    /// <summary>Numbers in a latent vector (Z).</summary>
    public required int Latent { get; init; }

    /// <summary>Units of the recurrent network (H).</summary>
    public required int Units { get; init; }

    /// <summary>Numbers in an action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>What it reads.</summary>
    public ControllerInputs Inputs { get; init; } = ControllerInputs.Zh;

    /// <summary>Units of a hidden layer; 0: none.</summary>
    public int Hidden { get; init; }

    /// <summary>Whether layers have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>The parts of a state that it reads, in their order.</summary>
    public IReadOnlyList<StateSpec> State =>
    [
        new(MdnRnnState.Latent, Latent),
        .. Inputs == ControllerInputs.Zch ? [new StateSpec(MdnRnnState.Cell, Units)] : Array.Empty<StateSpec>(),
        .. Inputs == ControllerInputs.Z ? Array.Empty<StateSpec>() : [new StateSpec(MdnRnnState.Hidden, Units)],
    ];

    /// <summary>Numbers that it reads (F).</summary>
    public int Feature => State.Sum(part => part.Shape[0]);

    /// <summary>Inputs and outputs of its layers.</summary>
    internal IReadOnlyList<(int Inputs, int Outputs)> Layers =>
        Hidden == 0 ? [(Feature, Actions)] : [(Feature, Hidden), (Hidden, Actions)];

    /// <summary>Numbers to be learnt (W).</summary>
    public int Weights => Layers.Sum(layer => (layer.Inputs + (Bias ? 1 : 0)) * layer.Outputs);

    /// <summary>Weights (W) as given, but zero for all that is no latent vector: it acts on what is seen now alone.</summary>
    public double[] WithoutMemory(IReadOnlyList<double> weights)
    {
        double[] blind = [.. weights];
        (int inputs, int outputs) = Layers[0];
        for (int output = 0, row = Bias ? outputs : 0; output < outputs; output++, row += inputs)
            blind.AsSpan(row + Latent, inputs - Latent).Clear();
        return blind;
    }
}

/// <summary>
/// C: one layer, or two, from a state to an action (Ha and Schmidhuber 2018). It has no weights of its own: they are an argument, so that a
/// batch can be of many controllers, one a row.
/// </summary>
public sealed class LinearController<T>(ControllerConfig config) where T : ITensor<T>
{
    /// <summary>What it reads (B, F) of a state.</summary>
    public T FeatureOf(State<T> state) => config.State is [var only]
        ? state[only.Name]
        : T.Concat(-1, [.. config.State.Select(part => state[part.Name])]);

    /// <summary>
    /// Features (B, F) to action vectors in -1..1 (B, A), of which the largest number chooses where actions are numbered. Weights (B, W),
    /// or (1, W) for all rows: of each layer its biases, then what each output has of all inputs.
    /// </summary>
    public T Forward(T features, T weights)
    {
        T x = features;
        int start = 0;
        foreach ((int inputs, int outputs) in config.Layers)
        {
            int biases = config.Bias ? outputs : 0, end = start + biases + inputs * outputs;
            T matrix = weights.Slice(-1, start + biases, end).Reshape(Axis.Keep, outputs, inputs);  // (B, out, in)
            T sums = (matrix * x.Reshape(Axis.Keep, 1, inputs)).Sum(-1);                            // (B, out)
            x = (config.Bias ? sums + weights.Slice(-1, start, start + biases) : sums).Tanh();
            start = end;
        }
        return x;
    }
}
