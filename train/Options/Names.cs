namespace WorldModels.Train;

/// <summary>Help with names that were mistyped.</summary>
public static class Names
{
    /// <summary>End of a sentence: "; did you mean 'x'?" for the nearest of the known names, a full stop where none is near.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        (string? nearest, int distance) = known
            .Select(candidate => ((string?)candidate, Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .OrderBy(pair => pair.Item2).FirstOrDefault((null, int.MaxValue));
        return distance <= Math.Max(2, name.Length / 3) ? $"; did you mean '{nearest}'?" : ".";
    }

    /// <summary>Levenshtein's edit distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }
}
