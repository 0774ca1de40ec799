using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>What controllers and planners check of their callers' rows.</summary>
internal static class ActingRows
{
    /// <summary>The batch that observations have, with room for as many actions.</summary>
    /// <param name="manifest">The spaces.</param>
    /// <param name="expected">The batch that the options fixed, or 0.</param>
    /// <param name="observations">Values given.</param>
    /// <param name="actions">Values that there is room for.</param>
    public static int Infer(Manifest manifest, int expected, int observations, int actions)
    {
        int size = manifest.Observation.Size;
        int batch = expected > 0 ? expected : observations / size;
        if (batch == 0 || observations != (long)batch * size)
        {
            (string rows, string count) = expected > 0 ? ($"{batch}", $"{(long)batch * size}") : ("B", $"a multiple of {size}");
            string shape = string.Join(", ", manifest.Observation.Shape.Select(d => $"{d}").Prepend(rows));
            throw new BundleException($"Expected observations ({shape}), {count} values; found {observations}.");
        }
        if (actions != (long)batch * manifest.Action.Size)
            throw new BundleException($"Expected room for {(long)batch * manifest.Action.Size} actions (B={batch}); found {actions}.");
        return batch;
    }

    /// <summary>Rows to reset are rows that are there.</summary>
    public static void Check(ReadOnlySpan<int> rows, int batch, string options)
    {
        foreach (int row in rows)
        {
            if ((uint)row < (uint)batch)
                continue;
            throw new BundleException(batch > 0
                ? $"There is no row {row}: expected 0 to {batch - 1}, as bound now."
                : $"There is no row {row} yet: call Act first, whose rows start fresh, or set {options}.Batch.");
        }
    }
}
