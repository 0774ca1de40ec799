using System.Globalization;

namespace WorldModels.CommandLine;

/// <summary>Values of options, read strictly.</summary>
public static class Arguments
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

    /// <summary>Choices by name, with commas between them.</summary>
    /// <exception cref="UsageException">One is none of them.</exception>
    public static T[] Choices<T>(string option, string text, IReadOnlyDictionary<string, T> byName) => [.. text.Split(',').Select(name =>
        byName.TryGetValue(name, out T? choice)
            ? choice : throw new UsageException($"--{option} takes {string.Join(", ", byName.Keys)}; found '{name}'."))];

    private static int? Parse(string text, int least) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) && number >= least ? number : null;
}
