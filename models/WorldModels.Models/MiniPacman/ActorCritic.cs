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
/// The model-free agent of Weber et al. 2017: two 3x3 convolutions, one fully connected layer, and heads for the policy's logits and the
/// state's value. 201,174 parameters at the published sizes.
/// </summary>
public sealed class ActorCritic<T> where T : ITensor<T>
{
    private readonly FrameEncoder<T> _encoder;
    private readonly Linear<T> _hidden, _value, _policy;

    public ActorCritic(Parameters<T> p, ActorCriticConfig config)
    {
        _encoder = new(p, config.Channels, config.Rows, config.Columns, config.Filters);
        _hidden = new(p["hidden"], _encoder.Size, config.Hidden);
        _value = new(p["value"], config.Hidden, 1);
        _policy = new(p["policy"], config.Hidden, config.Actions);
    }

    /// <summary>Observation (B, C, H, W) to logits (B, A) and value (B).</summary>
    public (T Logits, T Value) Forward(T observation)
    {
        T x = _hidden.Forward(_encoder.Forward(observation)).Relu();            // (B, hidden)
        return (_policy.Forward(x), _value.Forward(x).Reshape(Axis.Keep));      // (B, A), (B)
    }
}

/// <summary>
/// Two 3x3 convolutions (strides 1 and 2, no padding), as every network of Weber et al. 2017 reads a frame.
/// </summary>
public sealed class FrameEncoder<T> where T : ITensor<T>
{
    private readonly Conv2d<T> _first, _second;

    public FrameEncoder(Parameters<T> p, int channels, int rows, int columns, int filters)
    {
        Window near = Window.Square(3), apart = Window.Square(3, stride: 2);
        _first = new(p["conv1"], channels, filters, near);
        _second = new(p["conv2"], filters, filters, apart);
        Size = filters * apart.OutputRows(near.OutputRows(rows)) * apart.OutputColumns(near.OutputColumns(columns));
    }

    /// <summary>Numbers in a frame's code: 768 for 15 x 19 cells and 16 filters.</summary>
    public int Size { get; }

    /// <summary>(B, C, H, W) to (B, Size).</summary>
    public T Forward(T frame)
    {
        T x = _first.Forward(frame).Relu();                                     // (B, F, H', W')
        return _second.Forward(x).Relu().Reshape(Axis.Keep, Axis.Rest);         // (B, F H'' W'')
    }
}
