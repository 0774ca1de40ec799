namespace WorldModels.Models;

/// <summary>
/// A vector (..., S) of a mixture of K normal distributions (Bishop 1994). Either each number has a mixture of its own, independent of the
/// others (Ha and Schmidhuber 2018, appendix), or all numbers are of one component, so that a draw is of one kind as a whole.
/// </summary>
/// <param name="logits">Of the weights: (..., S, K), of each number's mixture; (..., 1, K), of the one for all.</param>
/// <param name="means">(..., S, K).</param>
/// <param name="logStds">Logarithms of the standard deviations, (..., S, K).</param>
public sealed class GaussianMixture<T>(T logits, T means, T logStds) : IDistribution<T> where T : ITensor<T>
{
    public IReadOnlyList<T> Parameters => [logits, means, logStds];

    /// <summary>Logits of the mixtures' weights, (..., S or 1, K).</summary>
    public T Logits => logits;

    public T Mean => (logits.Softmax(-1) * means).Sum(-1);

    /// <summary>The mean of the likeliest component: near the mode where components are apart.</summary>
    public T Mode => Of(Choice(logits), means);

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new GaussianMixture<T>(parameters[0], parameters[1], parameters[2]);

    /// <summary>
    /// The mixture at a temperature tau (..., 1, 1): logits are divided by it, variances multiplied. Below 1 it is surer than it has learnt
    /// to be, above 1 less sure.
    /// </summary>
    public GaussianMixture<T> At(T temperature) => new(logits / temperature, means, logStds + 0.5 * temperature.Log());

    /// <summary>
    /// A draw; noise (..., S, K + 1): K Gumbel numbers, which choose a component (one for all: the first row's), and a normal one.
    /// </summary>
    public T Sample(T noise)
    {
        int components = logits.Size(-1), choices = logits.Size(-2), numbers = means.Size(-2);
        T[] parts = noise.Split(-1, components, 1);                                                 // (..., S, K), (..., S, 1)
        T gumbel = choices == numbers ? parts[0] : parts[0].Split(-2, choices, numbers - choices)[0];
        return Sample(gumbel, parts[1].Sum(-1));
    }

    /// <summary>A draw with Gumbel noise as the logits, which chooses components, and normal noise (..., S).</summary>
    public T Sample(T gumbel, T gaussian)
    {
        T choice = Choice(logits + gumbel);                                                         // (..., S or 1, K)
        return Of(choice, means).SampleNormal(Of(choice, logStds).Exp(), gaussian);
    }

    /// <summary>Log density (...), summed over the S numbers.</summary>
    public T LogProb(T value)
    {
        int[] column = [.. Enumerable.Repeat(Axis.Keep, value.Rank), 1];
        T normal = ((value.Reshape(column) - means) * (-logStds).Exp()).Square() * -0.5 - logStds - Normal<T>.HalfLogTwoPi;
        if (logits.Size(-2) < means.Size(-2))
            normal = normal.Sum(-2, keep: true);                                                    // (..., 1, K)
        T joint = logits.LogSoftmax(-1) + normal;                                                   // (..., S or 1, K)
        T largest = joint.Max(-1, keep: true).Detach();                                             // (..., S or 1, 1)
        return ((joint - largest).Exp().Sum(-1).Log() + largest.Sum(-1)).Sum(-1);
    }

    private static T Choice(T perturbed) => perturbed.ArgMax(-1).OneHot(perturbed.Size(-1));

    private static T Of(T choice, T values) => (choice * values).Sum(-1);                           // (..., S)
}
