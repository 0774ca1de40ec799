namespace WorldModels.Models;

/// <summary>
/// A transformer as the dynamics of categorical latents (Robine et al. 2023, "Transformer-based world models are happy with 100k
/// interactions", section 2; the Simple World example likewise). The posterior reads the observation alone; the prior of the next latent
/// reads the tokens of the latents and actions so far, as far as the window goes and not beyond the episode's beginning.
/// </summary>
/// <remarks>
/// <para>
/// Its state is "latent" (B, S), one-hot variables; "hidden" (B, D), what the transformer said of the step that led there, which rewards
/// and ends are read from; "cache" (B, 2 L, H, M - 1, D / H), keys and values of the tokens before (M of a window), the newest last; and
/// "position" (B), how many tokens of the episode there were, which says how many of the cache count. A row begins anew with its position
/// alone. A step writes its whole cache anew, moved by its tokens. Its feature is latent and hidden side by side.
/// </para>
/// <para>
/// Distances are relative and keys and values depend on a token alone, so that a step with the cache is the same as the pass over all
/// tokens, for any number of steps: where the window is full, the oldest token leaves it. The published models read rewards as tokens, too;
/// here they are predicted only, since who acts is not told them.
/// </para>
/// </remarks>
public sealed class TransformerDynamics<T> : IDynamics<T> where T : ITensor<T>
{
    private const string Latent = "latent", Hidden = "hidden", Cache = "cache", Position = "position";
    private const double Never = 1e9;
    private const double KindStd = 0.3;

    private static readonly string[] Names = [Latent, Hidden, Cache, Position];

    private readonly Parameters<T> _p;
    private readonly TransformerConfig _config;
    private readonly CategoricalLatent<T> _latent;
    private readonly Mlp<T> _prior;
    private readonly Func<T, T> _posterior, _latentToken, _actionToken;
    private readonly TransformerLayer<T>[] _layers;
    private readonly int _windowTokens, _stepTokens;      // M, g

