using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorldModels.Bundles;

/// <summary>
/// What a bundle says of itself, in its file <c>manifest.json</c>: the spaces, each graph with its tensors, the parity file,
/// how it was trained, and the SHA-256 of every other file. Immutable and thread-safe. In JSON, every member that is not null has to be
/// there: defaults are for those who write manifests.
/// </summary>
public sealed record Manifest
{
    /// <summary>The schema this library reads and writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The manifest's name inside a bundle's directory.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Schema version; a bundle with another one is refused.</summary>
    [JsonRequired]
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The bundle's name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The training algorithm, such as <c>dreamer</c>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The environment it was trained on.</summary>
    public required string Environment { get; init; }

    /// <summary>When it was exported.</summary>
    [JsonRequired]
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>The ONNX operator set of all graphs.</summary>
    [JsonRequired]
    public int Opset { get; init; } = 17;

    /// <summary>One observation, without the batch axis.</summary>
    public required ObservationSpec Observation { get; init; }

    /// <summary>One action, without the batch axis.</summary>
    public required ActionSpec Action { get; init; }

    /// <summary>The graphs by name: observe, imagine, decode, act, value, control, dream, or others.</summary>
    public required IReadOnlyDictionary<string, GraphSpec> Graphs { get; init; }

    /// <summary>Other forms of the graphs, by name: the runtime chooses among them by the batch, or by name. Null: none.</summary>
    public IReadOnlyDictionary<string, VariantSpec>? Variants { get; init; }

    /// <summary>Where the reference inputs and outputs are, and how closely a graph has to meet them. Null: none travel.</summary>
    public ParitySpec? Parity { get; init; }

    /// <summary>Steps of the environment that one action lasts, whose rewards are summed. Null: one.</summary>
    public int? ActionRepeat { get; init; }

    /// <summary>Names of the tasks among which a host chooses for each row, the default first. Null: there is one.</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>
    /// The 99th percentile of the output of role novelty over the steps of held-out play of the first task, whose actions are drawn: of a
    /// hundred familiar steps one exceeds it. Null: it was not measured, or there is none.
    /// </summary>
    public double? NoveltyThreshold { get; init; }

    /// <summary>How a planner plans in it unless told otherwise. Null: nothing was said.</summary>
    public PlannerSpec? Planner { get; init; }

    /// <summary>How it was trained.</summary>
    public TrainingSpec? Training { get; init; }

    /// <summary>SHA-256 in lower-case hex of every file of the bundle but the manifest, by path relative to it, with '/'.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>The graphs that one step of a dream runs, in order; the runtime checks that they are there.</summary>
    [JsonIgnore]
    public string[] DreamGraphs =>
        Graphs.ContainsKey("dream") ? ["dream"] : Graphs.ContainsKey("act") ? ["act", "imagine"] : ["imagine"];

    /// <summary>
    /// The graphs that one call of a controller runs, in order: "control", or "act", with
    /// "observe" before it where it reads states alone. Empty without a policy.
    /// </summary>
    [JsonIgnore]
    public string[] PolicyGraphs
    {
        get
        {
            string policy = Graphs.ContainsKey("control") ? "control" : "act";
            if (!Graphs.TryGetValue(policy, out GraphSpec? graph))
                return [];
            return graph.Input(TensorRole.Observation) is null ? ["observe", policy] : [policy];
        }
    }

    /// <summary>Whether a controller's steps say how novel each row is.</summary>
    [JsonIgnore]
    public bool SaysNovelty =>
        PolicyGraphs.Any(graph => Graphs.TryGetValue(graph, out GraphSpec? spec) && spec.Output(TensorRole.Novelty) is not null);

