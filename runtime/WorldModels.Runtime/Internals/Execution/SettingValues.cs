using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>Settings of graphs, which hosts name.</summary>
internal static class SettingValues
{
    /// <summary>Fills a setting with values of every row, or of one row for all.</summary>
    /// <exception cref="BundleException">There is no such setting, or another number of values.</exception>
    public static void Fill(IReadOnlyDictionary<string, TensorBuffer> settings, string name, ReadOnlySpan<float> values)
    {
        if (!settings.TryGetValue(name, out TensorBuffer? setting))
            throw new BundleException($"There is no setting '{name}'; there are: {ManifestCheck.Listed(settings.Keys)}.");
        Span<float> all = setting.Overwrite<float>();
        if (values.Length != setting.RowSize && values.Length != all.Length)
        {
            throw new BundleException($"Expected setting '{name}' of {all.Length / setting.RowSize} rows, {all.Length} values, or of one "
                + $"row, {setting.RowSize}; found {values.Length}.");
        }
        for (int start = 0; start < all.Length; start += values.Length)
            values.CopyTo(all[start..]);
    }
}
