using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Neighbouring pixels of a row as the lanes of a vector.</summary>
internal static class SimdColumns
{
    /// <summary>0.5, 1.5, 2.5 ...: the middles of the first pixels.</summary>
    public static Vector<float> Middles { get; } = First();

    private static Vector<float> First()
    {
        Span<float> middles = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < middles.Length; i++)
            middles[i] = i + 0.5f;
        return new(middles);
    }
}
