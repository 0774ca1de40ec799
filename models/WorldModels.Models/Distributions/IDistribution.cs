namespace WorldModels.Models;

/// <summary>
/// What a head or a latent variable says: a distribution, over whose rows (...) everything is computed at once. A loss is
/// <c>-LogProb(target)</c>; an export is the <see cref="Mode"/> or a <see cref="Sample"/>.
/// </summary>
public interface IDistribution<T> where T : ITensor<T>
{
    /// <summary>The tensors that it is made of.</summary>
    IReadOnlyList<T> Parameters { get; }

    /// <summary>A distribution of this family with other parameters, in the order of <see cref="Parameters"/>.</summary>
    IDistribution<T> With(IReadOnlyList<T> parameters);

    /// <summary>The most likely value.</summary>
    T Mode { get; }

    /// <summary>The expected value.</summary>
    T Mean { get; }

    /// <summary>A draw, a function of noise of the value's size; zero noise gives the mode.</summary>
    T Sample(T noise);

    /// <summary>Log probability (...), or density, of a value.</summary>
    T LogProb(T value);

    /// <summary>Log probability (...) of what <see cref="Sample"/> draws with this noise.</summary>
    T LogProbOfSample(T noise) => LogProb(Sample(noise));

    /// <summary>Entropy (...), in nats.</summary>
    /// <exception cref="NotSupportedException">It has no closed form.</exception>
    T Entropy => throw new NotSupportedException($"The entropy of {GetType().Name} has no closed form here.");

    /// <summary>KL(this || other), (...), in nats.</summary>
    /// <exception cref="NotSupportedException">There is no closed form for the two.</exception>
    T Kl(IDistribution<T> other) => throw new NotSupportedException(
        $"The divergence of {GetType().Name} and {other.GetType().Name} has no closed form here.");
}

/// <summary>What holds of every distribution.</summary>
public static class DistributionExtensions
{
    extension<T>(IDistribution<T> distribution) where T : ITensor<T>
    {
        /// <summary>The same distribution with a function of every parameter in its place.</summary>
        public IDistribution<T> Map(Func<T, T> f) => distribution.With([.. distribution.Parameters.Select(f)]);

        /// <summary>The same distribution, through which no gradient flows.</summary>
        public IDistribution<T> Detach() => distribution.Map(parameter => parameter.Detach());
    }

    /// <summary>Several distributions of one family as one with a new first axis: T of (B, ...) to (T, B, ...).</summary>
    public static IDistribution<T> Stack<T>(this IReadOnlyList<IDistribution<T>> distributions) where T : ITensor<T> =>
        distributions[0].With([.. distributions[0].Parameters.Select((_, i) =>
            T.Stack([.. distributions.Select(distribution => distribution.Parameters[i])]))]);
}
