namespace WorldModels.Models;

/// <summary>Sizes of an <see cref="ActorCritic{T}"/> over images.</summary>
public sealed record ActorCriticConfig
{
    /// <summary>Channels of the observation.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Rows of the observation.</summary>
    public int Rows { get; init; } = 15;

    /// <summary>Columns of the observation.</summary>
    public int Columns { get; init; } = 19;

    /// <summary>Number of discrete actions.</summary>
    public int Actions { get; init; } = 5;

    /// <summary>Filters of each of the two convolutions (Weber et al. 2017: 16).</summary>
    public int Filters { get; init; } = 16;

    /// <summary>Units of the fully connected layer (Weber et al. 2017: 256).</summary>
    public int Hidden { get; init; } = 256;
}

/// <summary>
/// The model-free agent of Weber et al. 2017: two 3x3 convolutions (strides 1 and 2, no padding), one fully connected layer, and heads for
/// the policy's logits and the state's value. 201,174 parameters at the published sizes.
/// </summary>
public sealed class ActorCritic<T> where T : ITensor<T>
{
    private readonly Conv2d<T> _first, _second;
    private readonly Linear<T> _hidden, _value, _policy;

    public ActorCritic(Parameters<T> p, ActorCriticConfig config)
    {
        Window near = Window.Square(3), apart = Window.Square(3, stride: 2);
        int rows = apart.OutputRows(near.OutputRows(config.Rows));
        int columns = apart.OutputColumns(near.OutputColumns(config.Columns));
        _first = new(p["conv1"], config.Channels, config.Filters, near);
        _second = new(p["conv2"], config.Filters, config.Filters, apart);
        _hidden = new(p["hidden"], config.Filters * rows * columns, config.Hidden);
        _value = new(p["value"], config.Hidden, 1);
        _policy = new(p["policy"], config.Hidden, config.Actions);
    }

    /// <summary>Observation (B, C, H, W) to logits (B, A) and value (B).</summary>
    public (T Logits, T Value) Forward(T observation)
    {
        T x = _first.Forward(observation).Relu();                               // (B, F, H', W')
        x = _second.Forward(x).Relu();                                          // (B, F, H'', W'')
        x = _hidden.Forward(x.Reshape(Axis.Keep, Axis.Rest)).Relu();            // (B, hidden)
        return (_policy.Forward(x), _value.Forward(x).Reshape(Axis.Keep));      // (B, A), (B)
    }
}
