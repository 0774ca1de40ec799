using System.Globalization;
using System.Text.Json;

namespace WorldModels.Train;

/// <summary>The measurements of a run: one JSON object a line in metrics.jsonl, and the same scalars as TensorBoard events.</summary>
public sealed class Metrics
{
    private readonly string _path;
    private readonly TensorBoardLog _board;

    /// <summary>Opens the log of a run folder, dropping lines after <paramref name="update"/>: a resumed run writes them again.</summary>
    public Metrics(string folder, long update)
    {
        _path = PathIn(folder);
        if (File.Exists(_path))
            Disk.Write(_path, string.Concat(Lines(folder, update).Select(line => line + "\n")));
        _board = new TensorBoardLog(Path.Combine(folder, "tensorboard"), update);
    }

    /// <summary>Appends one line: the update, the environment frames seen so far, and named values.</summary>
    public void Write(long update, long frames, IReadOnlyDictionary<string, double> values)
    {
        try
        {
            using (StreamWriter writer = new StreamWriter(_path, append: true))
                writer.WriteLine("{" + string.Join(", ", new[] { $"\"update\": {update}", $"\"frames\": {frames}" }.Concat(values.Select(Pair))) + "}");
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(_path, exception);
        }
        _board.Write(update, values);
    }

    /// <summary>The whole lines of a run up to an update, without those that a killed run wrote after its last checkpoint.</summary>
    public static IReadOnlyList<string> Lines(string folder, long update) =>
        File.Exists(PathIn(folder)) ? [.. File.ReadLines(PathIn(folder)).Where(line => UpTo(line, update))] : [];

    private static string PathIn(string folder) => Path.Combine(folder, "metrics.jsonl");

    // JSON has no NaN or infinity; null says that there was no number.
    private static string Pair(KeyValuePair<string, double> pair) =>
        $"{JsonSerializer.Serialize(pair.Key)}: {(double.IsFinite(pair.Value) ? pair.Value.ToString("R", CultureInfo.InvariantCulture) : "null")}";

    private static bool UpTo(string line, long update)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("update", out JsonElement value) && value.GetInt64() <= update;
        }
        catch (JsonException)
        {
            return false;   // a line cut off by a killed process
        }
    }
}
