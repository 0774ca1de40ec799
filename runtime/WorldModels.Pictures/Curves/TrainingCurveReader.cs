using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Pictures;

/// <summary>Reads training curves from what training leaves behind.</summary>
public static partial class TrainingCurveReader
{
    // A computed property that run folders hold and bundles do not.
    private const string Derived = "framesPerUpdate";

    /// <summary>
    /// Reads a folder: a run's (config.json, metrics.jsonl, evaluation.json once it has ended), a bundle's (manifest.json, curve.jsonl,
    /// further runs as NAME.json with NAME.curve.jsonl, here and in arms/), or one of such further runs alone.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="BundleException">It is none of these, or a file of it cannot be read; the message names file and line.</exception>
    public static IReadOnlyList<TrainingCurve> Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new BundleException($"There is no directory '{folder}': give the folder of a run, or a bundle.");
        if (File.Exists(Path.Combine(folder, Manifest.FileName)))
            return ReadBundle(folder);
        if (File.Exists(Path.Combine(folder, "config.json")))
            return [ReadRun(folder)];
        List<TrainingCurve> recorded = ReadRecorded(folder, manifest: null);
        return recorded.Count > 0 ? recorded : throw new BundleException(
            $"'{folder}' is no run: it has neither config.json (a run's folder) nor {Manifest.FileName} (a bundle). Runs are the folders "
            + "that train made, by default under runs/.");
    }

    private static TrainingCurve ReadRun(string folder)
    {
        string evaluation = Path.Combine(folder, "evaluation.json");
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        using JsonDocument config = Parse(Path.Combine(folder, "config.json"));
        using JsonDocument? figures = File.Exists(evaluation) ? Parse(evaluation) : null;
        string metrics = Path.Combine(folder, "metrics.jsonl");
        if (!File.Exists(metrics))
            throw Unmeasured(folder, "it has no metrics.jsonl");
        TrainingCurve curve = WithMetrics(Describe(SeedSuffix().Replace(name, ""), folder, Strings(config.RootElement),
            Numbers(figures?.RootElement, evaluation)), metrics);
        return curve with { Shortfall = ShortfallOf(curve) };
    }

    private static string? ShortfallOf(TrainingCurve curve)
    {
        using JsonDocument line = JsonDocument.Parse(curve.LastLine);
        return curve.Config.TryGetValue("updates", out string? text) && long.TryParse(text, out long updates)
            && line.RootElement.TryGetProperty("update", out JsonElement last) && last.TryGetInt64(out long update) && update < updates
            ? $"update {update} of {updates}" : null;
    }

    private static List<TrainingCurve> ReadBundle(string folder)
    {
        Manifest manifest = Manifest.Load(folder, verifyHashes: false);
        List<TrainingCurve> curves = [.. ReadRecorded(folder, manifest), .. ReadRecorded(Path.Combine(folder, "arms"), manifest)];
        string own = Path.Combine(folder, "curve.jsonl");
        if (File.Exists(own) && manifest.Training is { } training)
        {
            Dictionary<string, string> config = new(training.Config) { ["seed"] = training.Seed.ToString(CultureInfo.InvariantCulture) };
            curves.Insert(0, WithMetrics(Describe(manifest.Name, folder, config, training.Figures, manifest), own));
        }
        return curves.Count > 0 ? curves : throw Unmeasured(folder, "it has no curve.jsonl");
    }

    /// <summary>Runs beside a bundle: NAME.json with seed, config and figures, NAME.curve.jsonl with the measurements.</summary>
    private static List<TrainingCurve> ReadRecorded(string folder, Manifest? manifest)
    {
        const string Suffix = ".curve.jsonl";
        List<TrainingCurve> curves = [];
        if (!Directory.Exists(folder))
            return curves;
        foreach (string metrics in Directory.EnumerateFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal))
        {
            string path = metrics[..^Suffix.Length] + ".json";
            if (!File.Exists(path))
                throw new BundleException($"'{metrics}' has no '{Path.GetFileName(path)}' beside it, which says what run it is of.");
            using JsonDocument document = Parse(path);
            JsonElement root = document.RootElement;
            Dictionary<string, string> config = root.TryGetProperty("config", out JsonElement options) ? Strings(options) : [];
            if (root.TryGetProperty("seed", out JsonElement seed))
                config["seed"] = seed.ToString();
            string name = root.TryGetProperty("arm", out JsonElement arm) ? arm.ToString()
                : manifest?.Name ?? SeedSuffix().Replace(Path.GetFileNameWithoutExtension(path), "");
            JsonElement? figures = root.TryGetProperty("figures", out JsonElement measured) ? measured : null;
            curves.Add(WithMetrics(Describe(name, metrics[..^Suffix.Length], config, Numbers(figures, path), manifest), metrics));
        }
        return curves;
    }

    private static TrainingCurve Describe(string name, string source, Dictionary<string, string> config,
        IReadOnlyDictionary<string, double> figures, Manifest? manifest = null)
    {
        if (!config.Remove("seed", out string? text)
            || !long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long seed))
        {
            throw new BundleException($"The configuration of '{source}' has no whole number 'seed': it is not one that train wrote.");
        }

        config.Remove(Derived);
        return new()
        {
            Name = name,
            Source = source,
            Algorithm = config.Remove("algorithm", out string? algorithm) ? algorithm : manifest?.Algorithm ?? "",
            Environment = config.Remove("env", out string? environment) ? environment : manifest?.Environment ?? "",
            Seed = seed,
            Config = config,
            Figures = figures,
            CountsEnvironmentSteps = false,
            Metrics = new Dictionary<string, MetricSeries>(),
            LastLine = "",
        };
    }

    private static TrainingCurve WithMetrics(TrainingCurve curve, string path)
    {
        string text = ReadText(path);
        string[] lines = text.Split('\n');
        Dictionary<string, (List<double> Steps, List<double> Values)> metrics = [];
        string? axis = null;
        string last = "";
        double previous = double.NegativeInfinity;
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(lines[i]);
            }
            // A killed run leaves half a line, without its end.
            catch (JsonException) when (i == lines.Length - 1)
            {
                break;
            }
            catch (JsonException e)
            {
                throw Unreadable(path, i, $"it is no JSON ({e.Message.TrimEnd('.')})");
            }
            using (document)
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object)
                    throw Unreadable(path, i, "it is no JSON object");
                axis ??= document.RootElement.TryGetProperty("environment_steps", out _) ? "environment_steps" : "frames";
                if (!document.RootElement.TryGetProperty(axis, out JsonElement at) || at.ValueKind != JsonValueKind.Number)
                    throw Unreadable(path, i, $"it has no number '{axis}'");
                double step = at.GetDouble();
                if (step < previous)
                    throw Unreadable(path, i, $"its '{axis}' goes back from {previous} to {step}");
                foreach (JsonProperty property in document.RootElement.EnumerateObject())
                {
                    if (property.Name is "update" or "frames" or "environment_steps")
                        continue;
                    if (property.Value.ValueKind == JsonValueKind.Null)
                        continue; // there was no number
                    double value = property.Value.ValueKind == JsonValueKind.Number ? property.Value.GetDouble() : double.NaN;
                    if (!double.IsFinite(value))
                        throw Unreadable(path, i, $"its '{property.Name}' is no number");
                    if (!metrics.TryGetValue(property.Name, out (List<double> Steps, List<double> Values) series))
                        metrics[property.Name] = series = ([], []);
                    if (series.Steps.Count > 0 && series.Steps[^1] == step)
                    {
                        series.Values[^1] = value;
                    }
                    else
                    {
                        series.Steps.Add(step);
                        series.Values.Add(value);
                    }
                }
                (previous, last) = (step, lines[i].Trim());
            }
        }
        if (metrics.Count == 0)
            throw Unmeasured(curve.Source, $"{Path.GetFileName(path)} has no whole line");
        return curve with
        {
            CountsEnvironmentSteps = axis == "environment_steps",
            Metrics = metrics.ToDictionary(metric => metric.Key, metric => new MetricSeries(metric.Value.Steps, metric.Value.Values)),
            LastLine = last,
        };
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(ReadText(path));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new JsonException("an object was expected");
        }
        catch (JsonException e)
        {
            throw new BundleException($"'{path}' is no valid JSON ({e.Message.TrimEnd('.')}): copy it again, or leave its folder out.", e);
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    private static Dictionary<string, string> Strings(JsonElement options) =>
        options.EnumerateObject().ToDictionary(option => option.Name, option => option.Value.ValueKind == JsonValueKind.Array
            ? JsonSerializer.Serialize(option.Value) : option.Value.ToString());

    private static Dictionary<string, double> Numbers(JsonElement? figures, string path)
    {
        Dictionary<string, double> numbers = [];
        if (figures is null)
            return numbers;
        foreach (JsonProperty figure in figures.Value.EnumerateObject())
        {
            if (figure.Value.ValueKind != JsonValueKind.Number)
                throw new BundleException($"'{path}': the figure '{figure.Name}' is no number.");
            numbers[figure.Name] = figure.Value.GetDouble();
        }
        return numbers;
    }

    private static BundleException Unreadable(string path, int line, string why) =>
        new($"Line {line + 1} of '{path}' cannot be read: {why}. Mend or delete that line, or leave its folder out.");

    private static BundleException Unmeasured(string folder, string why) => new($"There is nothing to plot in '{folder}' yet: {why}.");

    [GeneratedRegex(@"-s(eed-)?\d+$")]
    private static partial Regex SeedSuffix();
}
