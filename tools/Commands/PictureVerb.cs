using System.Globalization;
using CommandLine;
using WorldModels.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("picture", HelpText = "Show real frames over dreamed frames along the same actions, as a film strip (.png) or an animation (.gif).")]
public sealed class PictureVerb : RunningVerb
{
    [Option("env", HelpText = "The environment to play (default: the one the bundle was trained on).")]
    public string? Environment { get; set; }

    [Option("episode", MetaValue = "FILE", HelpText = "A recorded episode (npz of observation, action, reward) instead of a game.")]
    public string? Episode { get; set; }

    [Option("skip", HelpText = "Real steps before the picture begins (default: 20 of a game, 0 of a recorded episode).")]
    public string? Skip { get; set; }

    [Option("steps", Default = "15", HelpText = "Steps to show.")]
    public string Steps { get; set; } = "";

    [Option("seed", Default = "0", HelpText = "Determines the game and the dream's noise.")]
    public string Seed { get; set; } = "";

    [Option("output", Default = "dream.png", HelpText = "The picture; ends in .png or .gif.")]
    public string Output { get; set; } = "";

    private protected override int Run(Page page)
    {
        int steps = Arguments.WholeNumber("steps", Steps, least: 1);
        int skip = Arguments.WholeNumber("skip", Skip ?? (Episode is null ? "20" : "0"), least: 0);
        ulong seed = Arguments.Seed("seed", Seed);
        if (Path.GetExtension(Output).ToLowerInvariant() is not (".png" or ".gif"))
            throw new UsageException($"--output takes a file that ends in .png (film strip) or .gif (animation); found '{Output}'.");
        Outputs.Prepare(Output);
        using WorldModel world = WorldModel.Load(Bundle, Options);
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
        return 0;
    }

    private static string Number(IReadOnlyList<float> values, int t) =>
        t < values.Count ? values[t].ToString("0.###", CultureInfo.InvariantCulture) : "";
}
