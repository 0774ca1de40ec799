using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>What a data set says of itself, as Minari reads it.</summary>
internal static class MinariJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The contents of metadata.json.</summary>
    /// <exception cref="RecordingException">Bounds are not as many as numbers.</exception>
    public static byte[] Metadata(MinariSpec spec, NpyArray observation, NpyArray action, int episodes, long steps, long bytes)
    {
        JsonObject metadata = new JsonObject
        {
            ["dataset_id"] = spec.Id,
            ["total_episodes"] = episodes,
            ["total_steps"] = steps,
            ["data_format"] = "hdf5",
            ["jpeg_encoding"] = false,
            ["observation_space"] = ObservationSpace(spec, observation),
            ["action_space"] = ActionSpace(spec, action),
            ["minari_version"] = spec.MinariVersion,
            ["dataset_size"] = Math.Round(bytes / 1e6, 1),
        };
        Add("env_spec", spec.EnvSpec);
        Add("algorithm_name", spec.AlgorithmName);
        Add("author", List(spec.Author));
        Add("author_email", List(spec.AuthorEmail));
        Add("code_permalink", spec.CodePermalink);
        Add("description", spec.Description);
        Add("requirements", List(spec.Requirements));
        return JsonSerializer.SerializeToUtf8Bytes(metadata, Indented);

        void Add(string name, JsonNode? value)
        {
            if (value is not null)
                metadata[name] = value;
        }
    }

    private static JsonArray? List(IReadOnlyList<string>? values) =>
        values is null ? null : [.. values.Select(value => JsonValue.Create(value))];

    private static string ObservationSpace(MinariSpec spec, NpyArray observation)
    {
        int[] shape = [.. observation.Shape.Skip(1)];
        string axes = string.Join(", ", shape);
        (double low, double high) = observation.Type switch
        {
            NpyType.UInt8 => (byte.MinValue, byte.MaxValue),
            NpyType.Int64 => (long.MinValue, long.MaxValue),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };
        return observation.Type == NpyType.Bool
            ? $$"""{"type": "MultiBinary", "n": [{{axes}}]}"""
            : Box("observation", observation.Type, shape, (spec.ObservationLows, low), (spec.ObservationHighs, high));
    }

    private static string ActionSpace(MinariSpec spec, NpyArray action)
    {
        ActionSpec actions = spec.Dataset.Action;
        if (action.Type == NpyType.Int64)
            return $$"""{"type": "Discrete", "dtype": "int64", "start": 0, "n": {{actions.Count}}}""";
        (double low, double high) = (actions.Low ?? double.NegativeInfinity, actions.High ?? double.PositiveInfinity);
        return Box("action", action.Type, [.. action.Shape.Skip(1)], (actions.Lows, low), (actions.Highs, high));
    }

    private static string Box(
        string name,
        NpyType type,
        int[] shape,
        (IReadOnlyList<double>? Each, double All) low,
        (IReadOnlyList<double>? Each, double All) high)
    {
        string dtype = type.ToString().ToLowerInvariant();
        string axes = string.Join(", ", shape);
        return $$"""{"type": "Box", "dtype": "{{dtype}}", "shape": [{{axes}}], "low": {{Bounds(low)}}, "high": {{Bounds(high)}}}""";

        string Bounds((IReadOnlyList<double>? Each, double All) bounds)
        {
            int size = GymSpace.Product(shape);
            if (bounds.Each is { } each && each.Count != size)
                throw new RecordingException($"There are {each.Count} bounds of {name}, and it has {size} numbers. Give one for each");
            int next = 0;
            return Nested(shape, () => Number(bounds.Each?[next++] ?? bounds.All, type));
        }
    }

    /// <summary>Numbers as nested lists of a shape.</summary>
    private static string Nested(ReadOnlySpan<int> shape, Func<string> next)
    {
        if (shape.IsEmpty)
            return next();
        string[] items = new string[shape[0]];
        for (int i = 0; i < items.Length; i++)
            items[i] = Nested(shape[1..], next);
        return $"[{string.Join(", ", items)}]";
    }

    /// <summary>A number as Python reads it: infinities have names there, and whole numbers of 64 bits no rounding.</summary>
    private static string Number(double value, NpyType type) => value switch
    {
        double.PositiveInfinity => "Infinity",
        double.NegativeInfinity => "-Infinity",
        >= long.MaxValue when type == NpyType.Int64 => long.MaxValue.ToString(CultureInfo.InvariantCulture),
        <= long.MinValue when type == NpyType.Int64 => long.MinValue.ToString(CultureInfo.InvariantCulture),
        _ when type is NpyType.Int64 or NpyType.UInt8 => value.ToString("F0", CultureInfo.InvariantCulture),
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