    /// <summary>
    /// The graph that computes rewards, continuations, values or observations from states alone, under its usual name (reward, continue,
    /// value, decode): it need not run inside a step. Null: there is none.
    /// </summary>
    public string? Head(TensorRole role)
    {
        string? name = role switch
        {
            TensorRole.Reward => "reward",
            TensorRole.Continue => "continue",
            TensorRole.Value => "value",
            TensorRole.Observation => "decode",
            _ => null,
        };
        bool fits = name is not null && Graphs.TryGetValue(name, out GraphSpec? graph)
            && graph.Inputs.All(t => t.Role == TensorRole.State) && graph.Output(role) is not null;
        return fits ? name : null;
    }

    /// <summary>Reads and checks a bundle's manifest and, unless told otherwise, the hash of every file.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="verifyHashes">Whether to read every file and compare its SHA-256.</param>
    /// <exception cref="InvalidDataException">Something is missing, malformed, contradictory or changed; one message lists all.</exception>
    public static Manifest Load(string directory, bool verifyHashes = true)
    {
        ArgumentNullException.ThrowIfNull(directory);
        string path = Path.Combine(directory, FileName);
        if (!Directory.Exists(directory))
            throw new InvalidDataException($"There is no directory '{directory}': give a bundle's directory, the one that holds {FileName}.");
        if (new FileInfo(path) is { Exists: false, LinkTarget: null })
        {
            throw new InvalidDataException($"'{directory}' is not a bundle: it has no {FileName}. Give the directory that an export wrote; "
                + "for ONNX files without one there is: tools adopt.");
        }

        if (BundleFiles.Fault(path, FileName, expected: "", read: false) is { } fault)
            throw InvalidData.Of($"Bundle '{directory}'", FileFault.Lines([fault]));
        Manifest manifest;
        try
        {
            byte[] utf8 = File.ReadAllBytes(path);
            if (FileFault.Replacement(utf8, FileName) is { } replacement)
                throw InvalidData.Of($"Bundle '{directory}'", FileFault.Lines([replacement]));
            manifest = Parse(utf8);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
        List<string> problems = ManifestCheck.Problems(manifest);
        try
        {
            if (problems.Count == 0)
                problems = BundleFiles.Problems(manifest, directory, verifyHashes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"Bundle '{directory}' cannot be read: {e.Message}", e);
        }
        return problems.Count == 0 ? manifest : throw InvalidData.Of($"Bundle '{directory}'", problems);
    }

    /// <summary>Reads a manifest from its JSON, UTF-8. Checks syntax, schema, and unknown, missing, repeated or null members.</summary>
    /// <exception cref="InvalidDataException">It is not a manifest of this schema.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> utf8)
    {
        // Editors put a byte order mark there, which JSON has not.
        if (utf8.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        try
        {
            ManifestCheck.Syntax(utf8);
            return JsonSerializer.Deserialize(utf8, ManifestJson.Default.Manifest)!;
        }
        catch (JsonException e)
        {
            // The parser repeats the place at the end of its sentence, counted from 0.
            string at = (e.Path, e.LineNumber) switch
            {
                (null or "", { } line) => $"line {line + 1}: ",
                (_, { } line) => $"{e.Path} (line {line + 1}): ",
                _ => "",
            };
            string problem = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0].TrimEnd('.');
            throw new InvalidDataException($"not a valid manifest: {at}{problem}. Copy or export the bundle again.", e);
        }
    }

    /// <summary>The manifest as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ManifestJson.Default.Manifest);

    /// <summary>Writes <c>manifest.json</c> into a directory; a reader sees the old one or the new one, never half of it.</summary>
    /// <exception cref="InvalidDataException">The manifest contradicts itself.</exception>
    public void Save(string directory)
    {
        List<string> problems = ManifestCheck.Problems(this);
        if (problems.Count > 0)
            throw InvalidData.Of($"The manifest of '{Name}' cannot be saved", problems);
        Directory.CreateDirectory(directory);
        AtomicFile.Write(Path.Combine(directory, FileName), s => s.Write(Encoding.UTF8.GetBytes(ToJson() + "\n")));
    }

    /// <summary>
    /// The value of <see cref="Files"/> for a finished bundle: every file below its directory but the manifest and what is hidden.
    /// </summary>
    public static IReadOnlyDictionary<string, string> HashFiles(string directory)
    {
        IOrderedEnumerable<string> paths = BundleFiles.Below(directory).Where(p => p != FileName).Order(StringComparer.Ordinal);
        return paths.ToDictionary(p => p, p => Hash(Path.Combine(directory, p)));
    }

    internal static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream)).ToLowerInvariant();
    }

    internal static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant();
}

