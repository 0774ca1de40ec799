namespace WorldModels.CommandLine;

/// <summary>Help with names that were mistyped.</summary>
public static class Names
{
    /// <summary>End of a sentence: "; did you mean 'x'?" for the nearest of the known names, a full stop where none is near.</summary>
    public static string Suggest(string name, IEnumerable<string> known) => EditDistance.Suggest(name, known);
}
