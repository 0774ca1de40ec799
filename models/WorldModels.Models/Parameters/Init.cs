namespace WorldModels.Models;

/// <summary>How a parameter's first values are drawn.</summary>
public enum InitKind { Zeros, Constant, Uniform, Normal, TruncatedNormal }

/// <summary>
/// An initialiser: a kind and its scale (half-width of the uniform, standard deviation of the normal; of a truncated one, before it is cut
/// at two of them).
/// </summary>
public readonly record struct Init(InitKind Kind, double Scale)
{
    public static Init Zeros => new(InitKind.Zeros, 0);
    public static Init Ones => new(InitKind.Constant, 1);
    public static Init Constant(double value) => new(InitKind.Constant, value);
    public static Init Uniform(double halfWidth) => new(InitKind.Uniform, halfWidth);
    public static Init Normal(double standardDeviation) => new(InitKind.Normal, standardDeviation);

    /// <summary>U(+-1/sqrt(fan in)): PyTorch's default for linear and convolution weights and biases.</summary>
    public static Init FanIn(int fanIn) => Uniform(1 / Math.Sqrt(fanIn));

    /// <summary>
    /// Normal numbers cut at two standard deviations, of variance scale²/(fan in) (DreamerV3; the factor makes up for the cut).
    /// </summary>
    public static Init TruncatedFanIn(int fanIn, double scale = 1) => new(InitKind.TruncatedNormal, scale * 1.1368 / Math.Sqrt(fanIn));

    /// <summary>U(+-sqrt(6/(fan in + fan out))) (Glorot and Bengio 2010).</summary>
    public static Init Glorot(int fanIn, int fanOut) => Uniform(Math.Sqrt(6.0 / (fanIn + fanOut)));
}
