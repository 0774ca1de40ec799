namespace WorldModels.Models;

/// <summary>
/// G independent draws among C classes each, one-hot and side by side: a value is (..., G C). Draws carry the gradient of their
/// probabilities straight through (Bengio et al. 2013; Hafner et al. 2021, algorithm 1).
/// </summary>
/// <param name="logits">Unnormalised log probabilities, (..., G C).</param>
/// <param name="groups">G.</param>
/// <param name="normalised">Whether the logits are the logarithms of probabilities already.</param>
public sealed class OneHot<T>(T logits, int groups = 1, bool normalised = false) : IDistribution<T> where T : ITensor<T>
{
    /// <summary>Unnormalised log probabilities, (..., G C).</summary>
    public T Logits => logits;

    public IReadOnlyList<T> Parameters => [logits];

    public T Mean => Unfold(Probabilities);

    public T Mode
    {
        get
        {
            T folded = Fold(logits);
            return Unfold(folded.ArgMax(-1).OneHot(folded.Size(-1)));
        }
    }

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new OneHot<T>(parameters[0], groups, normalised);

    /// <summary>noise: Gumbel, (..., G C).</summary>
    public T Sample(T noise)
    {
        T folded = Fold(logits);
        return Unfold(T.StraightThrough(folded.SampleCategorical(Fold(noise)).OneHot(folded.Size(-1)), () => Probabilities));
    }

    public T LogProb(T value) => Total(LogProbabilities * Fold(value));

    public T Entropy
    {
        get
        {
            T log = LogProbabilities;                                                               // (..., G, C)
            return -Total(log.Exp() * log);
        }
    }

    public T Kl(IDistribution<T> other)
    {
        if (other is not OneHot<T> prior)
            throw new NotSupportedException($"A one-hot distribution is compared with another one, not with {other.GetType().Name}.");
        T log = LogProbabilities;                                                                   // (..., G, C)
        return Total(log.Exp() * (log - prior.LogProbabilities));
    }

    /// <summary>
    /// Logits of a mixture with the uniform distribution, (1 - share) p + share / C, so that no class is ever ruled out (Hafner et al. 2023,
    /// "unimix").
    /// </summary>
    /// <param name="logits">(..., G C).</param>
    /// <param name="groups">G.</param>
    /// <param name="share">The uniform distribution's share; 0 gives the logits as they are.</param>
    public static OneHot<T> Mixed(T logits, int groups, double share)
    {
        if (share == 0)
            return new(logits, groups);
        OneHot<T> raw = new OneHot<T>(logits, groups);
        T probabilities = raw.Fold(logits).Softmax(-1);                                             // (..., G, C)
        return new(raw.Unfold((probabilities * (1 - share) + share / probabilities.Size(-1)).Log()), groups, normalised: true);
    }

    private T LogProbabilities => normalised ? Fold(logits) : Fold(logits).LogSoftmax(-1);          // (..., G, C)

    private T Probabilities => normalised ? Fold(logits).Exp() : Fold(logits).Softmax(-1);          // (..., G, C)

    /// <summary>(..., G C) to (..., G, C).</summary>
    private T Fold(T x)
    {
        if (groups == 1)
            return x;
        Span<int> shape = stackalloc int[x.Rank + 1];   // leading axes stay: Axis.Keep is 0
        (shape[^2], shape[^1]) = (groups, x.Size(-1) / groups);
        return x.Reshape(shape);
    }

    /// <summary>(..., G, C) to (..., G C).</summary>
    private T Unfold(T x)
    {
        if (groups == 1)
            return x;
        Span<int> shape = stackalloc int[x.Rank - 1];
        shape[^1] = groups * x.Size(-1);
        return x.Reshape(shape);
    }

    private T Total(T x) => groups == 1 ? x.Sum(-1) : x.Reduce(Reduction.Sum, false, -2, -1);
}

/// <summary>A draw of 0 or 1: a value is (...).</summary>
/// <param name="logit">Of 1, (...).</param>
public sealed class Bernoulli<T>(T logit) : IDistribution<T> where T : ITensor<T>
{
    public IReadOnlyList<T> Parameters => [logit];

    /// <summary>The probability of 1.</summary>
    public T Mean => logit.Sigmoid();

    public T Mode => (logit > 0).Cast(DType.Float32);

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new Bernoulli<T>(parameters[0]);

    /// <summary>noise: the difference of two standard Gumbel draws (logistic), (...).</summary>
    public T Sample(T noise) => (logit + noise > 0).Cast(DType.Float32);

    /// <summary>Values between 0 and 1 are soft labels: the negative cross-entropy to them.</summary>
    public T LogProb(T value) => value * logit - logit.Softplus();
}
