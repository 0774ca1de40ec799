namespace WorldModels.Models;

/// <summary>The critic of Dreamer V1 (Hafner et al. 2020, appendix A): a state's feature to the value of being there.</summary>
/// <param name="p">Path of its parameters.</param>
/// <param name="feature">Size of a state's feature (F).</param>
/// <param name="layers">Hidden layers.</param>
/// <param name="activation">Their activation.</param>
public sealed class Critic<T>(Parameters<T> p, int feature, MlpConfig layers, Unary activation) where T : ITensor<T>
{
    private readonly Mlp<T> _network = new(p, feature, layers, 1, activation);

    /// <summary>Features (N, F) to the value (N), which includes the reward on arrival.</summary>
    public IDistribution<T> Forward(T features) => new UnitNormal<T>(_network.Forward(features).Reshape(Axis.Keep), axes: 0);
}
