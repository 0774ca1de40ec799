using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Recordings;

namespace WorldModels.Tools;

[Verb("adopt", HelpText = "Make a bundle of ONNX files from elsewhere, such as a policy.onnx exported from PyTorch: manifest, starts, "
    + "reference, model card. Files are known by name: act or policy (observation to action, or a number for each action), control, observe, "
    + "imagine, decode, reward, continue, value, dream; tensors too: observation, action, reward, continue, value, logits, noise, is_first, "
    + "and states, whose outputs are called next_NAME. A bundle without a reference gets one.")]
public sealed class AdoptVerb : PageVerb
{
    [Value(0, MetaName = "folder", Required = true, HelpText = "Folder of the ONNX files, which becomes the bundle.")]
    public string Folder { get; set; } = "";

    [Option("env", MetaValue = "NAME", HelpText = "The environment that it was trained on; of ours, spaces and names are known.")]
    public string? Environment { get; set; }

    [Option("algorithm", MetaValue = "NAME", HelpText = "The algorithm that trained it.")]
    public string? Algorithm { get; set; }

    [Option("name", HelpText = "The bundle's name (default: the folder's).")]
    public string? Name { get; set; }

    [Option("action-count", MetaValue = "N", HelpText = "How many numbered actions there are (default: the environment's).")]
    public string? ActionCount { get; set; }

    [Option("action-low", MetaValue = "X",
        HelpText = "Lower bound of real actions (default: the environment's); -1 and 1 are stretched to those.")]
    public string? ActionLow { get; set; }

    [Option("action-high", MetaValue = "X", HelpText = "Upper bound of real actions.")]
    public string? ActionHigh { get; set; }

    [Option("action-names", MetaValue = "A,B", HelpText = "What actions, or the numbers of one, are called.")]
    public string? ActionNames { get; set; }

    [Option("action-repeat", Default = "1", HelpText = "Steps of the environment that an action lasts.")]
    public string ActionRepeat { get; set; } = "1";

    [Option("observation-low", MetaValue = "X", HelpText = "Lower bound of observations (default: the environment's); -inf: none.")]
    public string? ObservationLow { get; set; }

    [Option("observation-high", MetaValue = "X", HelpText = "Upper bound of observations; inf: none.")]
    public string? ObservationHigh { get; set; }

    [Option("observation-names", MetaValue = "A,B", HelpText = "What the numbers of an observation are called.")]
    public string? ObservationNames { get; set; }

    [Option("graph", MetaValue = "GRAPH=FILE",
        HelpText = "Which file is which graph, with commas between them, where its name does not tell.")]
    public string? Graph { get; set; }

    [Option("role", MetaValue = "TENSOR=ROLE",
        HelpText = "Which tensor has which role, with commas between them, where its name does not tell.")]
    public string? Role { get; set; }

    [Option("noise", MetaValue = "TENSOR=KIND", HelpText = "The distribution of noise inputs: gaussian, gumbel or uniform.")]
    public string? Noise { get; set; }

    [Option("scores",
        HelpText = "What a policy's numbers for each action are: logits (one is drawn) or values, such as Q (the best is taken).")]
    public string? Scores { get; set; }

    [Option("recordings", MetaValue = "DIR", HelpText = "Recorded episodes (npz), whose observations become the starts.")]
    public string? Recordings { get; set; }

    private protected override int Run(Page page)
    {
        AdoptionReport report = Adoption.Run(Parse());
        Manifest manifest = report.Manifest;
        page.Heading($"{manifest.Name}: {(report.Graphs.Count > 0 ? "adopted" : "a reference was added")}");
        page.Facts(
            ("algorithm", manifest.Algorithm),
            ("environment", manifest.Environment),
            ("observation", SpaceText.Of(manifest.Observation)),
            ("action", SpaceText.Of(manifest.Action)),
            ("starts", report.Starts > 0
                ? $"{report.Starts} observations of {(Recordings is null ? "random play" : Recordings)}" : "none added"));
        page.Table(["graph", "file", "", "tensor", "role", "type", ""],
            [.. manifest.Graphs.SelectMany(graph => Rows(graph.Key, graph.Value))]);
        foreach (AdoptedGraph graph in report.Graphs.Where(graph => graph.Draws is not null))
        {
            page.Line(graph.Draws == ActionScores.Logits
                ? $"{graph.File}: {graph.Source.File} with a draw of the action by its logits; greedy play takes the likeliest."
                : $"{graph.File}: {graph.Source.File} with the choice of the best action.");
        }
        page.Line(
            $"Verified: {report.Report.Graphs.Count} comparisons with the reference that was made here, on {report.Report.Provider}.");
        if (report.Played is { } played)
        {
            string mean = Figures.Number(played.Returns.Average());
            page.Line($"Played {played.Returns.Count} episodes of {manifest.Environment}: mean return {mean}.");
            if (played.Clipping is { } clipping)
                page.Line(clipping);
            page.Line($"Watch it: tools picture {Folder} --output game.webp");
        }
        return ExitCode.Done;
    }

