namespace WorldModels.Models;

/// <summary>What a head reads of a feature: numbers from a start on.</summary>
/// <param name="Start">The first.</param>
/// <param name="Size">How many.</param>
public readonly record struct FeaturePart(int Start, int Size);

/// <summary>Parts of features.</summary>
internal static class FeaturePartExtensions
{
    /// <summary>The part of features (..., F); null: all of it.</summary>
    public static T Of<T>(this FeaturePart? part, T feature) where T : ITensor<T> =>
        part is { } read ? feature.Slice(-1, read.Start, read.Start + read.Size) : feature;

    /// <summary>How many numbers of a feature of this size are read.</summary>
    public static int SizeOf(this FeaturePart? part, int feature) => part?.Size ?? feature;
}
