using System.Text.Json;
using System.Text.RegularExpressions;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>Lowest and highest value of every number of a space, all finite.</summary>
internal sealed record DeclaredBounds(double[] Lows, double[] Highs);

/// <summary>A space of Gymnasium's, as Minari writes it down in JSON.</summary>
internal sealed partial record GymSpace
{
    /// <summary>Box, Discrete, MultiDiscrete, MultiBinary, Text, Dict or Tuple.</summary>
    public required string Type { get; init; }

    /// <summary>Of one value; none: a number.</summary>
    public IReadOnlyList<int> Shape { get; init; } = [];

    /// <summary>Of a Discrete: how many values.</summary>
    public long Count { get; init; }

    /// <summary>Of a Discrete: the first value.</summary>
    public long Start { get; init; }

    /// <summary>Of a Box: null where it is open on a side.</summary>
    public DeclaredBounds? Bounds { get; init; }

    /// <summary>Of a Dict by key, of a Tuple by the names that their groups have.</summary>
    public IReadOnlyDictionary<string, GymSpace>? Parts { get; init; }

    /// <summary>Numbers in one value.</summary>
    public int Size => Parts?.Values.Sum(part => part.Size) ?? Product(Shape);

    /// <summary>Numbers in an array of a shape.</summary>
    public static int Product(IEnumerable<int> shape) => shape.Aggregate(1, (product, size) => checked(product * size));

    /// <summary>Reads a space.</summary>
    /// <exception cref="RecordingException">It is no space that Minari writes.</exception>
    public static GymSpace Parse(string json, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Quote(json));
            return Parse(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or OverflowException)
        {
            throw new RecordingException($"{where} is no space as Minari writes it: {e.Message}", e);
        }
    }

    /// <summary>JSON as Python writes it, in which infinities stand bare, as JSON that has them in quotes.</summary>
    public static string Quote(string json) =>
        Infinities().Replace(json, match => match.Value[0] == '"' ? match.Value : $"\"{match.Value}\"");

    /// <summary>The action space of this one; null: models have none such.</summary>
    public ActionSpec? ToActions() => Type switch
    {
        "Discrete" => ActionSpec.Discrete(checked((int)Count)),
        "Box" when Bounds is not null && Shape.Count == 1 => ActionSpec.Continuous(Bounds.Lows, Bounds.Highs),
        "Box" => new() { Kind = ActionKind.Continuous, Shape = [.. Shape], Low = Bounds?.Lows.Min(), High = Bounds?.Highs.Max() },
        _ => null,
    };

    private static GymSpace Parse(JsonElement space)
    {
        string type = space.GetProperty("type").GetString() ?? "";
        return type switch
        {
            "Box" => Box(space),
            "Discrete" => new()
            {
                Type = type,
                Count = space.GetProperty("n").GetInt64(),
                Start = space.TryGetProperty("start", out JsonElement start) ? start.GetInt64() : 0,
            },
            "MultiDiscrete" => new() { Type = type, Shape = ShapeOf(space.GetProperty("nvec")) },
            "MultiBinary" => new() { Type = type, Shape = [.. Flatten(space.GetProperty("n")).Select(size => size.GetInt32())] },
            "Text" => new() { Type = type },
            "Dict" => new()
            {
                Type = type,
                Parts = Subspaces(space).EnumerateObject().ToDictionary(part => part.Name, part => Parse(part.Value)),
            },
            "Tuple" => new()
            {
                Type = type,
                Parts = Subspaces(space).EnumerateArray().Select((part, i) => (part, i)).ToDictionary(place => $"_index_{place.i}", place => Parse(place.part)),
            },
            _ => throw new FormatException($"type '{type}'; expected Box, Discrete, MultiDiscrete, MultiBinary, Text, Dict or Tuple"),
        };
    }

    private static GymSpace Box(JsonElement space)
    {
        int[] shape = Ints(space.GetProperty("shape"));
        int size = Product(shape);
        (double[] lows, double[] highs) = (Numbers(space.GetProperty("low"), size), Numbers(space.GetProperty("high"), size));
        bool closed = lows.Concat(highs).All(double.IsFinite);
        return new() { Type = "Box", Shape = shape, Bounds = closed ? new(lows, highs) : null };
    }

    private static double[] Numbers(JsonElement values, int size)
    {
        double[] numbers = [.. Flatten(values).Select(Number)];
        if (numbers.Length == 1)
            return [.. Enumerable.Repeat(numbers[0], size)];
        return numbers.Length == size ? numbers : throw new FormatException($"{numbers.Length} bounds for {size} numbers");
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flatten) : [value];

    private static double Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String when value.GetString() == "NaN" => double.NaN,
        JsonValueKind.String => value.GetString()![0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.GetDouble(),
    };

    private static int[] Ints(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetInt32())];

    private static JsonElement Subspaces(JsonElement space) => space.GetProperty("subspaces");

    private static int[] ShapeOf(JsonElement values) =>
        values.ValueKind == JsonValueKind.Array ? [values.GetArrayLength(), .. ShapeOf(values[0])] : [];

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?Infinity|NaN")]
    private static partial Regex Infinities();
}
