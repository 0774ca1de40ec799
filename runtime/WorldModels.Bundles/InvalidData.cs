namespace WorldModels.Bundles;

/// <summary>Errors in what was read.</summary>
internal static class InvalidData
{
    /// <summary>One message that lists several problems of one thing.</summary>
    public static InvalidDataException Of(string thing, IReadOnlyList<string> problems) => new(List(thing, problems));

    /// <summary>The message.</summary>
    public static string List(string thing, IReadOnlyList<string> problems) =>
        problems.Count == 1 ? $"{thing}: {problems[0]}" : $"{thing}: {problems.Count} problems\n  - {string.Join("\n  - ", problems)}";
}
