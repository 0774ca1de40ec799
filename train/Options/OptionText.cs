using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace WorldModels.Train;

/// <summary>Option records as text: <c>key=value</c> from the command line, JSON in a run folder.</summary>
public static class OptionText
{
    /// <summary>JSON as run folders and bundles hold it: camelCase, enums by name, unknown keys refused.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private static readonly JsonSerializerOptions OneLine = new(Json) { WriteIndented = false };

    /// <summary>The options with each <c>key=value</c> applied, checked against their ranges.</summary>
    /// <exception cref="UserException">A key is unknown, or a value is not of its type or range.</exception>
    public static TOptions With<TOptions>(TOptions options, IEnumerable<string> assignments) where TOptions : TrainOptions
    {
        JsonObject node = (JsonObject)JsonSerializer.SerializeToNode(options, options.GetType(), Json)!;
        foreach (string assignment in assignments)
        {
            int equals = assignment.IndexOf('=');
            if (equals <= 0)
                throw new UserException($"--set takes key=value, not '{assignment}'.");
            string key = assignment[..equals].Trim(), text = assignment[(equals + 1)..].Trim();
            PropertyInfo property = Find(options, key);
            node[Key(property)] = Parse(property, text);
        }
        return Read<TOptions>(node, options.GetType());
    }

    /// <summary>The options with values of JSON applied by name, checked against their ranges.</summary>
    /// <exception cref="UserException">A name is unknown, or a value is not of its type or range.</exception>
    public static TOptions With<TOptions>(TOptions options, IEnumerable<KeyValuePair<string, JsonElement>> values)
        where TOptions : TrainOptions
    {
        JsonObject node = (JsonObject)JsonSerializer.SerializeToNode(options, options.GetType(), Json)!;
        foreach ((string key, JsonElement value) in values)
            node[Key(Find(options, key))] = JsonSerializer.SerializeToNode(value);
        return Read<TOptions>(node, options.GetType());
    }

    /// <summary>The same for a run that has begun, whose <see cref="FixedAttribute">fixed</see> options stay as they are.</summary>
    /// <exception cref="UserException">A key is unknown, a value is not of its type or range, or a fixed option would change.</exception>
    public static TOptions Change<TOptions>(TOptions options, IEnumerable<string> assignments) where TOptions : TrainOptions
    {
        TOptions changed = With(options, assignments);
        return FirstFixed(options, changed) is not { } other ? changed : throw new UserException(
            $"{Key(other)} is {Text(other.GetValue(options)!)} for the whole of this run; another value needs a new run (--run).");
    }

    /// <summary>
    /// The fixed option, as <c>key=value</c>, that a stage of a run was begun with and should not have now; null: there is none. Where its
    /// folders are is of no account.
    /// </summary>
    public static string? OtherFixed(TrainOptions begun, TrainOptions now) =>
        FirstFixed(begun, now, but: typeof(PlaceAttribute)) is { } other ? $"{Key(other)}={Text(other.GetValue(begun)!)}" : null;