/// <summary>The observation space: a box of one shape and one pair of bounds.</summary>
public sealed record ObservationSpec
{
    /// <summary>Shape of one observation, without the batch axis, such as [3, 64, 64] or [8].</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>
    /// Shape of the picture that an observation of more numbers begins with, flat; null where there is none, or nothing else.
    /// </summary>
    public IReadOnlyList<int>? Picture { get; init; }

    /// <summary>Lower bound of every element.</summary>
    [JsonRequired]
    public double Low { get; init; }

    /// <summary>Upper bound of every element.</summary>
    [JsonRequired]
    public double High { get; init; } = 1;

    /// <summary>What the elements are called, in their order; null where they have no names, as pixels.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Whether the bounds are less than what float32 holds: JSON has no infinity, so the largest numbers stand for none.</summary>
    [JsonIgnore]
    public bool IsBounded => Low > float.MinValue && High < float.MaxValue;

    /// <summary>Number of elements of one observation.</summary>
    [JsonIgnore]
    public int Size => TensorSpec.Product(Shape);

    /// <summary>Channels, rows and columns of the picture that is observed, alone or before numbers; null: none is.</summary>
    [JsonIgnore]
    public IReadOnlyList<int>? PictureShape => Picture ?? (Shape.Count == 3 ? Shape : null);
}

/// <summary>Whether actions are numbered or real vectors.</summary>
[JsonConverter(typeof(NameConverter<ActionKind>))]
public enum ActionKind
{
    /// <summary>One of <see cref="ActionSpec.Count"/> actions; int64 (B).</summary>
    Discrete,

    /// <summary>A real vector within bounds; float32 (B, ...shape).</summary>
    Continuous,
}

/// <summary>The action space.</summary>
public sealed record ActionSpec
{
    /// <summary>Discrete or continuous.</summary>
    public required ActionKind Kind { get; init; }

    /// <summary>Number of actions (discrete only).</summary>
    public int? Count { get; init; }

    /// <summary>Shape of one action, without the batch axis (continuous only).</summary>
    public IReadOnlyList<int>? Shape { get; init; }

    /// <summary>Lower bound of every element, the lowest of <see cref="Lows"/> where they differ (continuous only).</summary>
    public double? Low { get; init; }

    /// <summary>Upper bound of every element, the highest of <see cref="Highs"/> where they differ (continuous only).</summary>
    public double? High { get; init; }

    /// <summary>Lower bound of each element, where they differ (continuous only); null: all have <see cref="Low"/>.</summary>
    public IReadOnlyList<double>? Lows { get; init; }

    /// <summary>Upper bound of each element, where they differ (continuous only); null: all have <see cref="High"/>.</summary>
    public IReadOnlyList<double>? Highs { get; init; }

    /// <summary>What each action is called (discrete), or each element of one (continuous); null where they have no names.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Numbers in one action: 1 when discrete, the product of the shape when continuous.</summary>
    [JsonIgnore]
    public int Size => Kind == ActionKind.Discrete ? 1 : TensorSpec.Product(Shape!);

    /// <summary>Whether each element of a continuous action has a lower bound and a higher one.</summary>
    [JsonIgnore]
    public bool HasBounds => (Lows, Highs) switch
    {
        (null, null) => Low < High,
        ({ } lows, { } highs) => lows.Count == Size && highs.Count == Size && lows.Zip(highs).All(pair => pair.First < pair.Second)
            && Low == lows.Min() && High == highs.Max(),
        _ => false,
    };

