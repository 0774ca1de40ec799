namespace WorldModels.Environments;

internal static class Require
{
    public static void Length(int actual, int expected, string what)
    {
        if (actual != expected)
            throw new ArgumentException($"The span '{what}' has {actual} elements; this environment needs exactly {expected}.");
    }

    /// <summary>A discrete action as an index.</summary>
    public static int Index(long action, int count, string environment) => (ulong)action < (ulong)count
        ? (int)action
        : throw new ArgumentOutOfRangeException(nameof(action), action, $"The actions of '{environment}' are 0..{count - 1}.");

    /// <summary>Continuous actions may lie beyond their bounds, but they must be numbers.</summary>
    public static void Finite(ReadOnlySpan<float> action, string environment)
    {
        for (int i = 0; i < action.Length; i++)
        {
            if (!float.IsFinite(action[i]))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(action), action[i], $"Element {i} of the action for '{environment}' must be a finite number.");
            }
        }
    }

    /// <summary>Reads reals of which every one must be finite.</summary>
    public static void ReadFinite(BinaryReader reader, Span<double> values)
    {
        foreach (ref double value in values)
        {
            value = reader.ReadDouble();
            if (!double.IsFinite(value))
                throw new ArgumentException($"The state has the element {value}.");
        }
    }
}
