using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Train.Data;

/// <summary>
/// Actions as networks take them, one vector each: one-hot for discrete actions, [-1, 1] between the bounds for continuous ones.
/// </summary>
/// <param name="Space">The environment's actions.</param>
public sealed record ActionVectors(ActionSpec Space)
{
    /// <summary>Numbers in a vector (A).</summary>
    public int Size => Discrete ? Space.Count!.Value : Space.Size;

    /// <summary>Whether vectors are one-hot.</summary>
    public bool Discrete => Space.Kind == ActionKind.Discrete;

    /// <summary>The noise that a policy draws vectors with.</summary>
    public NoiseKind Noise => Discrete ? NoiseKind.Gumbel : NoiseKind.Gaussian;

    /// <summary>Middle of the bounds of an element of continuous actions.</summary>
    public double MiddleOf(int element) => (Space.HighOf(element) + Space.LowOf(element)) / 2;

    /// <summary>Half the distance of its bounds.</summary>
    public double HalfOf(int element) => (Space.HighOf(element) - Space.LowOf(element)) / 2;

    /// <summary>How episodes keep these actions.</summary>
    public EpisodeColumn Column => Discrete
        ? new(EpisodeColumn.Action, NpyType.Int64)
        : new(EpisodeColumn.Action, NpyType.Float32, Space.Shape!);

    /// <summary>The vector of the action that led to a record of an episode; zero at the reset, to which none led.</summary>
    public void Encode(Episode episode, int record, Span<float> vector)
    {
        if (record == 0)
            vector.Clear();
        else if (Discrete)
            Encode(episode.Actions.As<long>()[record], vector);
        else
            Encode(episode.Actions.As<float>().Slice(record * vector.Length, vector.Length), vector);
    }

    /// <summary>The vector of a numbered action.</summary>
    public void Encode(long action, Span<float> vector)
    {
        vector.Clear();
        vector[(int)action] = 1;
    }

    /// <summary>The vector of a continuous action.</summary>
    public void Encode(ReadOnlySpan<float> action, Span<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
            vector[i] = (float)((action[i] - MiddleOf(i)) / HalfOf(i));
    }

    /// <summary>The numbered action that a vector is nearest to.</summary>
    public static long DecodeIndex(ReadOnlySpan<float> vector)
    {
        int best = 0;
        for (int i = 1; i < vector.Length; i++)
        {
            if (vector[i] > vector[best])
                best = i;
        }

        return best;
    }

    /// <summary>The continuous action of a vector, which is cut off at the bounds.</summary>
    public void Decode(ReadOnlySpan<float> vector, Span<float> action)
    {
        for (int i = 0; i < vector.Length; i++)
            action[i] = (float)(Math.Clamp(vector[i], -1f, 1f) * HalfOf(i) + MiddleOf(i));
    }

    /// <summary>A uniformly random vector.</summary>
    public void Draw(in NoiseKey key, Span<float> vector)
    {
        if (Discrete)
        {
            Encode(Philox.NextInt(key, Size), vector);
            return;
        }
        Philox.FillUniform(key, vector);
        foreach (ref float value in vector)
            value = 2 * value - 1;
    }

    /// <summary>An action of the environment as a vector (B, A).</summary>
    public T Vector<T>(T action) where T : ITensor<T>
    {
        if (Discrete)
            return action.OneHot(Size);
        return ByElement(action, (numbers, i) =>
        {
            T centred = MiddleOf(i) == 0 ? numbers : numbers - MiddleOf(i);
            return HalfOf(i) == 1 ? centred : centred / HalfOf(i);
        });
    }

    /// <summary>A vector (B, A) as an action of the environment.</summary>
    public T ActionOf<T>(T vector) where T : ITensor<T>
    {
        if (Discrete)
            return vector.ArgMax(-1);
        return ByElement(vector, (numbers, i) =>
        {
            T scaled = HalfOf(i) == 1 ? numbers : numbers * HalfOf(i);
            return MiddleOf(i) == 0 ? scaled : scaled + MiddleOf(i);
        });
    }

    /// <summary>Maps the elements (B, A) of an action: all at once where their bounds are the same, else each (B, 1) by its own.</summary>
    private T ByElement<T>(T action, Func<T, int, T> map) where T : ITensor<T>
    {
        if (Space.Lows is null)
            return map(action, 0);
        return T.Concat(-1, [.. Enumerable.Range(0, Size).Select(i => map(action.Slice(-1, i, i + 1), i))]);
    }
}
