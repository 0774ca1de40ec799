using WorldModels.Bundles;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What a page is made of.</summary>
internal sealed record WebOptions
{
    /// <summary>Directory of a bundle with a policy, a world model, or both.</summary>
    public required string Bundle { get; init; }

    /// <summary>The folder to write, new, empty, or of an earlier page.</summary>
    public required string Output { get; init; }

    /// <summary>Directory of the world model to dream with; null: the bundle itself, if it is one.</summary>
    public string? Model { get; init; }

    /// <summary>Folder of ONNX Runtime for browsers; null: npm fetches it.</summary>
    public string? OnnxRuntime { get; init; }

    /// <summary>Determines the recorded game.</summary>
    public ulong Seed { get; init; }

    /// <summary>Most steps of the recorded game.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>The policy takes its likeliest action in the recorded game.</summary>
    public bool Greedy { get; init; }

    /// <summary>What records the game.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>
/// A page that runs a bundle in a browser: files for any server of static files. ONNX Runtime in <c>ort</c>, the bundle's files as they are
/// in <c>bundle</c> (and <c>model</c>), a recorded game, <c>site.json</c>, and the page's own HTML, CSS and JavaScript.
/// </summary>
internal static class WebSite
{
    private const string Resources = "Web.Page/";
    private const int Context = 5;

