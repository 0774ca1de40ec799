using System.Text.Json;
using System.Text.Json.Serialization;

namespace WorldModels.Bundles;

/// <summary>What a tensor of a graph is for; hosts bind by role, never by name.</summary>
[JsonConverter(typeof(NameConverter<TensorRole>))]
public enum TensorRole
{
    /// <summary>An observation, float32 (B, ...observation).</summary>
    Observation,
    /// <summary>An action: int64 (B) when discrete, float32 (B, ...shape) when continuous. The previous one, except in imagine.</summary>
    Action,
    /// <summary>Recurrent state; an output names the input that it becomes in <see cref="TensorSpec.Feeds"/>.</summary>
    State,
    /// <summary>Noise the host draws, float32; its distribution is <see cref="TensorSpec.Noise"/>.</summary>
    Noise,
    /// <summary>Reward on arrival, float32 (B) or (B, 1).</summary>
    Reward,
    /// <summary>Probability that the episode goes on, without discount, float32 (B) or (B, 1).</summary>
    Continue,
    /// <summary>Unnormalised log-probabilities of a discrete draw; classes lie along <see cref="TensorSpec.Axis"/>.</summary>
    Logits,
    /// <summary>State value, float32.</summary>
    Value,
    /// <summary>How far a step is from what was learnt, float32 (B) or (B, 1); the larger, the farther.</summary>
    Novelty,
    /// <summary>1 for rows at the first step of an episode, else 0; (B) or (B, 1).</summary>
    IsFirst,
    /// <summary>Which of the manifest's tasks a row acts for, int64 (B), its place among them.</summary>
    Task,
    /// <summary>
    /// What a host may set for each row, float32 (B, ...), such as a temperature; unless it does, all of it is
    /// <see cref="TensorSpec.Default"/>.
    /// </summary>
    Setting,
    /// <summary>Anything else; hosts leave such an output alone and cannot supply such an input.</summary>
    Other,
}

/// <summary>Element type of a tensor.</summary>
[JsonConverter(typeof(NameConverter<TensorType>))]
public enum TensorType
{
    /// <summary>32-bit floating point.</summary>
    Float32,
    /// <summary>64-bit integer.</summary>
    Int64,
    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>The distribution of a noise input; drawn by Philox4x32-10 (see WorldModels.Runtime.Philox).</summary>
[JsonConverter(typeof(NameConverter<NoiseKind>))]
public enum NoiseKind
{
    /// <summary>Standard normal.</summary>
    Gaussian,
    /// <summary>Standard Gumbel, -log(-log(u)).</summary>
    Gumbel,
    /// <summary>Uniform in [0, 1).</summary>
    Uniform,
}

/// <summary>What a state is before the first step.</summary>
[JsonConverter(typeof(NameConverter<InitialState>))]
public enum InitialState
{
    /// <summary>All zeros.</summary>
    Zeros,
    /// <summary>A row of the bundle's <c>starts.npz</c>.</summary>
    Starts,
}

/// <summary>Which steps of a state a trajectory keeps.</summary>
[JsonConverter(typeof(NameConverter<KeptSteps>))]
public enum KeptSteps
{
    /// <summary>Every step: a state that is looked at afterwards, or that a graph reads once over all steps.</summary>
    EveryStep,
    /// <summary>The last step alone, for what is too large to be kept T + 1 times, such as a key/value cache.</summary>
    Last,
}

/// <summary>One input or output of a graph.</summary>
public sealed record TensorSpec
{
    /// <summary>The name in the ONNX graph. A state is known by the name of the input that takes it, the same in all graphs.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required TensorRole Role { get; init; }

    /// <summary>Element type.</summary>
    [JsonRequired]
    public TensorType Dtype { get; init; } = TensorType.Float32;

    /// <summary>Dimensions; the first is always "batch".</summary>
    public required IReadOnlyList<Dim> Shape { get; init; }

    /// <summary>Distribution (noise inputs, required).</summary>
    public NoiseKind? Noise { get; init; }

