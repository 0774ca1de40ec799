namespace WorldModels.Models;

/// <summary>How observations are measured inside a world.</summary>
public interface IObservationScale<T> where T : ITensor<T>
{
    /// <summary>(..., O) in the environment's units to those of the world.</summary>
    T Forward(T x);

    /// <summary>The inverse.</summary>
    T Backward(T x);
}

/// <summary>Takes observations to zero mean and unit variance and back, by statistics that are kept with the weights, not learnt.</summary>
public sealed class Standardizer<T> : IObservationScale<T> where T : ITensor<T>
{
    /// <summary>Name of the means' parameter below this class's path.</summary>
    public const string MeanName = "mean";

    /// <summary>Name of the standard deviations' parameter.</summary>
    public const string StdName = "std";

    private readonly T _mean, _std;

    public Standardizer(Parameters<T> p, int size, Init mean)
    {
        _mean = p.Get(MeanName, [size], mean);
        _std = p.Get(StdName, [size], Init.Ones);
    }

    public T Forward(T x) => (x - _mean) / _std;

    public T Backward(T x) => x * _std + _mean;
}

/// <summary>Squashes large numbers by symlog, whatever the environment (DreamerV3).</summary>
public sealed class SymlogScale<T> : IObservationScale<T> where T : ITensor<T>
{
    public T Forward(T x) => x.SymLog();

    public T Backward(T x) => x.SymExp();
}

/// <summary>
/// Centres images of 0..1, whose pixels all have the same scale: one that never changes cannot be blown up. Numbers behind them have a
/// scale of their own.
/// </summary>
/// <param name="image">Numbers in an image (I).</param>
/// <param name="numbers">How the numbers behind it are measured; null: there are none.</param>
public sealed class CentredPixels<T>(int image, IObservationScale<T>? numbers) : IObservationScale<T> where T : ITensor<T>
{
    private const double Middle = 0.5;

    public T Forward(T x) => numbers is null ? x - Middle : Of(x, part => part - Middle, numbers.Forward);

    public T Backward(T x) => numbers is null ? x + Middle : Of(x, part => part + Middle, numbers.Backward);

    private T Of(T x, Func<T, T> ofImage, Func<T, T> ofNumbers) =>
        ofImage(x.Slice(-1, 0, image)).Concat(ofNumbers(x.Slice(-1, image, int.MaxValue)));
}