    /// <summary>Throws a <see cref="UserException"/> that names the first value out of its range; of a list, the first element.</summary>
    public static void Validate(TrainOptions options)
    {
        foreach (PropertyInfo property in Properties(options))
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range)
                Validate(Key(property), property.GetValue(options)!, range);
            if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed
                && property.GetValue(options) is var value && !allowed.Values.Contains(value))
            {
                throw new UserException($"{Key(property)} must be one of {string.Join(", ", allowed.Values)}; it is {Text(value!)}.");
            }
        }
    }

    /// <summary>An option's name as it is written everywhere, for a key of any case.</summary>
    /// <exception cref="UserException">There is no such option; the message suggests the nearest.</exception>
    public static string NameOf(TrainOptions options, string key) => Key(Find(options, key));

    /// <summary>Refuses what was set where it changes nothing beside the other options.</summary>
    /// <exception cref="UserException">It names the option, and what it is of.</exception>
    public static void RequireEffect(TrainOptions options, IEnumerable<string> assignments)
    {
        string[] names = [.. assignments.Select(assignment => NameOf(options, assignment.Split('=')[0].Trim()))];
        foreach ((string option, string of) in options.WithoutEffect.Where(without => names.Contains(without.Option)))
            throw new UserException($"{option} would change nothing here: it is of {of}. Leave it out.");
    }

    /// <summary>Every option with its value, as text.</summary>
    public static IReadOnlyDictionary<string, string> Describe(TrainOptions options) =>
        Properties(options).ToDictionary(Key, property => Text(property.GetValue(options)!));

    /// <summary>
    /// The same for others to read, who have not the user's folders: of <see cref="PlaceAttribute">places</see> the last names.
    /// </summary>
    public static IReadOnlyDictionary<string, string> DescribeShipped(TrainOptions options) =>
        Properties(options).ToDictionary(Key, property => (property.IsDefined(typeof(PlaceAttribute)), property.GetValue(options)!) switch
        {
            (true, string path) => LastPart(path),
            (true, OptionList<string> paths) => Text(OptionList.Create<string>([.. paths.Select(LastPart)])),
            (_, var value) => Text(value),
        });

    private static string LastPart(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private static PropertyInfo? FirstFixed(TrainOptions options, TrainOptions changed, Type? but = null) =>
        Array.Find(Properties(options), property => property.IsDefined(typeof(FixedAttribute))
            && (but is null || !property.IsDefined(but)) && !Equals(property.GetValue(options), property.GetValue(changed)));

    private static PropertyInfo[] Properties(TrainOptions options) =>
        [.. options.GetType().GetProperties().Where(property => property.CanWrite)
            .OrderBy(property => property.DeclaringType == typeof(TrainOptions) ? 0 : 1)];

    private static PropertyInfo Find(TrainOptions options, string key)
    {
        PropertyInfo[] properties = Properties(options);
        string[] known = [.. properties.Select(Key)];
        return properties.FirstOrDefault(property => string.Equals(property.Name, key, StringComparison.OrdinalIgnoreCase))
            ?? throw new UserException($"Unknown option '{key}'{Names.Suggest(key, known)} Options: {string.Join(", ", known)}.");
    }

    private static string Key(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    /// <summary>A value as text; a list as JSON on one line.</summary>
    internal static string Text(object value) => OptionList.ElementOf(value.GetType()) is null
        ? Convert.ToString(value, CultureInfo.InvariantCulture)!
        : JsonSerializer.Serialize(value, OneLine);

    private static TOptions Read<TOptions>(JsonObject node, Type type) where TOptions : TrainOptions
    {
        try
        {
            TOptions options = (TOptions)node.Deserialize(type, Json)!;
            Validate(options);
            return options;
        }
        catch (JsonException exception)
        {
            throw new UserException(exception.Message, exception);
        }
    }

    private static void Validate(string key, object value, RangeAttribute range)
    {
        object[] elements = OptionList.ElementOf(value.GetType()) is null ? [value] : [.. ((IEnumerable)value).Cast<object>()];
        int wrong = Array.FindIndex(elements, element => !InRange(range, element));
        if (wrong < 0)
            return;
        string which = elements is [var only] && ReferenceEquals(only, value) ? "it" : $"element {wrong + 1}";
        throw new UserException($"{key} must be between {range.Minimum} and {range.Maximum}; {which} is {Text(elements[wrong])}.");
    }

    private static bool InRange(RangeAttribute range, object value)
    {
        double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return number >= Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture)
            && number <= Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
    }

    private static JsonNode Parse(PropertyInfo property, string text)
    {
        Type type = property.PropertyType;
        if (OptionList.ElementOf(type) is not { } element)
            return Parse(type, text) ?? throw new UserException($"{Key(property)} takes {Expected(type)}, not '{text}'.");
        string inner = text is ['[', .., ']'] ? text[1..^1].Trim() : text;
        if (inner.Length == 0 && text.Length > 0)
            return new JsonArray();
        return new JsonArray([.. inner.Split(',').Select(part => Parse(element, part.Trim().Trim('"')) ?? throw new UserException(
            $"{Key(property)} takes a list such as a,b or [a,b], each of them {Expected(element)}, not '{text}'."))]);
    }

    /// <summary>The value that a text is for a type; null if it is none.</summary>
    private static JsonNode? Parse(Type type, string text)
    {
        const NumberStyles Whole = NumberStyles.Integer | NumberStyles.AllowExponent | NumberStyles.AllowDecimalPoint;
        if (type == typeof(string))
            return text;
        if (type == typeof(bool) && bool.TryParse(text, out bool flag))
            return flag;
        if (type == typeof(int) && int.TryParse(text, Whole, CultureInfo.InvariantCulture, out int small))
            return small;
        if (type == typeof(long) && long.TryParse(text, Whole, CultureInfo.InvariantCulture, out long large))
            return large;
        if (type == typeof(double) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number))
        {
            return number;
        }

        if (type.IsEnum && Enum.TryParse(type, text, ignoreCase: true, out object? choice) && Enum.IsDefined(type, choice))
            return JsonNamingPolicy.CamelCase.ConvertName(choice.ToString()!);
        return null;
    }

    private static string Expected(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName))}"
        : type == typeof(bool) ? "true or false"
        : type == typeof(double) ? "a finite number"
        : "a whole number";
}
