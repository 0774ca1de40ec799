namespace WorldModels.Models;

/// <summary>
/// The places over which a <see cref="TwoHot{T}"/> lays a number: symexp of equal steps (DreamerV3, "two-hot"), so that they are dense
/// about zero and reach far.
/// </summary>
/// <param name="Count">How many, an odd number.</param>
/// <param name="Limit">The last one, before symexp.</param>
public sealed record TwoHotBins(int Count, double Limit)
{
    /// <summary>The place of each class: zero, then the positive ones from the nearest on, then their mirror images.</summary>
    public float[] Places()
    {
        int half = Count / 2;
        float[] places = new float[Count];
        for (int i = 1; i <= half; i++)
        {
            places[i] = (float)(Math.Exp(Limit * i / half) - 1);
            places[half + i] = -places[i];
        }
        return places;
    }
}

/// <summary>
/// A number as a distribution over places, of which a target takes the two beside it, by how near they are (DreamerV3, eq. 9 and 10): how
/// large the number is has no influence on the gradient. A value is (...).
/// </summary>
/// <remarks>
/// Classes are in the order of <see cref="TwoHotBins.Places"/>, not ascending: the mean subtracts those of mirrored places before
/// they are multiplied, so that equal logits give exactly 0, where sums of 255 numbers up to 5e8 would not. It subtracts logits, not
/// shares: of nearly equal shares the difference is mostly rounding, which places of 20,000 and more would make large.
/// </remarks>
public sealed class TwoHot<T> : IDistribution<T> where T : ITensor<T>
{
    private readonly T _logits, _places;
    private readonly Lazy<T> _logProbabilities;     // (..., C): a critic asks for two values' log probabilities

    /// <param name="logits">(..., C).</param>
    /// <param name="places">(C).</param>
    public TwoHot(T logits, T places)
    {
        (_logits, _places) = (logits, places);
        _logProbabilities = new(() => logits.LogSoftmax(-1));
    }

    public IReadOnlyList<T> Parameters => [_logits];

    public T Mean
    {
        get
        {
            int half = _places.Size(0) / 2;
            T[] shares = _logits.Softmax(-1).Split(-1, 1, half, half);                              // (..., 1), 2 x (..., C / 2)
            T[] logits = _logits.Split(-1, 1, half, half);
            // p - q of two shares is (p + q) tanh((their logits' difference) / 2).
            T differences = (shares[1] + shares[2]) * ((logits[1] - logits[2]) * 0.5).Tanh();       // (..., C / 2)
            return (differences * _places.Slice(0, 1, 1 + half)).Sum(-1);
        }
    }

    /// <summary>The expected value: what is predicted.</summary>
    public T Mode => Mean;

    public IDistribution<T> With(IReadOnlyList<T> parameters) => new TwoHot<T>(parameters[0], _places);

    public T Sample(T noise) => throw new NotSupportedException("Nothing draws a two-hot number.");

    /// <summary>The negative cross-entropy to the two places beside the value.</summary>
    public T LogProb(T value) => (Shares(value) * _logProbabilities.Value).Sum(-1);

    /// <summary>
    /// The share of each place in values (...), (..., C): how near it is among the two beside the value. Values beyond the ends are ends.
    /// </summary>
    public T Shares(T value)
    {
        int half = _places.Size(0) / 2;
        T distance = value.Abs().Reshape([.. Enumerable.Repeat(Axis.Keep, value.Rank), 1]);         // (..., 1)
        T ascending = _places.Slice(0, 0, half + 1);                                                // (C / 2 + 1)
        T near = ascending.Slice(0, 0, half), far = ascending.Slice(0, 1, half + 1);                // (C / 2)
        T passed = ((distance - near) / (far - near)).Clamp(0, 1);                                  // (..., C / 2), of each step
        T share = passed - passed.Slice(-1, 1, half).Concat(passed.Slice(-1, 0, 1) * 0);            // (..., C / 2), of places 1 ..
        T zero = 1 - passed.Slice(-1, 0, 1);                                                        // (..., 1)
        T positive = (value > 0).Cast(DType.Float32).Reshape([.. Enumerable.Repeat(Axis.Keep, value.Rank), 1]);
        return T.Concat(-1, zero, share * positive, share * (1 - positive));
    }
}
