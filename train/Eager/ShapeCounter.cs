using WorldModels.Models;

namespace WorldModels.Train;

/// <summary>Counts the parameters of a network that is made with it, without making any.</summary>
public sealed class ShapeCounter : ParameterStore<EagerTensor>
{
    private readonly Dictionary<string, long> _sizes = [];

    /// <summary>All of them.</summary>
    public long Count => _sizes.Values.Sum();

    /// <summary>Those below a path.</summary>
    public long Below(string path) =>
        _sizes.Where(size => size.Key.StartsWith(path + "/", StringComparison.Ordinal)).Sum(size => size.Value);

    public override EagerTensor Parameter(string path, ReadOnlySpan<int> shape, Init init)
    {
        long size = 1;
        foreach (int axis in shape)
            size *= axis;
        _sizes[path] = size;
        return default;
    }

    public override EagerTensor Constant(string path, ReadOnlySpan<float> values, ReadOnlySpan<int> shape) => default;
}
