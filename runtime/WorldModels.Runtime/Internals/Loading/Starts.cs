using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// The recorded starting points of a bundle, <c>starts.npz</c>: "observation" (N, ...observation) and, where a bundle needs it, states by
/// name (N, ...state), each of its own type; numbers of another type stand for the float32 of observations and states of float32.
/// </summary>
internal sealed class Starts
{
    public const string FileName = "starts.npz";

    /// <summary>The stream that picks each row's start.</summary>
    public static readonly uint Stream = Philox.Stream("start");

    private readonly Dictionary<string, NpyArray> _arrays;

    private Starts(Dictionary<string, NpyArray> arrays, int count) => (_arrays, Count) = (arrays, count);

    /// <summary>How many starts there are.</summary>
    public int Count { get; }

    public bool Has(string name) => _arrays.ContainsKey(name);

    /// <summary>Copies start <paramref name="index"/> of an array, as bytes of the type of its tensor.</summary>
    public void Copy(string name, int index, Span<byte> row) => _arrays[name].Bytes.Slice(index * row.Length, row.Length).CopyTo(row);

    /// <summary>Reads and checks the file; null if the bundle has none.</summary>
    public static Starts? Load(string directory, Manifest manifest)
    {
        if (!manifest.Files.ContainsKey(FileName))
            return null;
        string path = Path.Combine(directory, FileName);
        Dictionary<string, NpyArray> arrays = BundleException.Reading(() => Npz.Read(path));
        List<string> problems = new List<string>();
        Dictionary<string, NpyArray> floats = new Dictionary<string, NpyArray>();
        int count = arrays.Values.Select(a => a.Shape.Count == 0 ? 0 : a.Shape[0]).DefaultIfEmpty(0).Min();
        if (count == 0)
            problems.Add("expected arrays with at least one row");
        if (!arrays.ContainsKey("observation"))
            problems.Add($"expected an array 'observation', found: {ManifestCheck.Listed(arrays.Keys)}");
        foreach ((string name, NpyArray array) in arrays)
        {
            TensorSpec? state = name == "observation" ? null : State(manifest, name);
            IEnumerable<int> row = state?.Shape.Skip(1).Select(d => d.Size) ?? manifest.Observation.Shape;
            NpyType type = Tensors.ArrayType(state?.Dtype ?? TensorType.Float32);
            if (name != "observation" && state is null)
                problems.Add($"array '{name}' is neither 'observation' nor a state of a graph");
            else if (array.Shape.Count == 0 || !array.Shape.Skip(1).SequenceEqual(row) || array.Shape[0] != count)
                problems.Add($"array '{name}': expected [{string.Join(", ", row.Prepend(count))}], found {array.Describe()}");
            else if (type == NpyType.Float32)
                floats[name] = NpyArray.Of(array.ToFloats(), [.. array.Shape]);
            else if (array.Type != type)
                problems.Add($"array '{name}': expected {NpyArray.NumpyName(type)}, found {array.Describe()}");
        }
        if (problems.Count > 0)
            throw BundleException.Of($"'{path}'", problems);
        return new(arrays.ToDictionary(a => a.Key, a => floats.GetValueOrDefault(a.Key, a.Value)), count);
    }

    private static TensorSpec? State(Manifest manifest, string name) => manifest.Graphs.Values.SelectMany(g => g.Inputs)
        .FirstOrDefault(t => t.Role == TensorRole.State && t.Name == name);
}