    /// <summary>
    /// The name of the random stream (noise inputs). Default: <c>graph/tensor</c>. A fused graph names the streams of its parts here,
    /// so that it draws what they draw.
    /// </summary>
    public string? Stream { get; init; }

    /// <summary>Value before the first step (state inputs, required).</summary>
    public InitialState? Initial { get; init; }

    /// <summary>Which steps of it a trajectory keeps (state inputs). Null: every step.</summary>
    public KeptSteps? Keep { get; init; }

    /// <summary>The state input that this output becomes at the next step (state outputs, required).</summary>
    public string? Feeds { get; init; }

    /// <summary>The axis of the classes (logits); negative counts from the end. Default: the last.</summary>
    public int? Axis { get; init; }

    /// <summary>What every number of it is unless the host sets it (settings, required).</summary>
    public float? Default { get; init; }

    /// <summary>Number of elements of one row. All dimensions but the first have to be fixed.</summary>
    [JsonIgnore]
    public int RowSize => checked(Shape.Skip(1).Aggregate(1, (a, d) => a * d.Size));

    /// <summary>The actions of a space, (B) or (B, ...shape).</summary>
    internal static TensorSpec Of(ActionSpec space) => new()
    {
        Name = "action",
        Role = TensorRole.Action,
        Dtype = space.Kind == ActionKind.Discrete ? TensorType.Int64 : TensorType.Float32,
        Shape = ["batch", .. (space.Shape ?? []).Select(d => (Dim)d)],
    };

    // A loop, not LINQ: hosts ask at every step.
    internal static int Product(IReadOnlyList<int> shape)
    {
        int product = 1;
        for (int i = 0; i < shape.Count; i++)
            product = checked(product * shape[i]);
        return product;
    }

    /// <summary>Such as <c>float32 [batch, 3]</c>.</summary>
    public string Describe() => $"{NameConverter<TensorType>.Write(Dtype)} [{string.Join(", ", Shape)}]";
}

/// <summary>A dimension: a fixed size or a name for one that the caller chooses. JSON: a number or a string.</summary>
[JsonConverter(typeof(DimConverter))]
public readonly record struct Dim
{
    private readonly int _size;

    /// <summary>A fixed dimension, at least 1.</summary>
    public Dim(int size) => _size = size;

    /// <summary>A dimension named <paramref name="name"/>.</summary>
    public Dim(string name) => Name = name;

    /// <summary>The name, or null when the size is fixed.</summary>
    public string? Name { get; }

    /// <summary>Whether the size is fixed.</summary>
    public bool IsFixed => Name is null;

    /// <summary>The fixed size.</summary>
    /// <exception cref="InvalidOperationException">The dimension is named.</exception>
    public int Size => IsFixed ? _size : throw new InvalidOperationException($"Dimension '{Name}' has no fixed size.");

    /// <summary>A fixed dimension.</summary>
    public static implicit operator Dim(int size) => new(size);

    /// <summary>A named dimension.</summary>
    public static implicit operator Dim(string name) => new(name);

    /// <summary>The size or the name.</summary>
    public override string ToString() => Name ?? _size.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

internal sealed class DimConverter : JsonConverter<Dim>
{
    public override Dim Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt32(out int size) => size,
        JsonTokenType.String => reader.GetString()!,
        _ => throw new JsonException("expected a dimension: a whole number, or a name"),
    };

    public override void Write(Utf8JsonWriter writer, Dim value, JsonSerializerOptions options)
    {
        if (value.IsFixed)
            writer.WriteNumberValue(value.Size);
        else
            writer.WriteStringValue(value.Name);
    }
}

/// <summary>Enum members as camelCase names; an unknown name is answered with the known ones.</summary>
internal sealed class NameConverter<T> : JsonConverter<T> where T : struct, Enum
{
    private static readonly Dictionary<string, T> ByName = Enum.GetValues<T>().ToDictionary(Write);

    public static string Write(T value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && ByName.TryGetValue(reader.GetString()!, out T value)
            ? value
            : throw new JsonException($"expected one of {string.Join(", ", ByName.Keys)}");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Write(value));
}