    private AdoptionOptions Parse() => new()
    {
        Folder = Folder,
        Name = Name,
        Environment = Environment,
        Algorithm = Algorithm,
        ActionCount = ActionCount is null ? null : Arguments.WholeNumber("action-count", ActionCount, least: 1),
        ActionBounds = Bounds("action", ActionLow, ActionHigh),
        ObservationBounds = Bounds("observation", ObservationLow, ObservationHigh),
        ActionNames = ActionNames?.Split(',') ?? [],
        ObservationNames = ObservationNames?.Split(',') ?? [],
        ActionRepeat = Arguments.WholeNumber("action-repeat", ActionRepeat, least: 1),
        Graphs = Pairs("graph", Graph, (graph, file) => (graph, file)),
        Roles = Pairs("role", Role, (tensor, role) => (tensor, One<TensorRole>("role", role))),
        Noise = Pairs("noise", Noise, (tensor, kind) => (tensor, One<NoiseKind>("noise", kind))),
        Scores = Scores is null ? null : One<ActionScores>("scores", Scores),
        Recordings = Recordings is null ? [] : Read(Recordings),
    };

    private static RealEpisode[] Read(string path)
    {
        Recording recording = Recording.Read(path, new() { Ends = UnmarkedEnds.Truncated, NeedsRewards = false });
        return [.. recording.Episodes.Zip(recording.Sources,
            (episode, source) => RealEpisode.Of(episode, source, int.MaxValue, skip: 0, recording.HasRewards))];
    }

    private static (double, double)? Bounds(string of, string? low, string? high)
    {
        if (low is null && high is null)
            return null;
        if (low is null || high is null)
            throw new UsageException($"--{of}-low and --{of}-high go together: give both.");
        (double least, double most) = (Number($"{of}-low", low), Number($"{of}-high", high));
        return least < most ? (least, most) : throw new UsageException($"--{of}-low has to be below --{of}-high; found {low} and {high}.");
    }

    private static double Number(string option, string text) => text.TrimStart('+') switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        var number => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value : throw new UsageException($"--{option} takes a number, inf or -inf; found '{text}'."),
    };

    private static Dictionary<string, T> Pairs<T>(string option, string? text, Func<string, string, (string Name, T Value)> read)
    {
        Dictionary<string, T> pairs = [];
        foreach (string part in text?.Split(',') ?? [])
        {
            if (part.Split('=') is not [{ Length: > 0 } name, { Length: > 0 } value])
                throw new UsageException($"--{option} takes NAME=VALUE, with commas between several; found '{part}'.");
            (string key, T one) = read(name, value);
            pairs[key] = one;
        }
        return pairs;
    }

    private static T One<T>(string option, string text) where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        return names.Contains(text.ToLowerInvariant()) ? Enum.Parse<T>(text, ignoreCase: true)
            : throw new UsageException($"--{option} takes {string.Join(", ", names)}; found '{text}'{Names.Suggest(text, names)}");
    }

    private static IEnumerable<string[]> Rows(string name, GraphSpec graph) =>
        graph.Inputs.Select(tensor => Row(name, graph.File, "in", tensor))
        .Concat(graph.Outputs.Select(tensor => Row(name, graph.File, "out", tensor)));

    private static string[] Row(string graph, string file, string way, TensorSpec tensor) =>
    [
        graph, file, way, tensor.Name, $"{tensor.Role}".ToLowerInvariant(), tensor.Describe(),
        tensor.Noise is { } noise ? $"{noise}".ToLowerInvariant() : tensor.Initial == InitialState.Starts ? "from starts.npz at first"
            : tensor.Initial == InitialState.Zeros ? "zeros at first" : tensor.Feeds is { } feeds ? $"becomes {feeds}" : "",
    ];
}
