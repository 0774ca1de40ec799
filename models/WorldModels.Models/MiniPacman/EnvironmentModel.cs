namespace WorldModels.Models;

/// <summary>The bodies an <see cref="EnvironmentModel{T}"/> can have.</summary>
public enum EnvironmentModelArchitecture
{
    /// <summary>Two 3x3 convolutions and one pool-and-inject: learns within minutes on a CPU.</summary>
    Compact,

    /// <summary>Weber et al. 2017 as its public reimplementation built it: two basic blocks, 345,233 parameters.</summary>
    Faithful,

    /// <summary>
    /// The faithful body with a far branch that sees: 1x1 at every cell, then 9x9 centred on the cell, where the published code reads
    /// every second cell and off centre (Klemt and Denninger 2018 built it so). 335,505 parameters.
    /// </summary>
    Fixed,
}

/// <summary>What an <see cref="EnvironmentModel{T}"/> predicts over, and with which body.</summary>
public sealed record EnvironmentModelConfig
{
    /// <summary>The network's body.</summary>
    public EnvironmentModelArchitecture Architecture { get; init; } = EnvironmentModelArchitecture.Compact;

    /// <summary>Rows of a frame.</summary>
    public int Rows { get; init; } = 15;

    /// <summary>Columns of a frame.</summary>
    public int Columns { get; init; } = 19;

    /// <summary>Number of discrete actions.</summary>
    public int Actions { get; init; } = 5;

    /// <summary>Filters of the compact body; the others have the published sizes.</summary>
    public int Filters { get; init; } = 32;

    /// <summary>
    /// k, consecutive frames that the model sees: one does not show where a ghost is heading, nor what it stands on (Weber et al. 2017
    /// stack several).
    /// </summary>
    public int Frames { get; init; } = 1;

    /// <summary>Whether the model also predicts that the episode goes on.</summary>
    public bool Termination { get; init; }

    /// <summary>Colour of each pixel class, (classes, 3) in row-major order: frames are built from predicted classes.</summary>
    public required IReadOnlyList<float> Palette { get; init; }

    /// <summary>The reward that each reward class stands for.</summary>
    public required IReadOnlyList<float> Rewards { get; init; }

    /// <summary>Number of pixel classes.</summary>
    public int PixelClasses => Palette.Count / 3;
}

/// <summary>What a model says of the next step, before any choice is made.</summary>
/// <param name="Pixels">Logits of each cell's class, (B, classes, H, W).</param>
/// <param name="Reward">Logits of the reward class, (B, R).</param>
/// <param name="Continue">
/// Logit of the episode going on, (B); unset in a model without <see cref="EnvironmentModelConfig.Termination"/>.
/// </param>
public readonly record struct Prediction<T>(T Pixels, T Reward, T? Continue) where T : ITensor<T>;

/// <summary>
/// Predicts the next frame cell by cell, and the reward, from the last k frames and an action (Weber et al. 2017, section 4 and
/// appendix C). The action enters as one plane per action, all ones for the chosen one.
/// </summary>
public sealed class EnvironmentModel<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly EnvironmentModelConfig _config;
    private readonly IEnvironmentModelBody<T> _body;
    private readonly T _palette, _rewards;

    public EnvironmentModel(Parameters<T> p, EnvironmentModelConfig config)
    {
        _p = p;
        _config = config;
        _body = config.Architecture switch
        {
            EnvironmentModelArchitecture.Compact => new CompactBody<T>(p, config),
            EnvironmentModelArchitecture.Faithful or EnvironmentModelArchitecture.Fixed => new FaithfulBody<T>(p, config),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Architecture, "unknown architecture"),
        };
        _palette = p.Constant("palette", [.. config.Palette], config.PixelClasses, 3);
        _rewards = p.Constant("rewards", [.. config.Rewards], config.Rewards.Count, 1);
    }

    /// <summary>
    /// Frames (B, 3k, H, W), the newest last (see <see cref="FrameStack"/>), and action (B) Int64 to the logits of what follows.
    /// </summary>
    public Prediction<T> Predict(T frames, T action)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T planes = action.OneHot(_config.Actions)                                           // (B, A)
            .Reshape(Axis.Keep, _config.Actions, 1, 1)
            .Expand(Axis.Keep, _config.Actions, _config.Rows, _config.Columns);             // (B, A, H, W)
        return _body.Predict(frames.Concat(planes, axis: 1));
    }

    /// <summary>The most likely next frame, (B, 3, H, W), in the palette's colours.</summary>
    public T Frame(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return _palette.Gather(prediction.Pixels.ArgMax(1)).Transpose(0, 3, 1, 2);          // (B, H, W, 3) -> (B, 3, H, W)
    }

    /// <summary>The colours expected of the next frame, (B, 3, H, W): what is uncertain is blended, and gradients flow.</summary>
    public T SoftFrame(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T probabilities = prediction.Pixels.Softmax(1).Transpose(0, 2, 3, 1);                   // (B, H, W, classes)
        return probabilities.MatMul(_palette).Transpose(0, 3, 1, 2);                            // (B, 3, H, W)
    }

    /// <summary>The most likely reward class, one-hot, (B, R).</summary>
    public T RewardOneHot(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return prediction.Reward.ArgMax(-1).OneHot(_config.Rewards.Count);
    }

    /// <summary>The probability of each reward class, (B, R).</summary>
    public T RewardProbabilities(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return prediction.Reward.Softmax(-1);
    }

    /// <summary>The reward of the most likely class, (B).</summary>
    public T Reward(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return _rewards.Gather(prediction.Reward.ArgMax(-1)).Reshape(Axis.Keep);                // (B, 1) -> (B)
    }

    /// <summary>The probability that the episode goes on, (B); only with <see cref="EnvironmentModelConfig.Termination"/>.</summary>
    public T Continue(Prediction<T> prediction)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return prediction.Continue!.Sigmoid();
    }
}

/// <summary>A body of an environment model: (B, 3k + A, H, W) to logits.</summary>
internal interface IEnvironmentModelBody<T> where T : ITensor<T>
{
    Prediction<T> Predict(T x);
}
