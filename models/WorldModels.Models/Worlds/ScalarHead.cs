namespace WorldModels.Models;

/// <summary>Sizes of a <see cref="ScalarHead{T}"/>.</summary>
/// <param name="Layers">Hidden layers.</param>
/// <param name="Activation">Their activation.</param>
/// <param name="Bins">The places of a two-hot number (DreamerV3), which begins as 0; null: a normal one of unit variance.</param>
/// <param name="Reads">What it reads of a feature; null: all of it.</param>
public sealed record ScalarHeadConfig(MlpConfig Layers, Unary Activation, TwoHotBins? Bins = null, FeaturePart? Reads = null);

/// <summary>A number about a state: the reward on arriving there, or, as a critic, the value of being there.</summary>
public sealed class ScalarHead<T> where T : ITensor<T>
{
    private readonly Mlp<T> _network;
    private readonly FeaturePart? _reads;
    private readonly Func<T, IDistribution<T>> _distribution;

    /// <param name="p">Path of its parameters.</param>
    /// <param name="feature">Size of a state's feature (F).</param>
    /// <param name="config">Sizes.</param>
    public ScalarHead(Parameters<T> p, int feature, ScalarHeadConfig config)
    {
        _reads = config.Reads;
        int read = _reads.SizeOf(feature);
        if (config.Bins is not { } bins)
        {
            _network = new(p, read, config.Layers, 1, config.Activation);
            _distribution = output => new UnitNormal<T>(output.Reshape(Axis.Keep), axes: 0);
            return;
        }
        _network = new(p, read, config.Layers, bins.Count, config.Activation, outputScale: 0);
        T places = p.Constant("bins", bins.Places(), bins.Count);
        _distribution = output => new TwoHot<T>(output, places);
    }

    /// <summary>Features (N, F) to a number each (N).</summary>
    public IDistribution<T> Forward(T features) => _distribution(_network.Forward(_reads.Of(features)));
}
