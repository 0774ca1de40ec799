using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Recordings.Formats.Hdf5;

namespace WorldModels.Tools;

[Verb("record", HelpText = "Play a real environment and keep the episodes: npz files that numpy opens, or a Minari data set. A bundle plays, or "
    + "random actions.")]
public sealed class RecordVerb : PageVerb
{
    [Value(0, MetaName = "bundle", HelpText = "The bundle that plays; none: random actions.")]
    public string? Bundle { get; set; }

    [Option("env", HelpText = "The environment (default: the bundle's).")]
    public string? Environment { get; set; }

    [Option("episodes", Default = "100", HelpText = "Episodes to play.")]
    public string Episodes { get; set; } = "";

    [Option("format", Default = "npz", HelpText = "npz (a file an episode) or minari (HDF5).")]
    public string Format { get; set; } = "";

    [Option('o', "output", Required = true, HelpText = "npz: a folder, new or empty. minari: a name such as pendulum/random-v0, or its folder.")]
    public string Output { get; set; } = "";

    [Option("epsilon", Default = "0", HelpText = "Share of actions that are random instead of the bundle's.")]
    public string Epsilon { get; set; } = "";

    [Option("greedy", HelpText = "The bundle takes its likeliest action instead of a draw.")]
    public bool Greedy { get; set; }

    [Option("repeat", HelpText = "Steps that an action lasts (default: as the bundle has it, else 1).")]
    public string? Repeat { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the games and the draws.")]
    public string Seed { get; set; } = "";

    private protected override int Run(Page page)
    {
        if (Format is not ("npz" or "minari"))
            throw new UsageException($"--format takes npz or minari; found '{Format}'.");
        int count = Arguments.WholeNumber("episodes", Episodes, least: 1);
        RecordedPlay play = new(new()
        {
            Bundle = Bundle,
            Environment = Environment,
            Seed = Arguments.Seed("seed", Seed),
            Greedy = Greedy,
            Epsilon = Epsilon == "0" ? 0 : Arguments.PositiveNumber("epsilon", Epsilon, most: 1),
            ActionRepeat = Repeat is null ? null : Arguments.WholeNumber("repeat", Repeat, least: 1),
        });
        List<double> returns = [];
        string place = Format == "npz" ? WriteNpz(play, count, returns) : WriteMinari(play, count, returns);
        double mean = returns.Average(), spread = Math.Sqrt(returns.Average(value => (value - mean) * (value - mean)));
        page.Line(string.Create(CultureInfo.InvariantCulture,
            $"{place}: {count} episodes of {play.Spec.Environment}, return {mean:0.##} +- {spread:0.##} (deviation over episodes)."));
        page.Line(Format == "npz" ? $"Train on it: train dreamer --dataset {place}. In Python: numpy.load."
            : $"Train on it: train dreamer --dataset {place}. In Python: minari.load_dataset, with MINARI_DATASETS_PATH set to the folder above.");
        return 0;
    }

    private string WriteNpz(RecordedPlay play, int count, List<double> returns)
    {
        if (Directory.Exists(Output) && Directory.EnumerateFileSystemEntries(Output).Any())
            throw new UsageException($"'{Output}' is not empty: name a new folder with --output.");
        Directory.CreateDirectory(Output);
        int number = 0;
        foreach (Episode episode in play.Episodes().Take(count))
        {
            EpisodeFile.Write(EpisodeFile.PathOf(Output, number++), episode);
            returns.Add(episode.Return);
        }
        File.WriteAllText(Path.Combine(Output, DatasetSpec.FileName), play.Spec.ToJson());
        return Output;
    }

    private string WriteMinari(RecordedPlay play, int count, List<double> returns)
    {
        // A name goes under Minari's own root; a path is a root and a name.
        bool isName = !Path.IsPathRooted(Output) && !Output.StartsWith('.') && MinariRoot.IsId(Output);
        string folder = Path.GetFullPath(Output);
        using MinariWriter writer = new(isName ? null : Path.GetDirectoryName(folder), new()
        {
            Id = isName ? Output : Path.GetFileName(folder),
            Dataset = play.Spec,
            AlgorithmName = Bundle is null ? "random" : Manifest.Load(Bundle, verifyHashes: false).Algorithm,
        });
        foreach (Episode episode in play.Episodes().Take(count))
        {
            writer.Add(episode);
            returns.Add(episode.Return);
        }
        return writer.Complete();
    }
}
