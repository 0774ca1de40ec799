namespace WorldModels.Environments;

/// <summary>How a <see cref="Tolerance"/> falls off outside its bounds.</summary>
public enum Sigmoid { Gaussian, Hyperbolic, LongTail, Reciprocal, Cosine, Linear, Quadratic, TanhSquared }

/// <summary>The control suite's building block of rewards (Tassa et al. 2018, DeepMind Control Suite, section 3).</summary>
public static class Tolerance
{
    /// <summary>
    /// 1 where <paramref name="x"/> lies within the bounds; outside it falls with the distance to the nearer one, to
    /// <paramref name="valueAtMargin"/> at the distance <paramref name="margin"/>, at once to 0 where the margin is 0.
    /// </summary>
    /// <param name="x">What is judged.</param>
    /// <param name="lower">Lower bound, may be negative infinity.</param>
    /// <param name="upper">Upper bound, may be infinity.</param>
    /// <param name="margin">At least 0.</param>
    /// <param name="sigmoid">The shape of the fall.</param>
    /// <param name="valueAtMargin">In (0, 1); 0 too for the cosine, the linear and the quadratic shape, which reach it.</param>
    /// <exception cref="ArgumentException">The bounds are in the wrong order, or the margin or its value is out of range.</exception>
    public static double Of(
        double x, double lower, double upper, double margin = 0, Sigmoid sigmoid = Sigmoid.Gaussian, double valueAtMargin = 0.1)
    {
        if (!(lower <= upper))
            throw new ArgumentException($"The lower bound {lower} lies above the upper one, {upper}: give them in order.");
        if (!(margin >= 0))
            throw new ArgumentException($"The margin is {margin}; it must be at least 0.");
        if (x >= lower && x <= upper)
            return 1;
        return margin == 0 ? 0 : Fall((x < lower ? lower - x : x - upper) / margin, sigmoid, valueAtMargin);
    }

    /// <summary>The sigmoid s with s(0) = 1 and s(1) = <paramref name="atOne"/>.</summary>
    private static double Fall(double x, Sigmoid sigmoid, double atOne)
    {
        bool reachesZero = sigmoid is Sigmoid.Cosine or Sigmoid.Linear or Sigmoid.Quadratic;
        if (!(atOne < 1 && (atOne > 0 || reachesZero && atOne == 0)))
            throw new ArgumentException($"The value at the margin is {atOne}; {sigmoid} needs one in {(reachesZero ? '[' : '(')}0, 1).");
        switch (sigmoid)
        {
            case Sigmoid.Gaussian:
                double scaled = x * Math.Sqrt(-2 * Math.Log(atOne));
                return Math.Exp(-0.5 * scaled * scaled);
            case Sigmoid.Hyperbolic:
                return 1 / Math.Cosh(x * Math.Acosh(1 / atOne));
            case Sigmoid.LongTail:
                return 1 / (1 + x * x * (1 / atOne - 1));
            case Sigmoid.Reciprocal:
                return 1 / (1 + Math.Abs(x) * (1 / atOne - 1));
            case Sigmoid.Cosine:
                double phase = x * (Math.Acos(2 * atOne - 1) / Math.PI);
                return Math.Abs(phase) < 1 ? (1 + Math.Cos(Math.PI * phase)) / 2 : 0;
            case Sigmoid.Linear:
                return Math.Max(0, 1 - x * (1 - atOne));
            case Sigmoid.Quadratic:
                return Math.Max(0, 1 - x * x * (1 - atOne));
            case Sigmoid.TanhSquared:
                double tanh = Math.Tanh(x * Math.Atanh(Math.Sqrt(1 - atOne)));
                return 1 - tanh * tanh;
            default:
                throw new ArgumentOutOfRangeException(nameof(sigmoid), sigmoid, "There is no such sigmoid.");
        }
    }
}
