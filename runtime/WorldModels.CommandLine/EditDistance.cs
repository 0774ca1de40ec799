namespace WorldModels;

/// <summary>Levenshtein's edit distance, for suggestions where a name was mistyped. Environments and pictures compile this file as well.</summary>
internal static class EditDistance
{
    /// <summary>End of a sentence: "; did you mean 'x'?" for the nearest of the known names, a full stop where none is near.</summary>
    public static string Suggest(string name, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(candidate => Between(name, candidate));
        bool isNear = nearest is not null && Between(name, nearest) <= Math.Max(2, name.Length / 3);
        return isNear ? $"; did you mean '{nearest}'?" : ".";
    }

    /// <summary>Characters to insert, delete or replace to make one text of the other; upper and lower case are the same.</summary>
    public static int Between(string first, string second)
    {
        (string a, string b) = (first.ToLowerInvariant(), second.ToLowerInvariant());
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
