namespace WorldModels.CommandLine;

/// <summary>Help with names that were mistyped.</summary>
public static class Names
{
    /// <summary>End of a sentence: "; did you mean 'x'?" for the nearest of the known names, a full stop where none is near.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(candidate => EditDistance.Between(name, candidate));
        bool isNear = nearest is not null && EditDistance.Between(name, nearest) <= Math.Max(2, name.Length / 3);
        return isNear ? $"; did you mean '{nearest}'?" : ".";
    }
}
