namespace WorldModels.Models;

/// <summary>The stochastic variables of a latent state: what a layer's numbers say of them.</summary>
internal interface ILatent<T> where T : ITensor<T>
{
    /// <summary>Numbers in a value.</summary>
    int Size { get; }

    /// <summary>Numbers that a distribution is made from.</summary>
    int Statistics { get; }

    /// <summary>The noise of a draw.</summary>
    NoiseSpec Noise { get; }

    /// <summary>The distribution that (..., Statistics) say.</summary>
    IDistribution<T> Distribution(T statistics);
}

/// <summary>Gaussian numbers whose standard deviations have a lower bound (Hafner et al. 2019).</summary>
internal sealed class GaussianLatent<T>(int size, double minimumStd) : ILatent<T> where T : ITensor<T>
{
    public int Size => size;

    public int Statistics => 2 * size;

    public NoiseSpec Noise => new(NoiseDistribution.Gaussian, size, size);

    public IDistribution<T> Distribution(T statistics)
    {
        T[] parts = statistics.Split(-1, size, size);                           // 2 x (..., S)
        return new Normal<T>(parts[0], parts[1].Softplus() + minimumStd);
    }
}

/// <summary>One-hot variables, S draws among C classes side by side (Hafner et al. 2021, section 2).</summary>
internal sealed class CategoricalLatent<T>(int variables, int classes, double unimix) : ILatent<T> where T : ITensor<T>
{
    public int Size => variables * classes;

    public int Statistics => Size;

    public NoiseSpec Noise => new(NoiseDistribution.Gumbel, Size, variables);

    public IDistribution<T> Distribution(T statistics) => OneHot<T>.Mixed(statistics, variables, unimix);
}
