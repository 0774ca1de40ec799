namespace WorldModels.Models;

/// <summary>Operators and derived functions over <see cref="ITensor{T}"/>, written once for every world.</summary>
public static class TensorExtensions
{
    extension<T>(T) where T : ITensor<T>
    {
        public static T operator +(T a, T b) => a.Apply(Binary.Add, b);
        public static T operator +(T a, double b) => a.Apply(Binary.Add, b);
        public static T operator +(double a, T b) => b.Apply(Binary.Add, a);
        public static T operator -(T a, T b) => a.Apply(Binary.Sub, b);
        public static T operator -(T a, double b) => a.Apply(Binary.Sub, b);
        public static T operator -(double a, T b) => b.ApplyReversed(Binary.Sub, a);
        public static T operator -(T a) => a.Apply(Unary.Neg);
        public static T operator *(T a, T b) => a.Apply(Binary.Mul, b);
        public static T operator *(T a, double b) => a.Apply(Binary.Mul, b);
        public static T operator *(double a, T b) => b.Apply(Binary.Mul, a);
        public static T operator /(T a, T b) => a.Apply(Binary.Div, b);
        public static T operator /(T a, double b) => a.Apply(Binary.Div, b);
        public static T operator /(double a, T b) => b.ApplyReversed(Binary.Div, a);
        public static T operator >(T a, T b) => a.Apply(Binary.Greater, b);
        public static T operator >(T a, double b) => a.Apply(Binary.Greater, b);
        public static T operator <(T a, T b) => a.Apply(Binary.Less, b);
        public static T operator <(T a, double b) => a.Apply(Binary.Less, b);
    }

    extension<T>(T x) where T : ITensor<T>
    {
        public T Exp() => x.Apply(Unary.Exp);
        public T Log() => x.Apply(Unary.Log);
        public T Sqrt() => x.Apply(Unary.Sqrt);
        public T Abs() => x.Apply(Unary.Abs);
        public T Sign() => x.Apply(Unary.Sign);
        public T Sin() => x.Apply(Unary.Sin);
        public T Cos() => x.Apply(Unary.Cos);
        public T Tanh() => x.Apply(Unary.Tanh);
        public T Sigmoid() => x.Apply(Unary.Sigmoid);
        public T Relu() => x.Apply(Unary.Relu);
        public T Elu() => x.Apply(Unary.Elu);
        public T Silu() => x.Apply(Unary.Silu);
        public T Gelu() => x.Apply(Unary.Gelu);
        public T Softplus() => x.Apply(Unary.Softplus);
        public T Not() => x.Apply(Unary.Not);
        public T Minimum(T other) => x.Apply(Binary.Min, other);
        public T Maximum(T other) => x.Apply(Binary.Max, other);
        public T Minimum(double other) => x.Apply(Binary.Min, other);
        public T Maximum(double other) => x.Apply(Binary.Max, other);
        public T EqualTo(T other) => x.Apply(Binary.Equal, other);
        public T And(T other) => x.Apply(Binary.And, other);
        public T Or(T other) => x.Apply(Binary.Or, other);
        public T Square() => x.Apply(Binary.Mul, x);
        public T Clamp(double low, double high) => x.Apply(Binary.Max, low).Apply(Binary.Min, high);
        public T Sum(int axis, bool keep = false) => x.Reduce(Reduction.Sum, keep, axis);
        public T Mean(int axis, bool keep = false) => x.Reduce(Reduction.Mean, keep, axis);
        public T Max(int axis, bool keep = false) => x.Reduce(Reduction.Max, keep, axis);
        public T Concat(T other, int axis = -1) => T.Concat(axis, x, other);

        /// <summary>Mean of all elements, a scalar.</summary>
        public T Mean() => x.Reduce(Reduction.Mean, false, [.. Enumerable.Range(0, x.Rank)]);

        /// <summary>Sum of all elements, a scalar.</summary>
        public T Sum() => x.Reduce(Reduction.Sum, false, [.. Enumerable.Range(0, x.Rank)]);

        /// <summary>
        /// For rows (B) that are 1 where an episode begins and 0 elsewhere: (B, 1), 0 where it begins. What an episode carries along is
        /// multiplied by it.
        /// </summary>
        public T KeepUnlessFirst() => (1 - x).Reshape(Axis.Keep, 1);

        /// <summary>Groups side by side (B, G N) one after another: (G, B, N).</summary>
        public T ByGroup(int groups, int size) => x.Reshape(Axis.Keep, groups, size).Transpose(1, 0, 2);

        /// <summary>
        /// Zeros (B, 1) for this (B, ...), whatever it holds: added to a constant (1, N), they give it the batch, whose size no network
        /// knows.
        /// </summary>
        public T RowZeros()
        {
            T one = x;
            for (int axis = 1; axis < x.Rank; axis++)
                one = one.Slice(axis, 0, 1);
            return one.Apply(Binary.Greater, one).Cast(DType.Float32).Reshape(Axis.Keep, 1);
        }

        /// <summary>Divides the last axis by its root mean square, then scales it (Zhang and Sennrich 2019).</summary>
        public T RmsNorm(T gain, double epsilon) => x / (x.Square().Mean(-1, keep: true) + epsilon).Sqrt() * gain;

        /// <summary>sign(x) ln(1 + |x|) (DreamerV3, eq. 9).</summary>
        public T SymLog() => x.Sign() * (x.Abs() + 1).Log();

        /// <summary>sign(x) (exp(|x|) - 1), the inverse of <c>SymLog</c>.</summary>
        public T SymExp() => x.Sign() * (x.Abs().Exp() - 1);

        /// <summary>Draw from Normal(this, std) by reparameterisation; <paramref name="noise"/> is standard normal, same shape.</summary>
        public T SampleNormal(T std, T noise) => x + std * noise;

        /// <summary>
        /// Index drawn from softmax(this) over the last axis by the Gumbel-max trick: (..., C) logits and Gumbel noise to (...) Int64.
        /// Zero noise gives the mode.
        /// </summary>
        public T SampleCategorical(T gumbel) => (x + gumbel).ArgMax(-1);
    }
}
