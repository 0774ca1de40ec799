namespace WorldModels.Models;

/// <summary>Sizes of an <see cref="ImaginationAgent{T}"/>.</summary>
public sealed record ImaginationAgentConfig
{
    /// <summary>The model-free path's sizes, and those of the layer that joins it with the rollouts' codes.</summary>
    public ActorCriticConfig Agent { get; init; } = new();

    /// <summary>How rollouts are read.</summary>
    public required RolloutEncoderConfig Encoder { get; init; }

    /// <summary>Steps of each rollout (Weber et al. 2017: 3 to 5; their public reimplementation: 1).</summary>
    public int Depth { get; init; } = 1;

    /// <summary>The frames an agent sees at once, k: its observations have 3k channels.</summary>
    public int Frames => Agent.Channels / 3;
}

/// <summary>
/// The imagination-augmented agent (I2A) of Weber et al. 2017: beside the model-free path, the codes of one imagined rollout per first
/// action, side by side, feed the policy and the value. 1,327,270 parameters at the sizes of its public reimplementation (ten rewards, no
/// continuation), the environment model and the rollout policy not counted.
/// </summary>
public sealed class ImaginationAgent<T> where T : ITensor<T>
{
    private readonly FrameEncoder<T> _modelFree;
    private readonly RolloutEncoder<T> _encoder;
    private readonly Linear<T> _hidden, _value, _policy;
    private readonly int _codes;

    public ImaginationAgent(Parameters<T> p, ImaginationAgentConfig config)
    {
        ActorCriticConfig agent = config.Agent;
        _modelFree = new(p["model_free"], agent.Channels, agent.Rows, agent.Columns, agent.Filters);
        _encoder = new(p["encoder"], config.Encoder);
        _codes = agent.Actions * config.Encoder.Units;
        _hidden = new(p["hidden"], _modelFree.Size + _codes, agent.Hidden);
        _value = new(p["value"], agent.Hidden, 1);
        _policy = new(p["policy"], agent.Hidden, agent.Actions);
    }

    /// <summary>The codes of the rollouts, those of a row side by side in the order of their first actions: (B, A units).</summary>
    public T Codes(IReadOnlyList<ImaginedStep<T>> rollouts) => _encoder.Forward(rollouts).Reshape(Axis.Rest, _codes);

    /// <summary>Frames (B, 3k, H, W) and codes (B, A units) to logits (B, A) and value (B).</summary>
    public (T Logits, T Value) Forward(T frames, T codes)
    {
        T x = _modelFree.Forward(frames).Concat(codes, axis: 1);                // (B, 768 + A units)
        x = _hidden.Forward(x).Relu();                                          // (B, hidden)
        return (_policy.Forward(x), _value.Forward(x).Reshape(Axis.Keep));      // (B, A), (B)
    }
}
