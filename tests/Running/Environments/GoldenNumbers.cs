using System.Text.Json;

namespace WorldModels.Tests.Environments;

/// <summary>Numbers of golden files, and how far others are from them.</summary>
internal static class GoldenNumbers
{
    public static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];

    /// <summary>The largest difference; NaN where there is one.</summary>
    public static double Distance(ReadOnlySpan<double> actual, double[] expected)
    {
        Assert.That(actual.Length, Is.EqualTo(expected.Length));
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
            worst = double.MaxMagnitude(worst, actual[i] - expected[i]);    // NaN wins
        return Math.Abs(worst);
    }
}