    public TransformerDynamics(Parameters<T> p, TransformerConfig config)
    {
        if (config.Width % config.Heads != 0 || config.Width % 2 != 0)
            throw new ArgumentException($"A width of {config.Width} cannot be divided by {config.Heads} heads and by 2.");
        if (config.Window < 2)
            throw new ArgumentException($"A window of {config.Window} steps sees no step before the present one: take 2 or more.");
        (_p, _config, _stepTokens, _windowTokens) = (p, config, config.TokensOfStep, config.Window * config.TokensOfStep);
        _latent = new(config.Variables, config.Classes, config.Unimix);
        _posterior = config.Posterior.Layers == 0 && config.Embedding == _latent.Size ? embedding => embedding
            : new Mlp<T>(p["posterior"], config.Embedding, config.Posterior, _latent.Size, config.Activation).Forward;
        _prior = new(p["prior"], config.Width, config.Prior, _latent.Size, config.Activation);
        int width = config.Tokens == TokenForm.Concat ? config.Width / 2 : config.Width;
        (_latentToken, _actionToken) = (Token("latent", _latent.Size, true), Token("action", config.Actions, false));
        TransformerLayer<T>.Sinusoids? sinusoids = config.Form == TransformerForm.Gpt ? null : new(
            p.Constant("waves", Waves(), _windowTokens, config.Width),
            p.Get("u", [config.Width], Init.Zeros), p.Get("v", [config.Width], Init.Zeros));
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new TransformerLayer<T>(p[$"layer{i}"], config, sinusoids))];
        State =
        [
            new(Latent, _latent.Size), new(Hidden, config.Width),
            new(Cache, 2 * config.Layers, config.Heads, _windowTokens - 1, config.HeadSize)
            {
                Storage = TrajectoryStorage.Last, InFeature = false,
            },
            new(Position) { Type = DType.Int64, InFeature = false },
        ];

        // An episode begins with a latent and an action of zeros. Normalising a token of zeros would multiply its gradient by hundreds,
        // twice a layer: no token is one, since each has a learned vector that says what of a step it is.
        Func<T, T> Token(string name, int size, bool activated)
        {
            Parameters<T> path = p[$"{name}_token"];
            T kind = path.Get("kind", [width], Init.Normal(KindStd));
            if (config.TokenLayers > 0)
            {
                Mlp<T> layers = new(path, size, new(config.TokenLayers, width), width, config.Activation);
                return x => layers.Forward(x) + kind;
            }
            if (activated)
            {
                Linear<T> layer = new(path, size, width, Init.Glorot(size, width), Init.Zeros);
                return x => layer.Forward(x).Apply(config.Activation) + kind;
            }
            T table = path.Get("weight", [width, size], Init.Normal(1));
            return x => x.Linear(table) + kind;
        }
    }

    public IReadOnlyList<StateSpec> State { get; }

    public NoiseSpec Noise => _latent.Noise;

    public int Feature => _latent.Size + _config.Width;

    public bool NeedsPast => true;

    public T FeatureOf(State<T> state) => state[Latent].Concat(state[Hidden]);                              // (..., S + D)

    /// <summary>Its cache stays: nothing of it counts at position 0.</summary>
    public State<T> Reset(State<T> state, T keep) => new(
        Names, state[Latent] * keep, state[Hidden] * keep, state[Cache],
        state[Position] * keep.Reshape(Axis.Keep).Cast(DType.Int64));

    public LatentStep<T> Imagine(State<T> state, T action, T noise)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return Step(state, action, _prior.Forward, noise);
    }

    public LatentStep<T> Observe(State<T> state, T action, T embedding, T noise)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        return Step(state, action, _ => _posterior(embedding), noise);
    }

    public FilteredSequence<T> ObserveSequence(RecordedSequence<T> sequence)
    {
        (int length, int rows) = (sequence.Actions.Size(0), sequence.Actions.Size(1));
        IDistribution<T> posterior = _latent.Distribution(_posterior(sequence.Embeddings));
        T latents = posterior.Sample(sequence.Noise([length, rows, _latent.Noise.Size]));                  // (T, B, S)
        T keep = sequence.Keep.Reshape(length, rows, 1);
        T first = sequence.Start[Latent].Reshape(1, rows, _latent.Size);
        T before = length == 1 ? first : first.Concat(latents.Slice(0, 0, length - 1), 0);                  // (T, B, S)
        T[] begun = Begun(sequence);                                                                        // T x (B)
        T tokens = Tokens(before.Detach() * keep, sequence.Actions).Transpose(1, 0, 2, 3);                  // (B, T, g, D)
        T earlier = T.Stack(begun).Transpose(1, 0).Reshape(rows, length, 1, 1);                             // (B, T, 1, 1)
        (T said, T[] keys, T[] values) = Pass(tokens, earlier, x => Drop(x, sequence.Noise));
        (T hidden, T cache) = (said.Transpose(1, 0, 2), Caches(keys, values, length));                      // (T, B, D), (T, B, ...)
        T position = T.Stack(begun).Detach() + _stepTokens;                                                 // (T, B)
        IDistribution<T> prior = _latent.Distribution(_prior.Forward(hidden));

        // A sequence begins with zeros, whatever its start says, as an episode does: nothing is foretold of its first latent.
        T foretold = sequence.Keep.Slice(0, 0, 1) * 0;
        if (length > 1)
            foretold = foretold.Concat(sequence.Keep.Slice(0, 1, length), 0);                               // (T, B)
        T Mean(T x) => (x * foretold).Sum() / foretold.Sum().Maximum(1);
        T entropy = posterior.Entropy.Mean() / (_config.Variables * Math.Log(_config.Classes));
        return new(
            new(Names, latents, hidden, cache, position.Cast(DType.Int64)),
            new Dictionary<string, T>
            {
                ["latent"] = Mean(-prior.LogProb(posterior.Mean.Detach())),
                ["consistency"] = Mean(-posterior.LogProb(prior.Mean.Detach())),
                ["entropy"] = (_config.EntropyFloor - entropy).Maximum(0),
            },
            new Dictionary<string, T> { ["kl"] = Mean(posterior.Kl(prior)), ["latent_entropy"] = entropy });
    }

    public T Attention(State<T> state, T action)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        (int last, int seen) = (_stepTokens - 1, _windowTokens - 1 + _stepTokens);
        T[] weights = [.. Look(state, action).Weights.Select(layer =>                                       // L x (B, H, g, m)
            layer.Slice(2, last, _stepTokens).Reshape(Axis.Keep, 1, _config.Heads, seen))];
        // Of what the step's tokens see together its last one, which foretells, does not see the first.
        return T.Concat(1, weights).Slice(3, last, seen)
            .Reshape(Axis.Keep, _config.Layers, _config.Heads, _config.Window, _stepTokens).Sum(-1);        // (B, L, H, W)
    }

    /// <summary>
    /// The step that <see cref="Imagine"/> takes, computed without the cache, from the latents and actions of the whole window: what the
    /// cache saves. In the first W steps of an episode it is the same; later on a cache knows more, since what its keys say was made where
    /// the window reached further back.
    /// </summary>
    /// <param name="latents">(B, W, S), at which the actions were taken, the newest last; those before the episode do not count.</param>
    /// <param name="actions">(B, W, A).</param>
    /// <param name="position">(B) Int64: tokens of the episode before the newest step's.</param>
    /// <param name="noise">(B, N).</param>
    /// <returns>Latent and hidden of the state, and what the latent was drawn from.</returns>
    public LatentStep<T> Recompute(T latents, T actions, T position, T noise)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        float[] ago = [.. Enumerable.Range(1, _config.Window).Select(step => (float)((_config.Window - step) * _stepTokens))];
        T before = position.Cast(DType.Float32).Reshape(Axis.Keep, 1, 1, 1) - _p.Constant("ago", ago, _config.Window, 1, 1);
        T said = Pass(Tokens(latents, actions), before, drop: y => y).Said;                                // (B, W, D)
        T hidden = said.Slice(1, _config.Window - 1, _config.Window).Reshape(Axis.Keep, _config.Width);    // (B, D)
        IDistribution<T> prior = _latent.Distribution(_prior.Forward(hidden));
        return new(new([Latent, Hidden], [prior.Sample(noise), hidden]), prior);
    }

    /// <summary>
    /// The pass over tokens (B, T, g, D) at once, before each step of which there were so many tokens in its episode, (B, T, 1, 1).
    /// </summary>
    /// <returns>What the last token of each step says, (B, T, D); keys and values of all tokens, L x (B, H, n, D / H).</returns>
    private (T Said, T[] Keys, T[] Values) Pass(T tokens, T before, Func<T, T> drop)
    {
        (int length, int count) = (tokens.Size(1), tokens.Size(1) * _stepTokens);
        T x = drop(tokens.Reshape(Axis.Keep, count, _config.Width));                                       // (B, n, D)
        T limits = Limits(count, count).Reshape(length, _stepTokens, count);
        T hidden = ((before > limits).Cast(DType.Float32) - 1) * Never;                                    // (B, T, g, n)
        AttentionMap<T> map = new(Distances(count, count), hidden.Reshape(Axis.Keep, 1, count, count));
        T[] keys = new T[_layers.Length], values = new T[_layers.Length];
        for (int layer = 0; layer < _layers.Length; layer++)
            (x, keys[layer], values[layer], _) = _layers[layer].Forward(x, map, past: null, drop);
        T said = x.Reshape(Axis.Keep, length, _stepTokens, _config.Width).Slice(2, _stepTokens - 1, _stepTokens);  // (B, T, 1, D)
        return (said.Reshape(Axis.Keep, length, _config.Width), keys, values);
    }

    /// <summary>The cache behind each step of a pass, through which nothing flows, (T, B, 2 L, H, M - 1, D / H).</summary>
    private T Caches(T[] keys, T[] values, int length)
    {
        T all = Side(keys, values).Detach();                                                               // (B, 2 L, H, n, D / H)
        T padding = (all.Slice(3, 0, 1) * 0).Expand(Axis.Keep, Axis.Keep, Axis.Keep, _windowTokens - 1, Axis.Keep);
        T padded = padding.Concat(all, 3);
        return T.Stack([.. Enumerable.Range(1, length).Select(step =>
            padded.Slice(3, step * _stepTokens, step * _stepTokens + _windowTokens - 1))]);
    }

    /// <summary>One step with the cache: its latent is drawn by logits that are made of what the transformer says, (B, D).</summary>
    private LatentStep<T> Step(State<T> state, T action, Func<T, T> logits, T noise)
    {
        (T said, T[] keys, T[] values, _) = Look(state, action);
        IDistribution<T> distribution = _latent.Distribution(logits(said));
        T added = Side(keys, values);                                                                      // (B, 2 L, H, g, D / H)
        T next = _windowTokens - 1 <= _stepTokens
            ? added.Slice(3, _stepTokens - (_windowTokens - 1), _stepTokens)
            : state[Cache].Slice(3, _stepTokens, int.MaxValue).Concat(added, 3);
        return new(new(Names, distribution.Sample(noise), said, next, Later(state[Position])), distribution);
    }

    /// <summary>The pass over the tokens of one step, which see those of the cache.</summary>
    /// <returns>
    /// What the last token says, (B, D); of each layer keys and values of all, (B, H, g, D / H), and how much they look at each of those
    /// that any of them may see, (B, H, g, m).
    /// </returns>
    private (T Said, T[] Keys, T[] Values, T[] Weights) Look(State<T> state, T action)
    {
        T x = Tokens(state[Latent], action);                                                               // (B, g, D)
        int seen = _windowTokens - 1 + _stepTokens;
        T before = state[Position].Cast(DType.Float32).Reshape(Axis.Keep, 1, 1);                           // (B, 1, 1)
        T hidden = ((before > Limits(_stepTokens, seen)).Cast(DType.Float32) - 1) * Never;                  // (B, g, m)
        AttentionMap<T> map = new(Distances(_stepTokens, seen), hidden.Reshape(Axis.Keep, 1, _stepTokens, seen));
        T[] keys = new T[_layers.Length], values = new T[_layers.Length], weights = new T[_layers.Length];
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            (T, T) past = (Cached(state[Cache], layer), Cached(state[Cache], _layers.Length + layer));
            (x, keys[layer], values[layer], weights[layer]) = _layers[layer].Forward(x, map, past, drop: y => y);
        }
        return (x.Slice(1, _stepTokens - 1, _stepTokens).Reshape(Axis.Keep, _config.Width), keys, values, weights);
    }

    /// <summary>The position after a step's tokens, exact below 2^24.</summary>
    private T Later(T position) => (position.Cast(DType.Float32) + _stepTokens).Cast(DType.Int64);

    /// <summary>Keys or values of a layer, (B, H, M - 1, D / H).</summary>
    private T Cached(T cache, int part) => cache.Slice(1, part, part + 1).Reshape(
        Axis.Keep, _config.Heads, _windowTokens - 1, _config.HeadSize);

    /// <summary>Keys, then values of all layers, each (B, H, n, D / H), side by side: (B, 2 L, H, n, D / H).</summary>
    private T Side(T[] keys, T[] values) => T.Concat(1, [.. keys.Concat(values).Select(part =>
        part.Reshape(Axis.Keep, 1, _config.Heads, part.Size(2), _config.HeadSize))]);

    /// <summary>Latents (..., S) and actions (..., A) to the tokens of their step, (..., g, D).</summary>
    private T Tokens(T latents, T actions)
    {
        (T latent, T action) = (_latentToken(latents), _actionToken(actions));
        if (_config.Tokens == TokenForm.Stack)
            return Apart(latent).Concat(Apart(action), -2);
        return Apart(_config.Tokens == TokenForm.Add ? latent + action : latent.Concat(action));

        T Apart(T x) => x.Rank == 2 ? x.Reshape(Axis.Keep, 1, x.Size(-1)) : x.Reshape(Axis.Keep, Axis.Keep, 1, x.Size(-1));
    }

    /// <summary>Tokens of the episode before each step, T x (B).</summary>
    private T[] Begun(RecordedSequence<T> sequence)
    {
        T[] keep = T.Unstack(sequence.Keep);
        T[] begun = new T[keep.Length];
        for (int t = 0; t < begun.Length; t++)
            begun[t] = t == 0 ? keep[0] * 0 : (begun[t - 1] + _stepTokens) * keep[t];
        return begun;
    }

    /// <summary>Distances of the last n of m tokens to all of them, (n, m), those that are never seen as 0.</summary>
    private T Distances(int n, int m)
    {
        float[] distances = new float[n * m];
        for (int i = 0; i < distances.Length; i++)
            distances[i] = m - n + i / m - i % m is >= 0 and int distance && distance < _windowTokens ? distance : 0;
        return _p.Constant($"distances_{n}_{m}", distances, n, m).Cast(DType.Int64);
    }

    /// <summary>
    /// How many tokens have to be in the episode before a step for each of its tokens to see another one, (n, m): rows are the last n of m
    /// tokens, which are whole steps. Where a step has two tokens and the window four, of the newest step (n = 2, m = 5):
    /// <code>
    ///           3 ago   2 ago   1 ago   latent   action
    /// latent      2       1       0      -1      never
    /// action    never     1       0      -1       -2
    /// </code>
    /// </summary>
    private T Limits(int n, int m)
    {
        float[] limits = new float[n * m];
        for (int i = 0; i < limits.Length; i++)
        {
            int row = i / m, distance = m - n + row - i % m;
            limits[i] = distance < 0 || distance >= _windowTokens ? (float)Never : distance - row % _stepTokens - 1;
        }
        return _p.Constant($"limits_{n}_{m}", limits, n, m);
    }

    /// <summary>
    /// Dropout (Srivastava et al. 2014) by noise that is drawn as the latents' is, so that a run that goes on drops the same.
    /// </summary>
    private T Drop(T x, Func<int[], T> gumbel)
    {
        if (_config.Dropout == 0)
            return x;
        int[] shape = [.. Enumerable.Range(0, x.Rank).Select(x.Size)];
        T kept = (gumbel(shape) > -Math.Log(-Math.Log(_config.Dropout))).Cast(DType.Float32);
        return x * kept / (1 - _config.Dropout);
    }

    /// <summary>Sines, then cosines, of distances (M, D) (Vaswani et al. 2017).</summary>
    private float[] Waves()
    {
        int half = _config.Width / 2;
        float[] waves = new float[_windowTokens * _config.Width];
        for (int distance = 0; distance < _windowTokens; distance++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = distance / Math.Pow(10000, (double)i / half);
                waves[distance * _config.Width + i] = (float)Math.Sin(angle);
                waves[distance * _config.Width + half + i] = (float)Math.Cos(angle);
            }
        }
        return waves;
    }
}
