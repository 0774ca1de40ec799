namespace WorldModels.Models;

/// <summary>The recurrent cell of a <see cref="RolloutEncoder{T}"/>.</summary>
public enum RecurrentCell
{
    /// <summary>Gated recurrent unit (Cho et al. 2014), as the public reimplementation has it.</summary>
    Gru,

    /// <summary>Long short-term memory (Hochreiter and Schmidhuber 1997), as the paper has it.</summary>
    Lstm,
}

/// <summary>Sizes of a <see cref="RolloutEncoder{T}"/>.</summary>
public sealed record RolloutEncoderConfig
{
    /// <summary>Rows of a frame.</summary>
    public int Rows { get; init; } = 15;

    /// <summary>Columns of a frame.</summary>
    public int Columns { get; init; } = 19;

    /// <summary>Filters of each convolution.</summary>
    public int Filters { get; init; } = 16;

    /// <summary>Numbers that stand for a step's reward (one per class).</summary>
    public required int Rewards { get; init; }

    /// <summary>Whether a step's probability that the episode goes on is read too.</summary>
    public bool Continue { get; init; }

    /// <summary>Units of the recurrent cell, the size of a rollout's code.</summary>
    public int Units { get; init; } = 256;

    /// <summary>The recurrent cell.</summary>
    public RecurrentCell Cell { get; init; } = RecurrentCell.Gru;

    /// <summary>Whether steps are read from the last to the first, so that the nearest one is read last.</summary>
    public bool Reverse { get; init; }
}

/// <summary>
/// Reads an imagined rollout, frame and reward by step, into one code (Weber et al. 2017, section 3.2). All rollouts share it.
/// </summary>
public sealed class RolloutEncoder<T> where T : ITensor<T>
{
    private readonly RolloutEncoderConfig _config;
    private readonly FrameEncoder<T> _frame;
    private readonly GruCell<T>? _gru;
    private readonly LstmCell<T>? _lstm;

    public RolloutEncoder(Parameters<T> p, RolloutEncoderConfig config)
    {
        _config = config;
        _frame = new(p, channels: 3, config.Rows, config.Columns, config.Filters);
        int inputs = _frame.Size + config.Rewards + (config.Continue ? 1 : 0);
        if (config.Cell == RecurrentCell.Gru)
            _gru = new(p["gru"], inputs, config.Units);
        else
            _lstm = new(p["lstm"], inputs, config.Units);
    }

    /// <summary>D steps of N rollouts to their codes, (N, units).</summary>
    public T Forward(IReadOnlyList<ImaginedStep<T>> rollout)
    {
        (T? h, T? c) = (default, default);
        for (int i = 0; i < rollout.Count; i++)
        {
            T x = Features(rollout[_config.Reverse ? rollout.Count - 1 - i : i]);                   // (N, inputs)
            if (_gru is not null)
                h = i == 0 ? _gru.First(x) : _gru.Forward(x, h!);
            else
                (h, c) = i == 0 ? _lstm!.First(x) : _lstm!.Forward(x, h!, c!);
        }
        return h!;
    }

    private T Features(ImaginedStep<T> step)
    {
        T frame = _frame.Forward(step.Frame);
        return _config.Continue
            ? T.Concat(1, frame, step.Reward, step.Continue.Reshape(Axis.Keep, 1))
            : frame.Concat(step.Reward, axis: 1);
    }
}
