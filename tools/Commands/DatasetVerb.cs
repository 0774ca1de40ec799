using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.Tools;

[Verb("dataset", HelpText = "Look into recordings before training on them: episodes, lengths, returns, spaces, ends, what looks wrong, and what "
    + "training makes of it.")]
public sealed class DatasetVerb : PageVerb
{
    [Value(0, MetaName = "path", Required = true, HelpText = "A folder of npz episodes, a Minari data set (folder, file or id), or a D4RL file.")]
    public string Path { get; set; } = "";

    [Option("ends", HelpText = "What ends of episodes mean where no array says so: truncated or terminated (train: --set datasetEnds=...).")]
    public string? Ends { get; set; }

    [Option("actions", HelpText = "Whether action[t] led to observation[t] or was taken there, if not as the format has it: led or taken "
        + "(train: --set datasetActions=...).")]
    public string? Actions { get; set; }

    [Option('o', "output", MetaValue = "FILE.png", HelpText = "Histograms of all numbers, of lengths and returns, as a picture.")]
    public string? Output { get; set; }

    private protected override int Run(Page page)
    {
        if (Output is not null && !System.IO.Path.GetExtension(Output).Equals(".png", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"--output takes a file that ends in .png; found '{Output}'.");
        Recording recording = Recording.Read(Path, new()
        {
            Ends = Ends switch
            {
                null => UnmarkedEnds.Refused,
                "truncated" => UnmarkedEnds.Truncated,
                "terminated" => UnmarkedEnds.Terminated,
                _ => throw new UsageException($"--ends takes truncated or terminated; found '{Ends}'."),
            },
            Actions = Actions switch
            {
                null => ActionAlignment.ByFormat,
                "led" => ActionAlignment.Led,
                "taken" => ActionAlignment.Taken,
                _ => throw new UsageException($"--actions takes led or taken; found '{Actions}'."),
            },
            KeepPictures = true,
        });
        foreach (string line in recording.Summary())
            page.Line(line);
        page.Line();
        Numbers(page, recording);
        Episodes(page, recording);
        if (Output is null)
            return 0;
        AtomicFile.Prepare(Output);
        new DatasetPicture(recording).Save(Output);
        page.Line();
        page.Line($"{Output}: how often which value occurs.");
        return 0;
    }

    private static void Numbers(Page page, Recording recording)
    {
        Episode first = recording.Episodes[0];
        List<string[]> rows = [];
        if (first.Observations.Shape.Count == 2)
        {
            Moments moments = recording.Observations;
            string type = first.Observations.Type.ToString().ToLowerInvariant();
            for (int i = 0; i < recording.Spec.Observation; i++)
                rows.Add([recording.ObservationName(i), type, Text(moments.Lowest[i]), Text(moments.Mean(i)), Text(moments.Std(i)), Text(moments.Highest[i])]);
        }

        Moments actions = recording.ActionMoments();
        for (int i = 0; i < actions.Size; i++)
        {
            rows.Add([recording.ActionName(i), recording.Spec.Action.Kind == ActionKind.Discrete ? "share" : "float32", Text(actions.Lowest[i]),
                Text(actions.Mean(i)), Text(actions.Std(i)), Text(actions.Highest[i])]);
        }
        page.Table(["number", "kept as", "lowest", "mean", "deviation", "highest"], rows);
        foreach ((string name, NpyArray picture) in recording.Pictures())
        {
            (int height, int width, int channels, bool channelsFirst) = ObservationColumns.Layout(picture);
            page.Line($"{name}: pictures of {height} x {width}, {channels} channel{(channels == 1 ? "" : "s")} "
                + $"({(channelsFirst ? "C, H, W" : "H, W, C")}), uint8. Training reads the vectors beside, or with --set pixels={height} the pictures.");
        }
    }

    private static void Episodes(Page page, Recording recording)
    {
        const int Shown = 5;
        page.Line();
        page.Table(["episode", "steps", "return", "end"], [.. recording.Episodes.Take(Shown).Select((episode, i) => (string[])
        [
            System.IO.Path.GetFileName(recording.Sources[i]), $"{episode.Steps}", Text(episode.Return), episode.Terminated ? "terminated" : "cut off",
        ])]);
        if (recording.Episodes.Count > Shown)
            page.Line($"... and {recording.Episodes.Count - Shown} more.");
        page.Line($"Training keeps every {Recording.KeepBack}th episode back to judge the model on"
            + (recording.Episodes.Count < Recording.KeepBack ? "; here are too few for that." : "."));
    }

    private static string Text(double value) => value.ToString("g5", CultureInfo.InvariantCulture);
}
