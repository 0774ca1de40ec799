namespace WorldModels.Models;

/// <summary>
/// Decomposed prediction (D2P; Wang et al. 2021, "ED2: An environment dynamics decomposition framework for world model construction"):
/// the actuators are divided into groups; each group has a layer over the whole stochastic part and its own actions, and a cell over that
/// and the whole deterministic part. The next deterministic part is the mean of what the cells say.
/// </summary>
/// <remarks>All groups are computed at once: a product of G times the weights, not G products.</remarks>
internal sealed class GroupedCellTransition<T> : ITransition<T> where T : ITensor<T>
{
    private readonly GroupedAction<T> _action;
    private readonly T _stochasticWeight;
    private readonly IRecurrentCell<T> _cell;
    private readonly Unary _activation;

    public GroupedCellTransition(Parameters<T> p, RssmConfig config, int stochastic)
    {
        (int groups, int hidden, int size) = (config.Groups.Count, config.Hidden, config.Deterministic);
        _activation = config.Activation;
        // What a group's layer sees, of actions as many as the mean group has.
        Init init = Init.Glorot(stochastic + (config.Actions + groups - 1) / groups, hidden);
        _action = new(p["input"], config.Groups, hidden, init);
        _stochasticWeight = p["input"].Get("stochastic_weight", [groups * hidden, stochastic], init);
        _cell = config.Gru switch
        {
            GruForm.ResetAfter => new GroupedGruCell<T>(p["gru"], groups, hidden, size, config.LinearCandidate),
            GruForm.LayerNorm => new GroupedLayerNormGruCell<T>(p["gru"], groups, hidden, size),
            _ => throw new ArgumentException($"There are no groups of the cell {config.Gru}."),
        };
    }

    public T Project(T action) => _action.Forward(action);                                          // (..., G hidden)

    public T Forward(T deterministic, T stochastic, T projected) =>
        _cell.Forward(stochastic.Linear(_stochasticWeight, projected).Apply(_activation), deterministic);
}

/// <summary>
/// The same with DreamerV3's block GRU (see <see cref="BlockTransition{T}"/>) for a cell: each group has its own layers over deterministic
/// part, stochastic part and its actions, its own hidden layer and its own gates.
/// </summary>
internal sealed class GroupedBlockTransition<T> : ITransition<T> where T : ITensor<T>
{
    private const NormForm Norm = NormForm.Rms;

    private readonly Parameters<T> _p;
    private readonly GroupedAction<T> _action;
    private readonly Linear<T> _deterministic, _stochastic;
    private readonly GroupedLinear<T> _shared;
    private readonly BlockLinear<T> _own;
    private readonly Normalisation<T> _actionNorm, _deterministicNorm, _stochasticNorm, _norm;
    private readonly T _gates, _gateBias;
    private readonly Unary _activation;
    private readonly int _groups, _blocks, _share, _hidden;

    public GroupedBlockTransition(Parameters<T> p, RssmConfig config, int stochastic)
    {
        (int size, int hidden, int blocks, int groups) = (config.Deterministic, config.Hidden, config.Blocks, config.Groups.Count);
        if (size % blocks != 0)
            throw new ArgumentException($"{size} deterministic units are no multiple of {blocks} blocks.");
        (_p, _activation, _groups, _blocks, _share, _hidden) = (p["gru"], config.Activation, groups, blocks, size / blocks, hidden);
        Parameters<T> input = p["input"];
        _deterministic = new(input["deterministic"], size, groups * hidden, Init.TruncatedFanIn(size), Init.Zeros);
        _stochastic = new(input["stochastic"], stochastic, groups * hidden, Init.TruncatedFanIn(stochastic), Init.Zeros);
        _action = new(input["action"], config.Groups, hidden, Init.TruncatedFanIn((config.Actions + groups - 1) / groups));
        _deterministicNorm = new(input["deterministic"]["norm"], [groups, 1, hidden], Norm);
        _stochasticNorm = new(input["stochastic"]["norm"], [groups, 1, hidden], Norm);
        _actionNorm = new(input["action"]["norm"], [groups, 1, hidden], Norm);
        Init ofHidden = Init.TruncatedFanIn(size + 3 * hidden * blocks);     // as in the cell of one group
        _shared = new(p["gru"]["hidden"], groups, 3 * hidden, size, ofHidden);
        _own = new(p["gru"]["own"], blocks, size, groups * size, ofHidden);
        _norm = new(p["gru"]["norm"], [groups, 1, size], Norm);
        _gates = p["gru"]["gates"].Get("weight", [groups, blocks, _share, 3 * _share], Init.TruncatedFanIn(size));
        _gateBias = p["gru"]["gates"].Get("bias", [groups, blocks, 1, 3 * _share], Init.Zeros);
    }

    /// <summary>Actions beyond [-1, 1] count as its ends.</summary>
    public T Project(T action) => _action.Forward(action.Clamp(-1, 1));                             // (..., G hidden)

    public T Forward(T deterministic, T stochastic, T projected)
    {
        T fromH = _deterministicNorm.Forward(_deterministic.Forward(deterministic).ByGroup(_groups, _hidden)).Apply(_activation);
        T fromZ = _stochasticNorm.Forward(_stochastic.Forward(stochastic).ByGroup(_groups, _hidden)).Apply(_activation);
        using Parameters<T>.Scope _ = _p.Enter();
        T fromA = _actionNorm.Forward(projected.ByGroup(_groups, _hidden)).Apply(_activation);
        T inputs = T.Concat(-1, fromH, fromZ, fromA);                                               // (G, B, 3 hidden)
        T own = _own.Forward(deterministic).Reshape(Axis.Keep, _blocks, _groups, _share)            // (B, blocks, G, share)
            .Transpose(2, 0, 1, 3).Reshape(Axis.Keep, Axis.Keep, _blocks * _share);                 // (G, B, D)
        T hidden = _norm.Forward(_shared.Forward(inputs) + own).Apply(_activation);                 // (G, B, D)
        T byBlock = hidden.Reshape(Axis.Keep, Axis.Keep, _blocks, _share).Transpose(0, 2, 1, 3);    // (G, blocks, B, share)
        T[] parts = (byBlock.MatMul(_gates) + _gateBias).Split(-1, _share, _share, _share);         // 3 x (G, blocks, B, share)
        T candidate = (parts[0].Sigmoid() * parts[1]).Tanh();
        T before = deterministic.ByGroup(_blocks, _share);                                          // (blocks, B, share)
        T next = (before + (parts[2] - 1).Sigmoid() * (candidate - before)).Mean(0);                // (blocks, B, share)
        return next.Transpose(1, 0, 2).Reshape(Axis.Keep, _blocks * _share);                        // (B, D)
    }
}
