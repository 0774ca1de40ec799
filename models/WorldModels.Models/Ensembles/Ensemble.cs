namespace WorldModels.Models;

/// <summary>
/// K one-step models of a latent world (Sekar et al. 2020, section 3): a state's feature and the action taken there to something of the
/// state that follows. Where they have learnt they agree; where they have not, their different first weights and different data keep them
/// apart, which is what an explorer seeks. All members are computed at once, one batched product a layer.
/// </summary>
public sealed class Ensemble<T> where T : ITensor<T>
{
    // Keeps the slope of the root finite where all members say the same.
    private const double LeastVariance = 1e-12;

    private readonly Parameters<T> _p;
    private readonly EnsembleConfig _config;
    private readonly GroupedLinear<T>[] _layers;

    public Ensemble(Parameters<T> p, EnsembleConfig config)
    {
        (_p, _config) = (p, config);
        _layers = new GroupedLinear<T>[config.Layers.Layers + 1];
        int inputs = config.Reads.SizeOf(config.Feature);
        for (int layer = 0; layer < config.Layers.Layers; layer++, inputs = config.Layers.Units)
            _layers[layer] = Layer(p[$"hidden{layer}"], inputs + (SeesAction(layer) ? config.Actions : 0), config.Layers.Units);
        _layers[^1] = Layer(p["output"], inputs + (SeesAction(config.Layers.Layers) ? config.Actions : 0), config.Outputs);
    }

    /// <summary>What each member says: features (B, F) and actions (B, A) to (K, B, O).</summary>
    public T Forward(T feature, T action) => ForwardEach(
        feature.Reshape(1, Axis.Rest, _config.Feature), action.Reshape(1, Axis.Rest, _config.Actions));

    /// <summary>
    /// The same where each member has rows of its own: (K, N, F) and (K, N, A) to (K, N, O); 1 in place of K: the same rows.
    /// </summary>
    public T ForwardEach(T feature, T action)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = _config.Reads.Of(feature);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            if (SeesAction(layer))
                x = x.Concat(layer == 0 ? action : action.Expand(_config.Members, Axis.Keep, Axis.Keep));
            x = _layers[layer].Forward(x);                                                              // (K, N, units)
            if (layer < _layers.Length - 1)
                x = x.Apply(_config.Activation);
        }
        return x;
    }

    /// <summary>How far the members are apart at features (B, F) and actions (B, A), times the scale: (B).</summary>
    public T Disagreement(T feature, T action) => Disagreement(Forward(feature, action));

    /// <summary>How far what the members say, (K, B, O), is apart: (B). Variances are of the K values themselves, not estimates.</summary>
    public T Disagreement(T said)
    {
        T variance = (said - said.Mean(0, keep: true)).Square().Mean(0);                                // (B, O)
        T spread = _config.Form == DisagreementForm.Variance ? variance : (variance + LeastVariance).Sqrt();
        return spread.Mean(-1) * _config.Scale;
    }

    // Where there is no hidden layer, the output is the first.
    private bool SeesAction(int layer) => layer == 0 || (_config.ActionAtEveryLayer && layer < _config.Layers.Layers);

    private GroupedLinear<T> Layer(Parameters<T> p, int inputs, int outputs) =>
        new(p, _config.Members, inputs, outputs, Init.Glorot(inputs, outputs));
}
