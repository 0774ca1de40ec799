namespace WorldModels.Models;

/// <summary>Which tokens see which, and how far apart they are.</summary>
/// <param name="Distances">(n, m) Int64, of each token that looks to each that may be seen, between 0 and the window.</param>
/// <param name="Hidden">(B, 1, n, m): 0 where a token is seen, very negative where it is not; added to scores.</param>
internal readonly record struct AttentionMap<T>(T Distances, T Hidden) where T : ITensor<T>;

/// <summary>One layer of a transformer: attention among tokens, then a feed-forward part, each added to what comes in.</summary>
internal sealed class TransformerLayer<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-5;

    private readonly Parameters<T> _p;
    private readonly TransformerConfig _config;
    private readonly Func<T, T> _query, _key, _value, _output;
    private readonly Linear<T> _inner, _outer;
    private readonly (T Gain, T Bias) _attentionNorm, _feedForwardNorm;
    private readonly T _distances;              // (W, D) of the GPT's, (D, D) of the Transformer-XL's
    private readonly Sinusoids? _sinusoids;

    /// <summary>What all layers of a Transformer-XL share: sinusoids of the distances (W, D), u and v (D).</summary>
    internal sealed record Sinusoids(T Waves, T U, T V);

    /// <param name="p">Path of the layer.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="sinusoids">Of a Transformer-XL.</param>
    public TransformerLayer(Parameters<T> p, TransformerConfig config, Sinusoids? sinusoids)
    {
        (_p, _config, _sinusoids) = (p, config, sinusoids);
        int width = config.Width;
        (_query, _key, _value, _output) = (Projection("query"), Projection("key"), Projection("value"), Projection("output"));
        _distances = sinusoids is null
            ? p.Get("distances", [config.Window * config.TokensOfStep, width], Init.Normal(1))
            : p.Get("distances", [width, width], Init.Glorot(width, width));
        _inner = new(p["inner"], width, config.FeedForward, Init.Glorot(width, config.FeedForward), Init.Zeros);
        _outer = new(p["outer"], config.FeedForward, width, Init.Glorot(config.FeedForward, width), Init.Zeros);
        (_attentionNorm, _feedForwardNorm) = (Norm("attention_norm"), Norm("feed_forward_norm"));

        Func<T, T> Projection(string name)
        {
            if (config.Form == TransformerForm.Gpt)
                return new Linear<T>(p[name], width, width, Init.Glorot(width, width), Init.Zeros).Forward;
            T weight = p[name].Get("weight", [width, width], Init.Glorot(width, width));
            return x => x.Linear(weight);
        }

        (T, T) Norm(string name) => (p[name].Get("gain", [width], Init.Ones), p[name].Get("bias", [width], Init.Zeros));
    }

    /// <summary>
    /// Tokens (B, n, D) to the same, to their keys and values, (B, H, n, D / H) each, and to how much each looked at each of those that
    /// there are, (B, H, n, m).
    /// </summary>
    /// <param name="x">The tokens.</param>
    /// <param name="map">What they see.</param>
    /// <param name="past">Keys and values of tokens before them, (B, H, m - n, D / H); null: there are none.</param>
    /// <param name="drop">What happens to the results of both parts.</param>
    public (T Tokens, T Keys, T Values, T Weights) Forward(T x, AttentionMap<T> map, (T Keys, T Values)? past, Func<T, T> drop)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        bool first = _config.Form == TransformerForm.Gpt;
        T read = first ? Normalise(x, _attentionNorm) : x;
        (T query, T key, T value) = (_query(read), Heads(_key(read)), Heads(_value(read)));
        (T seen, T weights) = past is { } before
            ? Attend(query, before.Keys.Concat(key, 2), before.Values.Concat(value, 2), map) : Attend(query, key, value, map);
        x = x + drop(_output(seen));                                                                    // (B, n, D)
        if (!first)
            x = Normalise(x, _attentionNorm);
        T inner = _inner.Forward(first ? Normalise(x, _feedForwardNorm) : x).Apply(_config.FeedForwardActivation);
        x = x + drop(_outer.Forward(inner));
        return (first ? x : Normalise(x, _feedForwardNorm), key, value, weights);
    }

    /// <summary>
    /// Queries (B, n, D), keys and values (B, H, m, D / H) to what is seen, (B, n, D), and by which weights, (B, H, n, m), which sum to 1.
    /// </summary>
    private (T Seen, T Weights) Attend(T query, T keys, T values, AttentionMap<T> map)
    {
        (T byContent, T byDistance, T table, double scale) = _sinusoids is { } s
            ? (Heads(query + s.U), Heads(query + s.V), s.Waves.Linear(_distances), 1 / Math.Sqrt(_config.Width))
            : (Heads(query / Math.Sqrt(_config.HeadSize)), Heads(query), _distances, 1);
        (int n, int m) = (map.Distances.Size(0), map.Distances.Size(1));
        T vectors = table.Gather(map.Distances).Reshape(n, m, _config.Heads, _config.HeadSize).Transpose(2, 0, 3, 1);   // (H, n, D / H, m)
        T distance = byDistance.Transpose(1, 2, 0, 3).MatMul(vectors).Transpose(2, 0, 1, 3);            // (B, H, n, m)
        T scores = byContent.MatMul(keys.Transpose(0, 1, 3, 2)) + distance;                             // (B, H, n, m)
        if (scale != 1)
            scores = scores * scale;
        T weights = (scores + map.Hidden).Softmax(-1);                                                  // (B, H, n, m)
        T seen = weights.MatMul(values);                                                                // (B, H, n, D / H)
        return (seen.Transpose(0, 2, 1, 3).Reshape(Axis.Keep, n, _config.Width), weights);
    }

    /// <summary>(B, n, D) to (B, H, n, D / H).</summary>
    private T Heads(T x) => x.Reshape(Axis.Keep, x.Size(1), _config.Heads, _config.HeadSize).Transpose(0, 2, 1, 3);

    private static T Normalise(T x, (T Gain, T Bias) norm) => x.LayerNorm(norm.Gain, norm.Bias, Epsilon);
}
