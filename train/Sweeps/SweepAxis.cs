namespace WorldModels.Train.Sweeps;

/// <summary>An option that a sweep varies.</summary>
/// <param name="Option">Its name, as the user wrote it.</param>
/// <param name="Values">Its values as text; at least one.</param>
public sealed record SweepAxis(string Option, IReadOnlyList<string> Values)
{
    /// <summary>
    /// Reads <c>key=value,value</c>. Commas inside brackets belong to a value that is a list: <c>units=[64,64],[128]</c>.
    /// </summary>
    /// <exception cref="UserException">It is not of this form.</exception>
    public static SweepAxis Parse(string text)
    {
        int equals = text.IndexOf('=');
        string[] values = equals > 0 ? [.. Split(text[(equals + 1)..])] : [];
        return values.Length > 0 && values.All(value => value.Length > 0)
            ? new(text[..equals].Trim(), values)
            : throw new UserException($"--sweep takes key=value,value ..., such as learningRate=1e-3,3e-4, not '{text}'.");
    }

    private static IEnumerable<string> Split(string text)
    {
        (int begin, int depth) = (0, 0);
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (text[i] != ',' || depth > 0)
                continue;
            yield return text[begin..i].Trim();
            begin = i + 1;
        }
        yield return text[begin..].Trim();
    }
}
