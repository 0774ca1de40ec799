using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// The recorded starting points of a bundle, <c>starts.npz</c>: "observation" (N, ...observation) and, where a bundle needs it, states by
/// name (N, ...state).
/// </summary>
internal sealed class Starts
{
    public const string FileName = "starts.npz";

    /// <summary>The stream that picks each row's start.</summary>
    public static readonly uint Stream = Philox.Stream("start");

    private readonly Dictionary<string, float[]> _arrays;

    private Starts(Dictionary<string, float[]> arrays, int count) => (_arrays, Count) = (arrays, count);

    /// <summary>How many starts there are.</summary>
    public int Count { get; }

    public bool Has(string name) => _arrays.ContainsKey(name);

    /// <summary>Copies start <paramref name="index"/> of an array.</summary>
    public void Copy(string name, int index, Span<float> row) => _arrays[name].AsSpan(index * row.Length, row.Length).CopyTo(row);

    /// <summary>Reads and checks the file; null if the bundle has none.</summary>
    public static Starts? Load(string directory, Manifest manifest)
    {
        if (!manifest.Files.ContainsKey(FileName)) return null;
        string path = Path.Combine(directory, FileName);
        var arrays = BundleException.Reading(() => Npz.Read(path));
        var problems = new List<string>();
        int count = arrays.Values.Select(a => a.Shape.Count == 0 ? 0 : a.Shape[0]).DefaultIfEmpty(0).Min();
        if (count == 0) problems.Add("expected arrays with at least one row");
        if (!arrays.ContainsKey("observation"))
            problems.Add($"expected an array 'observation', found: {ManifestCheck.Listed(arrays.Keys)}");
        foreach (var (name, array) in arrays)
        {
            var row = name == "observation" ? manifest.Observation.Shape : StateShape(manifest, name);
            if (row is null) problems.Add($"array '{name}' is neither 'observation' nor a float32 state of a graph");
            else if (array.Shape.Count == 0 || !array.Shape.Skip(1).SequenceEqual(row) || array.Shape[0] != count)
                problems.Add($"array '{name}': expected [{string.Join(", ", row.Prepend(count))}], found {array.Describe()}");
        }
        if (problems.Count > 0) throw BundleException.Of($"'{path}'", problems);
        return new(arrays.ToDictionary(a => a.Key, a => a.Value.ToFloats()), count);
    }

    private static IEnumerable<int>? StateShape(Manifest manifest, string name) => manifest.Graphs.Values.SelectMany(g => g.Inputs)
        .FirstOrDefault(t => t.Role == TensorRole.State && t.Name == name && t.Dtype == TensorType.Float32)
        ?.Shape.Skip(1).Select(d => d.Size);
}
