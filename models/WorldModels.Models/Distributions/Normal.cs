namespace WorldModels.Models;

/// <summary>Independent normal numbers: a value is (..., S).</summary>
/// <param name="mean">(..., S).</param>
/// <param name="std">Standard deviations, (..., S).</param>
public sealed class Normal<T>(T mean, T std) : IDistribution<T> where T : ITensor<T>
{
    /// <summary>Half the logarithm of two pi.</summary>
    internal static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);

    public IReadOnlyList<T> Parameters => [mean, std];

    public T Mean => mean;

    public T Mode => mean;

    /// <summary>Standard deviations, (..., S).</summary>
    public T Std => std;

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new Normal<T>(parameters[0], parameters[1]);

    public T Sample(T noise) => mean.SampleNormal(std, noise);

    public T LogProb(T value) => (((value - mean) / std).Square() * -0.5 - std.Log() - HalfLogTwoPi).Sum(-1);

    public T Entropy => (std.Log() + (HalfLogTwoPi + 0.5)).Sum(-1);

    public T Kl(IDistribution<T> other)
    {
        if (other is not Normal<T> prior)
            throw new NotSupportedException($"A normal distribution is compared with another one, not with {other.GetType().Name}.");
        T ratio = std / prior.Std;                                                                  // (..., S)
        return (0.5 * (ratio.Square() + ((mean - prior.Mean) / prior.Std).Square() - 1) - ratio.Log()).Sum(-1);
    }
}

/// <summary>
/// Independent normal numbers of unit variance, what a regression head says. Its log density is up to its constant, which nothing learns
/// from: half the negative squared error.
/// </summary>
/// <param name="mean">(...) where <paramref name="axes"/> is 0, else (..., a value's axes).</param>
/// <param name="axes">Axes of a value, over which log densities are summed.</param>
public sealed class UnitNormal<T>(T mean, int axes) : IDistribution<T> where T : ITensor<T>
{
    public IReadOnlyList<T> Parameters => [mean];

    public T Mean => mean;

    public T Mode => mean;

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new UnitNormal<T>(parameters[0], axes);

    public T Sample(T noise) => mean + noise;

    public T LogProb(T value)
    {
        T squares = (mean - value).Square();
        return -0.5 * (axes == 0 ? squares : squares.Reduce(Reduction.Sum, false, [.. Enumerable.Range(-axes, axes)]));
    }
}

/// <summary>
/// Independent normal numbers whose draws are clipped to [-1, 1]; gradients pass the clip as if it were not there. Densities and the entropy
/// are those of the normal numbers.
/// </summary>
/// <param name="mean">(..., A).</param>
/// <param name="std">Standard deviations, (..., A).</param>
public sealed class ClippedNormal<T>(T mean, T std) : IDistribution<T> where T : ITensor<T>
{
    private readonly Normal<T> _normal = new(mean, std);

    public IReadOnlyList<T> Parameters => [mean, std];

    public T Mean => mean;

    public T Mode => mean;

    public T Entropy => _normal.Entropy;

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new ClippedNormal<T>(parameters[0], parameters[1]);

    public T Sample(T noise)
    {
        T drawn = _normal.Sample(noise);                                                            // (..., A)
        return T.StraightThrough(drawn.Clamp(-1, 1), () => drawn);
    }

    public T LogProb(T value) => _normal.LogProb(value);
}

/// <summary>tanh(x) of independent normal x: numbers in (-1, 1), a value is (..., A).</summary>
/// <param name="mean">Of x, (..., A).</param>
/// <param name="std">Standard deviations of x, (..., A).</param>
public sealed class TanhNormal<T>(T mean, T std) : IDistribution<T> where T : ITensor<T>
{
    public IReadOnlyList<T> Parameters => [mean, std];

    /// <summary>Mean of x before the squash, (..., A).</summary>
    public T NormalMean => mean;

    /// <summary>Standard deviation of x before the squash, (..., A).</summary>
    public T NormalStd => std;

    /// <summary>The squashed mean of x: not quite the mean of the squashed x, which has no closed form.</summary>
    public T Mean => mean.Tanh();

    /// <summary>The squashed mean of x, which a sample without noise is.</summary>
    public T Mode => mean.Tanh();

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new TanhNormal<T>(parameters[0], parameters[1]);

    public T Sample(T noise) => mean.SampleNormal(std, noise).Tanh();

    /// <summary>Values are taken back through the squash, which rounds those near -1 and 1 away: where there is noise, use that.</summary>
    public T LogProb(T value)
    {
        T inside = value.Clamp(-1 + 1e-6, 1 - 1e-6);
        return LogProbBeforeSquash(0.5 * ((1 + inside).Log() - (1 - inside).Log()));
    }

    public T LogProbOfSample(T noise) => LogProbBeforeSquash(mean.SampleNormal(std, noise));

    /// <summary>
    /// Log density of tanh(x); the logarithm of the squash's slope is 2 (ln 2 - x - softplus(-2x)), which does not overflow.
    /// </summary>
    private T LogProbBeforeSquash(T x)
    {
        T normal = ((x - mean) / std).Square() * -0.5 - std.Log() - Normal<T>.HalfLogTwoPi;         // (..., A)
        return (normal - 2 * (Math.Log(2) - x - (-2 * x).Softplus())).Sum(-1);
    }
}