    /// <summary>Lower bound of an element of a continuous action.</summary>
    public double LowOf(int element) => Lows is null ? Low!.Value : Lows[element];

    /// <summary>Upper bound of an element of a continuous action.</summary>
    public double HighOf(int element) => Highs is null ? High!.Value : Highs[element];

    /// <summary>Bounds of a continuous action in words: <c>-2..2</c>, or of each element where they differ.</summary>
    [JsonIgnore]
    public string BoundsText => string.Join(", ", Enumerable.Range(0, Lows is null ? 1 : Size)
        .Select(i => string.Create(CultureInfo.InvariantCulture, $"{LowOf(i):0.######}..{HighOf(i):0.######}")));

    /// <summary>A discrete space of <paramref name="count"/> actions.</summary>
    public static ActionSpec Discrete(int count) => new() { Kind = ActionKind.Discrete, Count = count };

    /// <summary>A continuous space.</summary>
    public static ActionSpec Continuous(IReadOnlyList<int> shape, double low, double high) =>
        new() { Kind = ActionKind.Continuous, Shape = shape, Low = low, High = high };

    /// <summary>A continuous space of vectors with bounds of their own for each element.</summary>
    public static ActionSpec Continuous(IReadOnlyList<double> lows, IReadOnlyList<double> highs)
    {
        ActionSpec space = Continuous([lows.Count], lows.Min(), highs.Max());
        bool same = lows.All(low => low == space.Low) && highs.All(high => high == space.High);
        return same ? space : space with { Lows = lows, Highs = highs };
    }
}

/// <summary>One graph of a bundle.</summary>
public sealed record GraphSpec
{
    /// <summary>The ONNX file, relative to the manifest.</summary>
    public required string File { get; init; }

    /// <summary>Every input of the graph.</summary>
    public required IReadOnlyList<TensorSpec> Inputs { get; init; }

    /// <summary>Every output of the graph.</summary>
    public required IReadOnlyList<TensorSpec> Outputs { get; init; }

    /// <summary>The first input of a role, or null.</summary>
    public TensorSpec? Input(TensorRole role) => Inputs.FirstOrDefault(t => t.Role == role);

    /// <summary>The first output of a role, or null.</summary>
    public TensorSpec? Output(TensorRole role) => Outputs.FirstOrDefault(t => t.Role == role);
}

/// <summary>The reference inputs and outputs that travel in the bundle.</summary>
public sealed record ParitySpec
{
    /// <summary>The largest gap of the two best perturbed logits that is a near tie in float32.</summary>
    public const double MostNearTies = 1e-4;

    /// <summary>The npz file, relative to the manifest.</summary>
    [JsonRequired]
    public string File { get; init; } = "parity.npz";

    /// <summary>Largest allowed |a - b| / (1 + |b|).</summary>
    [JsonRequired]
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>Steps of the recorded rollout.</summary>
    [JsonRequired]
    public int Horizon { get; init; } = 15;

    /// <summary>
    /// A discrete draw may differ where the two best perturbed logits are within this: WorldModels.Runtime.BundleVerifier has the rule,
    /// and takes no more than the default from a bundle of float32.
    /// </summary>
    [JsonRequired]
    public double NearTies { get; init; } = MostNearTies;
}

/// <summary>How a bundle was trained.</summary>
public sealed record TrainingSpec
{
    /// <summary>The seed of the run.</summary>
    [JsonRequired]
    public long Seed { get; init; }

    /// <summary>Gradient updates.</summary>
    [JsonRequired]
    public long Updates { get; init; }

    /// <summary>Environment frames seen.</summary>
    [JsonRequired]
    public long Frames { get; init; }

    /// <summary>Wall time, seconds.</summary>
    [JsonRequired]
    public double Seconds { get; init; }

    /// <summary>The device it was trained on.</summary>
    [JsonRequired]
    public string Device { get; init; } = "cpu";

    /// <summary>The resolved configuration.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, string> Config { get; init; } = new Dictionary<string, string>();

    /// <summary>Measured figures, such as the mean return.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
