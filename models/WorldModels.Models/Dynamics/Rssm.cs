namespace WorldModels.Models;

/// <summary>
/// Recurrent state-space model (Hafner et al. 2019, section 3): a recurrent cell carries the deterministic path, the prior and the
/// posterior draw the stochastic one, Gaussian or categorical (Hafner et al. 2021). Its state is "deterministic" (B, D) and "stochastic"
/// (B, S), its feature the two side by side, its loss the divergence "kl", and "overshooting" where the configuration asks for it.
/// </summary>
/// <remarks>
/// <para>
/// Of the state-space models that Buesing et al. 2018 compare, whose states go on without a frame being rendered, the stochastic one (sSSM)
/// is this without the deterministic path, and the deterministic one (dSSM) this without the stochastic path; to query rollouts in latent
/// space, as they do, is to imagine here.
/// </para>
/// <para>
/// Over a sequence that was recorded, only the cell and the posterior depend on the step before: actions and embeddings are projected for
/// all steps at once beforehand, and the priors are computed for all steps at once afterwards.
/// </para>
/// </remarks>
public sealed class Rssm<T> : IDynamics<T> where T : ITensor<T>
{
    private const string Deterministic = "deterministic", Stochastic = "stochastic";

    private static readonly string[] Names = [Deterministic, Stochastic];

    private readonly Parameters<T> _p;
    private readonly RssmConfig _config;
    private readonly ILatent<T> _latent;
    private readonly ITransition<T> _transition;
    private readonly (Linear<T> Linear, Normalisation<T> Norm)[] _prior;
    private readonly JointLinear<T> _posterior;
    private readonly Normalisation<T> _posteriorNorm;
    private readonly Linear<T> _priorStats, _posteriorStats;

    public Rssm(Parameters<T> p, RssmConfig config)
    {
        _p = p;
        _config = config;
        _latent = config.Classes == 0
            ? new GaussianLatent<T>(config.Stochastic, config.MinimumStd)
            : new CategoricalLatent<T>(config.Stochastic, config.Classes, config.Unimix);
        (int deterministic, int stochastic) = (config.Deterministic, _latent.Size);
        (int hidden, int stats) = (config.Hidden, _latent.Statistics);
        _transition = (config.Groups.Count > 0, config.Gru == GruForm.Block) switch
        {
            (false, false) => new CellTransition<T>(p, config, stochastic),
            (false, true) => new BlockTransition<T>(p, config, stochastic),
            (true, false) => new GroupedCellTransition<T>(p, config, stochastic),
            (true, true) => new GroupedBlockTransition<T>(p, config, stochastic),
        };
        Init Weights(int inputs, int outputs) => Normalisation<T>.Weights(config.Norm, inputs, outputs);
        _prior = new (Linear<T>, Normalisation<T>)[config.PriorLayers];
        for (int layer = 0, inputs = deterministic; layer < _prior.Length; layer++, inputs = hidden)
        {
            Parameters<T> path = p["prior"][layer == 0 ? "hidden" : $"hidden{layer}"];
            _prior[layer] = (new(path, inputs, hidden, Weights(inputs, hidden), Init.Zeros), new(path["norm"], hidden, config.Norm));
        }
        _priorStats = new(p["prior"]["stats"], hidden, stats, Weights(hidden, stats), Init.Zeros);
        _posterior = new(p["posterior"]["hidden"], ("deterministic", deterministic), ("embedding", config.Embedding), hidden,
            weight: Weights(deterministic + config.Embedding, hidden));
        _posteriorNorm = new(p["posterior"]["hidden"]["norm"], hidden, config.Norm);
        _posteriorStats = new(p["posterior"]["stats"], hidden, stats, Weights(hidden, stats), Init.Zeros);
        State = [new(Deterministic, deterministic), new(Stochastic, stochastic)];
        Feature = stochastic + deterministic;
    }

    public IReadOnlyList<StateSpec> State { get; }

    public NoiseSpec Noise => _latent.Noise;

    public int Feature { get; }

    public T FeatureOf(State<T> state) => state[Stochastic].Concat(state[Deterministic]);           // (..., S + D)

