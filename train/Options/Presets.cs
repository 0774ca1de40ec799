using System.Text.Json;

namespace WorldModels.Train;

/// <summary>
/// An algorithm's presets as data, algorithm by environment: the file <c>presets.json</c> in its folder, beside its options record, a resource
/// of the assembly. A preset sets options of the record, of which the others keep their defaults, or keep what the preset's base has. The first
/// entry of the environments that names the run's environment, or "*", then sets what that asks for: first what it asks of every preset,
/// then what it asks of this one. What is asked of a base is not asked of the presets that build on it.
/// </summary>
/// <remarks>
/// <code>
/// {
///   "presets": {
///     "small": { "updates": 4000, "learningRate": 1e-3 },
///     "debug": { "base": "small", "updates": 30 }
///   },
///   "environments": [
///     { "names": ["cartpole", "acrobot"], "options": { "actionRepeat": 1 }, "presets": { "small": { "updates": 3000 } } },
///     { "names": ["*"], "options": { "actionRepeat": 4 } }
///   ]
/// }
/// </code>
/// </remarks>
/// <typeparam name="TOptions">The algorithm's options.</typeparam>
public sealed class Presets<TOptions> where TOptions : TrainOptions, new()
{
    private const string FileName = "presets.json", Base = "base", Any = "*";

    private static readonly JsonSerializerOptions Format = new(OptionText.Json)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    private static readonly Lazy<Presets<TOptions>> Resource = new(ReadResource);

    private readonly PresetFile _file;
    private readonly string _source;

    private Presets(PresetFile file, string source) => (_file, _source) = (file, source);

    /// <summary>The presets that are part of the program.</summary>
    /// <exception cref="InvalidDataException">The file is not of this form.</exception>
    public static Presets<TOptions> Embedded => Resource.Value;

    /// <summary>The presets' names, in the order of the file.</summary>
    public IReadOnlyList<string> Names => [.. _file.Presets.Keys];

    /// <summary>The environments that ask for something, by name.</summary>
    public IReadOnlyList<string> Environments => [.. _file.Environments.SelectMany(entry => entry.Names).Where(name => name != Any)];

    /// <summary>Reads a file of presets. What a preset sets is checked when it is asked for.</summary>
    /// <param name="json">Text of the file.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">The file is not of this form.</exception>
    public static Presets<TOptions> Parse(string json, string source)
    {
        try
        {
            return new(JsonSerializer.Deserialize<PresetFile>(json, Format) ?? throw new JsonException("It is empty."), source);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{source} does not hold presets: {exception.Message}", exception);
        }
    }

    /// <summary>The options of a preset.</summary>
    /// <param name="name">The preset's name, one of <see cref="Names"/>.</param>
    /// <param name="environment">The environment to fit them to; null: the preset's own.</param>
    /// <exception cref="InvalidDataException">The file sets unknown options or bad values, or the preset's base is unknown.</exception>
    public TOptions Of(string name, string? environment = null)
    {
        TOptions options = Named(name, []);
        options = options with { Env = environment ?? options.Env };
        PresetFit? fit = _file.Environments.FirstOrDefault(entry => entry.Names.Any(asking => asking == options.Env || asking == Any));
        if (fit is null)
            return options;
        if (fit.Presets.Keys.FirstOrDefault(preset => !_file.Presets.ContainsKey(preset)) is { } unknown)
            throw Mistake($"environment {options.Env}", NoPreset(unknown));
        options = With(options, fit.Options, $"environment {options.Env}");
        return fit.Presets.TryGetValue(name, out IReadOnlyDictionary<string, JsonElement>? own)
            ? With(options, own, $"environment {options.Env}, preset {name}")
            : options;
    }

    private TOptions Named(string name, IReadOnlyList<string> derived)
    {
        if (derived.Contains(name))
            throw Mistake($"preset {name}", $"It builds on itself: {string.Join(", ", derived)}, {name}.");
        if (!_file.Presets.TryGetValue(name, out IReadOnlyDictionary<string, JsonElement>? set))
            throw Mistake(derived.Count == 0 ? "presets" : $"preset {derived[^1]}", NoPreset(name));
        TOptions options = new();
        if (set.TryGetValue(Base, out JsonElement other))
        {
            options = other.ValueKind == JsonValueKind.String
                ? Named(other.GetString()!, [.. derived, name])
                : throw Mistake($"preset {name}", $"'{Base}' takes the name of a preset, not {other}.");
        }

        return With(options, set.Where(pair => pair.Key != Base), $"preset {name}");
    }

    private TOptions With(TOptions options, IEnumerable<KeyValuePair<string, JsonElement>> set, string place)
    {
        try
        {
            return OptionText.With(options, set);
        }
        catch (UserException exception)
        {
            throw Mistake(place, exception.Message);
        }
    }

    private string NoPreset(string name) => $"There is no preset '{name}'{CommandLine.Names.Suggest(name, Names)}";

    private InvalidDataException Mistake(string place, string message) => new($"{_source}, {place}: {message}");

    private static Presets<TOptions> ReadResource()
    {
        // Dreamer/presets.json belongs to DreamerOptions.
        Type type = typeof(TOptions);
        string name = $".{type.Name.Replace("Options", "", StringComparison.Ordinal)}.{FileName}";
        string resource = Array.Find(type.Assembly.GetManifestResourceNames(), known => known.EndsWith(name, StringComparison.Ordinal))
            ?? throw new InvalidDataException($"There is no resource {FileName} beside {type}.");
        using StreamReader reader = new StreamReader(type.Assembly.GetManifestResourceStream(resource)!);
        return Parse(reader.ReadToEnd(), $"{FileName} of {type.Name}");
    }
}

/// <summary>The form of presets.json.</summary>
internal sealed record PresetFile
{
    /// <summary>What each preset sets, by option.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Presets { get; init; }

    /// <summary>What environments ask for; the first entry that names an environment counts.</summary>
    public IReadOnlyList<PresetFit> Environments { get; init; } = [];
}

/// <summary>What some environments ask for.</summary>
internal sealed record PresetFit
{
    /// <summary>The environments; "*" stands for all.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Asked of every preset.</summary>
    public IReadOnlyDictionary<string, JsonElement> Options { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Asked of single presets besides.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, JsonElement>> Presets { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, JsonElement>>();
}
