using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;

namespace WorldModels.Tools;

[Verb("novelty", HelpText = "Does a controller notice that the world is another than it learnt? Its policy plays in its environment as "
    + "it is, with its physics changed where changes are known, and with actions that come late; how novel its steps are, what it earns.")]
public sealed class NoveltyVerb : RunningVerb
{
    [Option("episodes", Default = "20", HelpText = "Episodes in each world.")]
    public string Episodes { get; set; } = "";

    [Option("delay", Default = "1,2,4", MetaValue = "STEPS",
        HelpText = "By how many steps of the environment actions come late, a world each.")]
    public string Delay { get; set; } = "";

    [Option("task", MetaValue = "NAME", HelpText = "The task that an agent of several acts for (default: the first).")]
    public string? Task { get; set; }

    [Option("greedy", HelpText = "The agent takes its likeliest action; the threshold was measured on drawn ones.")]
    public bool Greedy { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the games and the draws, the same in every world.")]
    public string Seed { get; set; } = "";

    private protected override int Run(Page page)
    {
        int episodes = Arguments.WholeNumber("episodes", Episodes, least: 1);
        IReadOnlyList<WorldNovelty> worlds = ChangedWorlds.Measure(Bundle, new()
        {
            Episodes = episodes,
            Delays = Arguments.WholeNumbers("delay", Delay, least: 1),
            Task = Task,
            Greedy = Greedy,
            Seed = Arguments.Seed("seed", Seed),
            Runtime = Options,
            Progress = page.IsTerminal ? world => page.Line($"  {world}") : _ => { },
        });
        Manifest manifest = Manifest.Load(Bundle, verifyHashes: false);
        string? task = Task ?? manifest.Tasks?[0];
        page.Heading($"{manifest.Name} in {manifest.Environment}: {episodes} episode{(episodes == 1 ? "" : "s")} each, "
            + $"{(Greedy ? "likeliest" : "drawn")} actions{(task is null ? "" : $", task {task}")}, seed {Seed}");
        string above = manifest.NoveltyThreshold is { } threshold ? $"above {Figures.Number(threshold)}" : "above";
        string earned = Task is null || Task == manifest.Tasks?[0] ? "return" : "return (the environment's own)";
        page.Table(["world", "novelty", above, earned], [.. worlds.Select(world => (string[])
        [
            world.World, Figures.Number(world.Mean), world.Above is { } share ? Figures.Share(share) : "no threshold", Text(world.Return),
        ])]);
        if (manifest.NoveltyThreshold is not null)
            page.Line("The threshold is what one step of a hundred exceeded in held-out play of the first task.");
        page.Line(Steps(manifest));
        return 0;
    }

    private static string Steps(Manifest manifest)
    {
        double? seconds = EnvironmentRegistry.TryFind(manifest.Environment)?.TimeStep;
        return $"Late by steps of the environment{(seconds is { } step ? $", {Figures.Time(step)} each" : "")}; an action lasts "
            + $"{manifest.ActionRepeat ?? 1}.";
    }

    private static string Text(ReturnStatistics returns) =>
        string.Create(CultureInfo.InvariantCulture, $"{returns.Mean:0.##} +- {returns.HalfWidth:0.##}");
}
