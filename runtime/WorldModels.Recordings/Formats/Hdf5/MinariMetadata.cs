using System.Text.Json;
using PureHDF;
using PureHDF.VOL.Native;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>What a Minari data set says of itself: in a file beside its arrays or, before 0.5, in attributes of theirs.</summary>
internal sealed record MinariMetadata
{
    /// <summary>The file beside the arrays.</summary>
    public const string FileName = "metadata.json";

    /// <summary>Name of the data set.</summary>
    public string? Id { get; init; }

    /// <summary>How its arrays are kept; null: as HDF5.</summary>
    public string? DataFormat { get; init; }

    /// <summary>Number of episodes.</summary>
    public long? Episodes { get; init; }

    /// <summary>Number of steps of all episodes.</summary>
    public long? Steps { get; init; }

    /// <summary>What an observation is.</summary>
    public GymSpace? Observation { get; init; }

    /// <summary>What an action is.</summary>
    public GymSpace? Action { get; init; }

    /// <summary>Gymnasium's name of the environment.</summary>
    public string? Environment { get; init; }

    /// <summary>Reads the file in the folder of the arrays; null: there is none.</summary>
    /// <exception cref="RecordingException">It is damaged.</exception>
    public static MinariMetadata? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(GymSpace.Quote(File.ReadAllText(path)));
            Dictionary<string, string> values = new Dictionary<string, string>();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
                values[property.Name] = property.Value.ToString();
            return Of(values, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new RecordingException($"'{path}' cannot be read: {e.Message} Download or write the data set again", e);
        }
    }

    /// <summary>Reads the attributes of the file of the arrays.</summary>
    public static MinariMetadata Read(Hdf5File file) => file.Read("its attributes", handle =>
    {
        Dictionary<string, string> values = new Dictionary<string, string>();
        foreach (string name in (string[])["dataset_id", "total_episodes", "total_steps", "env_spec", "observation_space", "action_space"])
        {
            if (handle.File.AttributeExists(name))
                values[name] = Text(handle.File.Attribute(name));
        }
        return Of(values, file.Path);
    });

    /// <summary>A whole number in an attribute; null: there is none.</summary>
    public static long? Number(NativeObject owner, string name) =>
        owner.AttributeExists(name) && long.TryParse(Text(owner.Attribute(name)), out long number) ? number : null;

    private static string Text(IH5Attribute attribute) => (attribute.Type.Class, attribute.Type.Size) switch
    {
        (H5DataTypeClass.FixedPoint, 8) => $"{attribute.Read<long>()}",
        (H5DataTypeClass.FixedPoint, 4) => $"{attribute.Read<int>()}",
        (H5DataTypeClass.FixedPoint, 2) => $"{attribute.Read<short>()}",
        (H5DataTypeClass.FixedPoint, 1) => $"{attribute.Read<byte>()}",
        (H5DataTypeClass.String or H5DataTypeClass.VariableLength, _) => attribute.Read<string>(),
        _ => "",
    };

    private static MinariMetadata Of(Dictionary<string, string> values, string path) => new()
    {
        Id = values.GetValueOrDefault("dataset_id"),
        DataFormat = values.GetValueOrDefault("data_format"),
        Episodes = Whole(values, "total_episodes", path),
        Steps = Whole(values, "total_steps", path),
        Observation = Space(values, "observation_space", path),
        Action = Space(values, "action_space", path),
        Environment = EnvironmentOf(values.GetValueOrDefault("env_spec")),
    };

    private static long? Whole(Dictionary<string, string> values, string name, string path)
    {
        if (!values.TryGetValue(name, out string? value))
            return null;
        return long.TryParse(value, out long number)
            ? number
            : throw new RecordingException($"'{path}': {name} is '{value}'. Expected a whole number: download or write the data set again");
    }

    private static GymSpace? Space(Dictionary<string, string> values, string name, string path) =>
        values.TryGetValue(name, out string? json) ? GymSpace.Parse(json, $"'{path}': {name}") : null;

    private static string? EnvironmentOf(string? json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(GymSpace.Quote(json ?? "{}"));
            return document.RootElement.TryGetProperty("id", out JsonElement id) ? id.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;        // it names the environment, and nothing else here depends on it
        }
    }
}
