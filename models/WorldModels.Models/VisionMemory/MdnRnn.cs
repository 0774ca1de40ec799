namespace WorldModels.Models;

/// <summary>Sizes of an <see cref="MdnRnn{T}"/>; defaults as published for CarRacing.</summary>
public sealed record MdnRnnConfig
{
    /// <summary>Numbers in a latent vector (Z).</summary>
    public int Latent { get; init; } = 32;

    /// <summary>Numbers in an action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>Units of the LSTM (H).</summary>
    public int Units { get; init; } = 256;

    /// <summary>Normal distributions in a mixture (K).</summary>
    public int Mixtures { get; init; } = 5;

    /// <summary>Whether all numbers of a latent vector are of one component; published: each has a mixture of its own.</summary>
    public bool JointMixture { get; init; }

    /// <summary>Mixtures of a latent vector: Z, or one for all.</summary>
    public int Choices => JointMixture ? 1 : Latent;

    /// <summary>Whether it reads where episodes begin, and predicts where they end.</summary>
    public bool Restart { get; init; }

    /// <summary>Numbers that the LSTM reads at a step.</summary>
    public int Inputs => Latent + Actions + (Restart ? 1 : 0);

    /// <summary>Numbers that are said of the next step.</summary>
    public int Outputs => (Choices + 2 * Latent) * Mixtures + (Restart ? 1 : 0);
}

/// <summary>The tensors of an <see cref="MdnRnn{T}"/>'s state.</summary>
public static class MdnRnnState
{
    public const string Latent = "latent", Hidden = "hidden", Cell = "cell", Restart = "restart";

    /// <summary>Those of these sizes.</summary>
    public static IReadOnlyList<StateSpec> Of(MdnRnnConfig config) =>
    [
        new(Latent, config.Latent), new(Hidden, config.Units), new(Cell, config.Units),
        .. config.Restart ? [new StateSpec(Restart, 1)] : Array.Empty<StateSpec>(),
    ];
}

/// <summary>
/// M: a recurrent network that says of the next latent vector what mixture of normal distributions each number is of, and whether the next
/// observation begins a new episode (Ha and Schmidhuber 2018). Its state is "latent" (B, Z), "hidden" and "cell" (B, H), and "restart"
/// (B, 1), which is 1 where the latent vector is the first of an episode; hidden and cell are those before its step is taken.
/// </summary>
public sealed class MdnRnn<T> where T : ITensor<T>
{
    // Without a floor, a component shrinks onto a single number, and its density knows no bound.
    private const double LeastLogStd = -5;

    private readonly Parameters<T> _p;
    private readonly MdnRnnConfig _config;
    private readonly ForgetBiasLstmCell<T> _cell;
    private readonly Linear<T> _output;

    public MdnRnn(Parameters<T> p, MdnRnnConfig config)
    {
        (_p, _config) = (p, config);
        _cell = new(p["lstm"], config.Inputs, config.Units);
        _output = new(p["output"], config.Units, config.Outputs, Init.Glorot(config.Units, config.Outputs), Init.Zeros);
    }

    /// <summary>
    /// Hidden and cell (B, H) after the step of a state and the action (B, A) taken there; what came before an episode's first latent
    /// vector is forgotten.
    /// </summary>
    public (T Hidden, T Cell) Step(State<T> state, T action)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        (T hidden, T cell) = (state[MdnRnnState.Hidden], state[MdnRnnState.Cell]);
        T input = state[MdnRnnState.Latent].Concat(action);                                                     // (B, Z + A)
        if (_config.Restart)
        {
            T restart = state[MdnRnnState.Restart], keep = 1 - restart;                             // (B, 1)
            (input, hidden, cell) = (input.Concat(restart), hidden * keep, cell * keep);
        }
        return _cell.Forward(_cell.Project(input), hidden, cell);
    }

    /// <summary>
    /// Hidden (T, B, H) after each step of recorded sequences: latents (T, B, Z), actions (T, B, A) and restarts (T, B), which are 1 where
    /// an episode begins; from hidden and cell (B, H) on.
    /// </summary>
    public (T Hidden, T LastHidden, T LastCell) Sequence(T latents, T actions, T restarts, T hidden, T cell)
    {
        T flags = restarts.Reshape(Axis.Keep, Axis.Keep, 1);                                        // (T, B, 1)
        T input = latents.Concat(actions);
        T[] projected = T.Unstack(_cell.Project(_config.Restart ? input.Concat(flags) : input));    // T x (B, 4 H)
        T[] keep = T.Unstack(1 - flags);                                                            // T x (B, 1)
        T[] all = new T[projected.Length];
        for (int t = 0; t < all.Length; t++)
        {
            (hidden, cell) = _cell.Forward(projected[t], hidden * keep[t], cell * keep[t]);
            all[t] = hidden;
        }
        return (T.Stack(all), hidden, cell);
    }

    /// <summary>
    /// What hidden (..., H) says of the next latent vector, and the logit (...) that an episode begins with it, where that is predicted.
    /// </summary>
    public (GaussianMixture<T> Latent, T Restart) Predict(T hidden)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        int[] rows = [_config.Choices, _config.Latent, _config.Latent];
        T output = _output.Forward(hidden);
        T[] parts = output.Split(-1, [.. _config.Restart ? [1] : Array.Empty<int>(), .. rows.Select(count => count * _config.Mixtures)]);
        int[] kept = [.. Enumerable.Repeat(Axis.Keep, hidden.Rank - 1)];
        // (..., Z or 1, K), 2 x (..., Z, K)
        T[] numbers = [.. parts.TakeLast(3).Zip(rows, (part, count) => part.Reshape([.. kept, count, _config.Mixtures]))];
        return (new(numbers[0], numbers[1], numbers[2].Maximum(LeastLogStd)), _config.Restart ? parts[0].Sum(-1) : default!);
    }
}