    /// <summary>Writes it.</summary>
    /// <exception cref="BundleException">A bundle is damaged, or has nothing that a page can run.</exception>
    /// <exception cref="UsageException">The folder holds something else, or ONNX Runtime is not to be had.</exception>
    public static SiteDescription Write(WebOptions options)
    {
        Manifest manifest = Manifest.Load(options.Bundle);
        PlayOptions play = new() { Bundle = options.Bundle, Model = options.Model };
        string? model = play.FindModel(manifest);
        Manifest? world = model is null ? null : model == options.Bundle ? manifest : Manifest.Load(model);
        bool hasPolicy = manifest.PolicyGraphs.Length > 0;
        if (world is not null && !ShowsItsDreams(world))
            (model, world) = (null, null);
        if (world is null && !hasPolicy)
        {
            throw new BundleException($"Bundle '{options.Bundle}' has nothing to show in a page: expected graphs 'imagine' (a world model) "
                + "and 'decode' (what it dreams is seen), or 'control' or 'act' (an agent); "
                + $"found {string.Join(", ", manifest.Graphs.Keys)}.");
        }
        if (world is not null)
            Check(options, manifest, world);
        if (Directory.Exists(options.Output) && Directory.EnumerateFileSystemEntries(options.Output).Any()
            && !File.Exists(Path.Combine(options.Output, SiteDescription.FileName)))
        {
            throw new UsageException($"'{options.Output}' is not empty and no page: name a new folder with --output.");
        }
        string runtime = OnnxRuntimeWeb.Find(options.OnnxRuntime);
        IReadOnlyList<int>? picture = PlayOptions.ShownShape(manifest);
        SpaceNames names = SpaceNames.Of(manifest);
        string? drawing = picture is null ? SiteDescription.DrawingOf(names.Observations) : null;
        Directory.CreateDirectory(options.Output);

        // Before any other file: where the game cannot be played, the folder is as it was, and can be given again.
        SiteRecording recording = RecordedGame.Write(options, manifest, withPictures: picture is null && drawing is null, out string how);

        // Under an ending that every server knows: modules are refused under an unknown media type.
        string module = Path.ChangeExtension(OnnxRuntimeWeb.Module, ".js"), engine = Path.Combine(options.Output, "ort");
        Copy(Path.Combine(runtime, OnnxRuntimeWeb.Module), Path.Combine(engine, module));
        Copy(Path.Combine(runtime, OnnxRuntimeWeb.Binary), Path.Combine(engine, OnnxRuntimeWeb.Binary));
        SiteDescription site = new()
        {
            Title = manifest.Name,
            About = $"{(world is null ? "An agent" : hasPolicy ? "An agent and a world model" : "A world model")} for "
                + $"{manifest.Environment}, learnt by {manifest.Algorithm}, in your browser.",
            Explanation = $"The real game was {how}, seed {options.Seed}, in {manifest.Environment}, when this page was made."
                + (world is null ? " There is no world model here that shows what it dreams, nor can the game itself be played here." : ""),
            Bundle = CopyBundle(options.Bundle, manifest, Path.Combine(options.Output, "bundle")),
            Dreams = world is not null,
            Model = world is null || world == manifest ? null : CopyBundle(model!, world, Path.Combine(options.Output, "model")),
            Picture = picture,
            Bounds = manifest.Observation.Shape.Count == 3 ? [manifest.Observation.Low, manifest.Observation.High] : [0, 1],
            Drawing = drawing,
            ObservationNames = picture is null ? names.Observations : [],
            ActionNames = names.Actions,
            Discrete = manifest.Action.Kind == ActionKind.Discrete,
            Rest = SiteDescription.RestOf(manifest.Action, names.Actions),
            Arrows = SiteDescription.ArrowsOf(manifest.Action, play.FindGame(manifest).Arrows),
            SecondsPerStep = names.SecondsPerStep,
            Context = Context,
            Tasks = manifest.Tasks,
            Seed = $"{options.Seed}",
            Greedy = options.Greedy,
            Recording = recording,
        };
        foreach (string name in typeof(WebSite).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Resources)))
        {
            using Stream file = typeof(WebSite).Assembly.GetManifestResourceStream(name)!;
            AtomicFile.Write(Path.Combine(options.Output, name[Resources.Length..]), file.CopyTo);
        }
        AtomicFile.Write(Path.Combine(options.Output, SiteDescription.FileName), stream => stream.Write(site.ToJson()));
        return site;
    }

    /// <summary>Whether what a world model dreams can be seen: a state is the observation, or a graph on states decodes one.</summary>
    private static bool ShowsItsDreams(Manifest manifest) => manifest.Head(TensorRole.Observation) is not null
        || manifest.Graphs["imagine"].Inputs.Any(input => input is { Role: TensorRole.State, Dtype: TensorType.Float32 }
            && input.Shape.Skip(1).SequenceEqual(manifest.Observation.Shape.Select(axis => (Dim)axis)));

    private static void Check(WebOptions options, Manifest agent, Manifest model)
    {
        if (!agent.Observation.Shape.SequenceEqual(model.Observation.Shape) || agent.Action.Kind != model.Action.Kind
            || agent.Action.Size != model.Action.Size || agent.Action.Count != model.Action.Count)
        {
            throw new BundleException($"'{options.Bundle}' and the world model '{options.Model}' observe or do different things: give the "
                + "model of the same environment.");
        }
    }

    /// <summary>
    /// Copies what a page reads of a bundle, as it is: the plain form of its graphs with their weights, starts, manifest and card.
    /// </summary>
    /// <returns>The external data of each graph.</returns>
    private static Dictionary<string, string[]> CopyBundle(string bundle, Manifest manifest, string folder)
    {
        Dictionary<string, string[]> external = manifest.Graphs.ToDictionary(graph => graph.Key, graph =>
            OnnxExternalData.Locations(Path.Combine(bundle, graph.Value.File)).ToArray());
        IEnumerable<string> files = manifest.Graphs.Values.Select(graph => graph.File).Concat(external.Values.SelectMany(data => data))
            .Concat(manifest.Files.Keys.Where(file => file is "starts.npz" or "README.md")).Append(Manifest.FileName);
        foreach (string file in files.Distinct())
            Copy(Path.Combine(bundle, file), Path.Combine(folder, file));
        return external;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using FileStream file = File.OpenRead(from);
        AtomicFile.Write(to, file.CopyTo);
    }
}
