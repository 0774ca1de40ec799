using System.Globalization;

namespace WorldModels.Tools;

/// <summary>Values of options, read strictly.</summary>
internal static class Arguments
{
    /// <summary>Whole numbers separated by commas.</summary>
    /// <exception cref="UsageException">One is not a whole number, or too small.</exception>
    public static int[] WholeNumbers(string option, string text, int least) =>
        [.. text.Split(',').Select(part => Parse(part, least) ?? throw new UsageException(
            $"--{option} takes whole numbers of at least {least}, such as 1,64,1024; found '{text}'."))];

    /// <summary>One whole number.</summary>
    /// <exception cref="UsageException">It is none, or too small.</exception>
    public static int WholeNumber(string option, string text, int least) => Parse(text, least)
        ?? throw new UsageException($"--{option} takes a whole number of at least {least}; found '{text}'.");

    /// <summary>A seed.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static ulong Seed(string option, string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed : throw new UsageException($"--{option} takes a whole number from 0 on; found '{text}'.");

    /// <summary>A positive number.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static double PositiveNumber(string option, string text, double most = 1e6) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && number < most
            ? number : throw new UsageException($"--{option} takes a number above 0; found '{text}'.");

    private static int? Parse(string text, int least) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) && number >= least ? number : null;
}
