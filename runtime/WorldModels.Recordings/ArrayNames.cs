namespace WorldModels.Recordings;

/// <summary>What people call the arrays of an episode. The first of each list is our own name.</summary>
internal static class ArrayNames
{
    public static readonly string[] Observation = ["observation", "observations", "obs"];
    public static readonly string[] Action = ["action", "actions"];
    public static readonly string[] Reward = ["reward", "rewards"];
    public static readonly string[] Terminated = ["terminated", "is_terminal", "terminal", "terminals", "termination", "terminations"];
    public static readonly string[] Truncated = ["truncated", "truncation", "truncations", "timeout", "timeouts"];
    public static readonly string[] Discount = ["discount", "discounts"];
    public static readonly string[] First = ["is_first"];
    public static readonly string[] Last = ["is_last"];

    /// <summary>These say that an episode ended, and not whether by itself or by a time limit.</summary>
    public static readonly string[] Done = ["done", "dones", .. Last];

    /// <summary>What replay buffers keep beside an episode and no model observes.</summary>
    private static readonly string[] Bookkeeping = ["stepid", "reset", "consec", "seed", "orig_return", "return", "returns", "value", "logprob"];

    private static readonly string[] BookkeepingPrefixes = ["log_", "dyn/", "enc/", "dec/", "info", "state/"];

    private static readonly HashSet<string> Known =
        [.. Observation, .. Action, .. Reward, .. Terminated, .. Truncated, .. Discount, .. First, .. Done, .. Bookkeeping];

    /// <summary>The name by which an array of this meaning goes among those that are there; null: there is none.</summary>
    public static string? Find(string[] meaning, IReadOnlyCollection<string> names) => meaning.FirstOrDefault(names.Contains);

    /// <summary>
    /// The parts of an observation, or of an action, that is laid out under a prefix, as <c>observation/position</c>: their names by the
    /// arrays' names.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Parts(string[] meaning, IReadOnlyCollection<string> names)
    {
        Dictionary<string, string> parts = new Dictionary<string, string>();
        foreach (string name in names)
        {
            string? prefix = meaning.FirstOrDefault(
                word => name.Length > word.Length + 1 && name.StartsWith(word, StringComparison.Ordinal) && name[word.Length] is '/' or '.' or '_');
            if (prefix is not null && !Known.Contains(name))
                parts[name] = name[(prefix.Length + 1)..];
        }
        return parts;
    }

    /// <summary>Whether a name says nothing that is known, so that where observations have no name of their own it is one.</summary>
    public static bool IsOther(string name) => !Known.Contains(name)
        && !BookkeepingPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