    public LatentStep<T> Imagine(State<T> state, T action, T noise)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T h = Recur(state, _transition.Project(action));                                                 // (B, D)
        return Draw(h, Prior(h), noise);
    }

    public LatentStep<T> Observe(State<T> state, T action, T embedding, T noise) =>
        ObserveProjected(state, _transition.Project(action), _posterior.Project(embedding), noise);

    public FilteredSequence<T> ObserveSequence(RecordedSequence<T> sequence)
    {
        T[] actions = T.Unstack(_transition.Project(sequence.Actions));                                  // T x (B, hidden)
        T[] embeddings = T.Unstack(_posterior.Project(sequence.Embeddings));                        // T x (B, hidden)
        int length = actions.Length, rows = sequence.Actions.Size(1);
        T[] noise = T.Unstack(sequence.Noise([length, rows, _latent.Noise.Size]));                  // T x (B, N)
        T[] keep = sequence.Resets.Count == 0 ? [] : T.Unstack(sequence.Keep);                      // T x (B)
        State<T>[] states = new State<T>[length];
        IDistribution<T>[] posteriors = new IDistribution<T>[length];
        State<T> state = sequence.Start;
        for (int t = 0; t < length; t++)
        {
            if (sequence.Resets.Contains(t))
                state = state.Reset(keep[t].Reshape(Axis.Keep, 1));
            (state, posteriors[t]) = ObserveProjected(state, actions[t], embeddings[t], noise[t]);
            states[t] = state;
        }
        State<T> all = State<T>.Stack(states);                                                      // (T, B, ...)
        IDistribution<T> posterior = posteriors.Stack(), prior = Prior(all[Deterministic]);
        T kl = posterior.Kl(prior);                                                                 // (T, B)
        Dictionary<string, T> losses = new Dictionary<string, T> { ["kl"] = Divergence(posterior, prior) };
        Dictionary<string, T> figures = new Dictionary<string, T> { ["kl"] = kl.Mean() };
        if (_config.Overshooting > 1)
            losses["overshooting"] = figures["overshooting"] = Overshoot(sequence, all, posterior);
        return new(all, losses, figures) { Steps = new Dictionary<string, T> { ["kl"] = kl } };
    }

    /// <summary>The prior that deterministic parts (..., D) lead to.</summary>
    public IDistribution<T> Prior(T deterministic)
    {
        T hidden = deterministic;                                                                   // (..., D)
        foreach ((Linear<T> linear, Normalisation<T> norm) in _prior)
            hidden = norm.Forward(linear.Forward(hidden)).Apply(_config.Activation);                // (..., hidden)
        return _latent.Distribution(_priorStats.Forward(hidden));
    }

    /// <summary>
    /// The divergence that is learnt from: one, or the two of KL balancing (Hafner et al. 2021, algorithm 2), of which the first moves the
    /// prior alone and the second the posterior alone.
    /// </summary>
    public T Divergence(IDistribution<T> posterior, IDistribution<T> prior) => _config.KlBalance == 0
        ? FreeNats(posterior.Kl(prior))
        : _config.KlBalance * FreeNats(posterior.Detach().Kl(prior)) + (1 - _config.KlBalance) * FreeNats(posterior.Kl(prior.Detach()));

    /// <summary>The mean of divergences, of any shape, of which the first nats are free.</summary>
    public T FreeNats(T kl) => _config.FreeNatsForm switch
    {
        FreeNatsForm.MaxOfMean => kl.Mean().Maximum(_config.FreeNats),
        FreeNatsForm.MeanOfExcess => (kl - _config.FreeNats).Maximum(0).Mean(),
        _ => kl.Maximum(_config.FreeNats).Mean(),
    };

    /// <summary>A step to an action and an embedding that were projected beforehand, (B, hidden) each.</summary>
    private LatentStep<T> ObserveProjected(State<T> state, T action, T embedding, T noise)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T h = Recur(state, action);                                                                 // (B, D)
        T hidden = _posteriorNorm.Forward(_posterior.Forward(h, embedding)).Apply(_config.Activation);  // (B, hidden)
        return Draw(h, _latent.Distribution(_posteriorStats.Forward(hidden)), noise);
    }

    private T Recur(State<T> state, T action) =>
        _transition.Forward(state[Deterministic], state[Stochastic], action);

    private static LatentStep<T> Draw(T deterministic, IDistribution<T> distribution, T noise) =>
        new(new(Names, deterministic, distribution.Sample(noise)), distribution);

    /// <summary>
    /// Latent overshooting (Hafner et al. 2019, section 4): from every posterior the prior goes on by itself for d = 2 .. D steps, and is
    /// drawn towards the posteriors that were reached, which do not move for it. Rollouts end with their episode and their sequence.
    /// </summary>
    private T Overshoot(RecordedSequence<T> sequence, State<T> states, IDistribution<T> posterior)
    {
        int length = states[Stochastic].Size(0), rows = states[Stochastic].Size(1);
        int deepest = Math.Min(_config.Overshooting, length - 1);
        T alive = sequence.Keep * 0 + 1;                                                            // (T, B)
        List<T> divergences = [];
        for (int distance = 1; distance <= deepest; distance++)
        {
            int left = length - distance;   // rollouts from t = 0 .. left - 1 reach t + distance
            T Starts(T x) => x.Slice(0, 0, left).Reshape(left * rows, Axis.Rest);                   // (left B, ...)
            T Unflatten(T x) => x.Reshape(left, rows, Axis.Rest);                                   // (left, B, ...)
            T Reached(T x) => x.Slice(0, distance, length);                                         // (left, B, ...)
            T action = Reached(sequence.Actions).Reshape(left * rows, Axis.Rest);
            (State<T> next, IDistribution<T> prior) =
                Imagine(states.Map(Starts), action, sequence.Noise([left * rows, _latent.Noise.Size]));
            states = next.Map(Unflatten);
            alive = alive.Slice(0, 0, left) * Reached(sequence.Keep);
            if (distance == 1)
                continue;   // the ordinary divergence
            T kl = posterior.Map(Reached).Detach().Kl(prior.Map(Unflatten));                        // (left, B)
            T count = alive.Sum().Maximum(1);
            divergences.Add(_config.FreeNatsForm == FreeNatsForm.MaxOfMean
                ? ((kl * alive).Sum() / count).Maximum(_config.FreeNats)
                : ((kl - _config.FreeNats).Maximum(0) * alive).Sum() / count);
        }
        return divergences.Count == 0 ? alive.Sum() * 0 : T.Stack([.. divergences]).Mean();
    }
}
