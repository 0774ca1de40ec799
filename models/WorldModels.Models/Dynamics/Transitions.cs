namespace WorldModels.Models;

/// <summary>The deterministic path of an <see cref="Rssm{T}"/>: from a state and an action to the next deterministic part.</summary>
internal interface ITransition<T> where T : ITensor<T>
{
    /// <summary>What an action (..., A) contributes, whatever the state: for all steps of a sequence at once.</summary>
    T Project(T action);

    /// <summary>h (B, D), z (B, S) and what <see cref="Project"/> made of the action (B, ...) to the next h (B, D).</summary>
    T Forward(T deterministic, T stochastic, T projected);
}

/// <summary>One layer over stochastic part and action, then a recurrent cell (PlaNet, Dreamer V1 and V2).</summary>
internal sealed class CellTransition<T> : ITransition<T> where T : ITensor<T>
{
    private readonly JointLinear<T> _input;
    private readonly IRecurrentCell<T> _cell;
    private readonly Unary _activation;

    public CellTransition(Parameters<T> p, RssmConfig config, int stochastic)
    {
        _activation = config.Activation;
        _input = new(p["input"], ("stochastic", stochastic), ("action", config.Actions), config.Hidden);
        _cell = config.Gru switch
        {
            GruForm.ResetAfter => new GruCell<T>(p["gru"], config.Hidden, config.Deterministic),
            GruForm.ResetBefore => new ResetBeforeGruCell<T>(p["gru"], config.Hidden, config.Deterministic),
            _ => new LayerNormGruCell<T>(p["gru"], config.Hidden, config.Deterministic),
        };
    }

    public T Project(T action) => _input.Project(action);

    public T Forward(T deterministic, T stochastic, T projected) =>
        _cell.Forward(_input.Forward(stochastic, projected).Apply(_activation), deterministic);
}

/// <summary>
/// The block GRU of DreamerV3's current version (Hafner et al. 2025, "Mastering diverse control tasks through world models", methods):
/// deterministic part, stochastic part and action each pass a layer of their own; a hidden layer and the gates read those, and are split
/// into blocks that see no more than their own share of the deterministic part.
/// </summary>
/// <remarks>
/// As published, each block's hidden layer reads its share of h next to a copy of all that the three layers put out. Copies by a block's
/// weights are a whole layer over what is copied, so that here it is one, plus the blocks of h: the same numbers without the copies.
/// </remarks>
internal sealed class BlockTransition<T> : ITransition<T> where T : ITensor<T>
{
    private const NormForm Norm = NormForm.Rms;

    private readonly Parameters<T> _p;
    private readonly HiddenLayers<T> _deterministic, _stochastic, _action;
    private readonly JointLinear<T> _shared;
    private readonly BlockLinear<T> _own, _gates;
    private readonly Normalisation<T> _norm;
    private readonly T _gateBias;
    private readonly Unary _activation;
    private readonly int _blocks, _size;

    public BlockTransition(Parameters<T> p, RssmConfig config, int stochastic)
    {
        (int size, int hidden, int blocks) = (config.Deterministic, config.Hidden, config.Blocks);
        if (size % blocks != 0)
            throw new ArgumentException($"{size} deterministic units are no multiple of {blocks} blocks.");
        (_p, _activation, _blocks, _size) = (p["gru"], config.Activation, blocks, size);
        MlpConfig layer = new(1, hidden, Norm);
        _deterministic = new(p["input"]["deterministic"], size, layer, config.Activation);
        _stochastic = new(p["input"]["stochastic"], stochastic, layer, config.Activation);
        _action = new(p["input"]["action"], config.Actions, layer, config.Activation);
        // As published, a layer of blocks counts the inputs of all of them.
        Init ofHidden = Init.TruncatedFanIn(size + 3 * hidden * blocks), ofGates = Init.TruncatedFanIn(size);
        _shared = new(p["gru"]["hidden"], ("state", 2 * hidden), ("action", hidden), size, weight: ofHidden);
        _own = new(p["gru"]["own"], blocks, size, size, ofHidden);
        _norm = new(p["gru"]["norm"], size, Norm);
        _gates = new(p["gru"]["gates"], blocks, size, 3 * size, ofGates);
        _gateBias = p["gru"]["gates"].Get("bias", [3 * size], Init.Zeros);
    }

    /// <summary>Actions beyond [-1, 1] count as its ends.</summary>
    public T Project(T action) => _shared.Project(_action.Forward(action.Clamp(-1, 1)));             // (..., D)

    public T Forward(T deterministic, T stochastic, T projected)
    {
        T state = _deterministic.Forward(deterministic).Concat(_stochastic.Forward(stochastic));    // (B, 2 hidden)
        using Parameters<T>.Scope _ = _p.Enter();
        T hidden = _shared.Forward(state, projected) + _own.Forward(deterministic);                 // (B, D)
        T gates = _gates.Forward(_norm.Forward(hidden).Apply(_activation)) + _gateBias;             // (B, 3 D), by block: 3 x D / G
        int share = _size / _blocks;
        T[] parts = gates.Reshape(Axis.Keep, _blocks, 3 * share).Split(-1, share, share, share);    // 3 x (B, G, D / G)
        T candidate = (parts[0].Sigmoid() * parts[1]).Tanh().Reshape(Axis.Keep, _size);             // (B, D)
        T update = (parts[2] - 1).Sigmoid().Reshape(Axis.Keep, _size);                              // (B, D)
        return deterministic + update * (candidate - deterministic);
    }
}
