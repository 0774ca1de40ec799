using System.Globalization;
using CommandLine;
using WorldModels.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("picture", HelpText = "Draw real frames over dreamed ones along the same actions; of an agent, its game beside what its world imagines "
    + "for each action. As a film strip (.png) or an animation (.gif).")]
public sealed class PictureVerb : RunningVerb
{
    [Option("env", HelpText = "The environment to play (default: the one the bundle was trained on).")]
    public string? Environment { get; set; }

    [Option("episode", MetaValue = "FILE", HelpText = "A recorded episode (npz of observation, action, reward) instead of a game.")]
    public string? Episode { get; set; }

    [Option("model", MetaValue = "DIR", HelpText = "Of an agent: bundle of the world model to imagine with (default: the bundle itself).")]
    public string? Model { get; set; }

    [Option("dream", HelpText = "Of a bundle that is agent and world model: real frames over dreamed ones, as of a world model alone.")]
    public bool Dream { get; set; }

    [Option("depth", Default = "3", HelpText = "Of an agent: steps imagined.")]
    public string Depth { get; set; } = "";

    [Option("every", HelpText = "Of an agent: real steps from one moment to the next (default: 8 of a .png, 1 of a .gif).")]
    public string? Every { get; set; }

    [Option("greedy", HelpText = "The agent takes its likeliest action instead of a draw.")]
    public bool Greedy { get; set; }

    [Option("skip", HelpText = "Real steps before the picture begins (default: 20 of a game, 0 of a recorded episode).")]
    public string? Skip { get; set; }

    [Option("steps", HelpText = "Steps to show (default: 15); of an agent: moments (default: 5 of a .png, 40 of a .gif).")]
    public string? Steps { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the game and the dream's noise.")]
    public string Seed { get; set; } = "";

    [Option("output", Default = "dream.png", HelpText = "The picture; ends in .png or .gif.")]
    public string Output { get; set; } = "";

    private protected override int Run(Page page)
    {
        int? steps = Steps is null ? null : Arguments.WholeNumber("steps", Steps, least: 1);
        int? every = Every is null ? null : Arguments.WholeNumber("every", Every, least: 1);
        int skip = Arguments.WholeNumber("skip", Skip ?? (Episode is null ? "20" : "0"), least: 0);
        int depth = Arguments.WholeNumber("depth", Depth, least: 1);
        ulong seed = Arguments.Seed("seed", Seed);
        if (Path.GetExtension(Output).ToLowerInvariant() is not (".png" or ".gif"))
            throw new UsageException($"--output takes a file that ends in .png (film strip) or .gif (animation); found '{Output}'.");
        Outputs.Prepare(Output);
        Manifest manifest = Manifest.Load(Bundle, verifyHashes: false);
        // Futures are laid out by first action, so the actions have to be numbered.
        bool isAgent = ControllerBenchmark.Fits(manifest) && manifest.Action.Kind == ActionKind.Discrete;
        if (isAgent && !Dream && Episode is null)
        {
            bool animated = Path.GetExtension(Output).Equals(".gif", StringComparison.OrdinalIgnoreCase);
            Imagine(page, manifest, seed,
                new() { Moments = steps ?? (animated ? 40 : 5), Every = every ?? (animated ? 1 : 8), Skip = skip, Depth = depth });
        }
        else
        {
            Compare(page, steps ?? 15, skip, seed);
        }
        return 0;
    }

    private void Compare(Page page, int steps, int skip, ulong seed)
    {
        using WorldModel world = WorldModel.Load(Model ?? Bundle, Options);
        RealEpisode real = Episode is not null
            ? RealEpisode.Read(Episode, steps, skip)
            : RealEpisode.Play(Environment ?? world.Manifest.Environment, steps, seed, skip);
        DreamComparison comparison = DreamComparison.Run(world, real, seed);
        DreamPicture picture = comparison.ToPicture();
        picture.Save(Output);
        page.Table(["step", "pixels that differ", "real reward", "dreamed reward", "dreamed continue"],
            [.. Enumerable.Range(0, real.Steps).Select(t => (string[])
            [
                $"{t + 1}", $"{picture.DifferingPixels[t + 1]}", Number(real.Rewards, t), Number(comparison.DreamedRewards, t),
                Number(comparison.DreamedContinues, t),
            ])]);
        int same = picture.DifferingPixels.Skip(1).Count(pixels => pixels == 0);
        page.Line($"{Output}: {real.Steps} steps of {real.Source}; {same} dreamed frames are the real ones.");
    }

    private void Imagine(Page page, Manifest manifest, ulong seed, AgentGameOptions options)
    {
        PlayOptions play =
            new() { Bundle = Bundle, Model = Model, Environment = Environment, Seed = seed, Greedy = Greedy, Runtime = Options };
        AgentGame game = AgentGame.Play(play, options);
        string model = Model is null ? "" : $", imagined by {Manifest.Load(Model, verifyHashes: false).Name}";
        new FuturesPicture(game, $"{manifest.Name} plays {game.Game}{model}").Save(Output);
        page.Table(["step", "action", "real reward", "imagined reward", "pixels that differ"], [.. game.Moments.Select(moment => (string[])
        [
            $"{moment.Step}", game.Actions[moment.Taken], PlayStatus.Number(moment.Real[0].Reward),
            PlayStatus.Number(moment.Imagined[0][moment.Taken].Reward), $"{game.Differing(moment)}",
        ])]);
        int same = game.Moments.Count(moment => game.Differing(moment) == 0);
        string moments = game.Moments.Count == 1 ? "1 moment" : $"{game.Moments.Count} moments";
        page.Line($"{Output}: {moments} of {game.Game}; of {same} the next frame is imagined as it came.");
    }

    private static string Number(IReadOnlyList<float> values, int t) =>
        t < values.Count ? values[t].ToString("0.###", CultureInfo.InvariantCulture) : "";
}
