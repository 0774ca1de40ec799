using System.Globalization;
using CommandLine;

namespace WorldModels.Tools;

[Verb("web", HelpText = "Write a page that runs a bundle in a browser: play in its dream, watch the agent, a real game beside its dream. "
    + "Any server of static files will do.")]
public sealed class WebVerb : RunningVerb
{
    [Option('o', "output", Required = true, MetaValue = "DIR", HelpText = "The folder to write: new, empty, or of an earlier page.")]
    public string Output { get; set; } = "";

    [Option("model", MetaValue = "DIR", HelpText = "Bundle of the world model to dream with (default: the bundle, if it can imagine).")]
    public string? Model { get; set; }

    [Option("ort", MetaValue = "DIR", HelpText = "Folder of the npm package onnxruntime-web " + OnnxRuntimeWeb.Version
        + " (default: npm fetches it, once).")]
    public string? OnnxRuntime { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the recorded game.")]
    public string Seed { get; set; } = "";

    [Option("steps", Default = "300", HelpText = "Most steps of the recorded game.")]
    public string Steps { get; set; } = "";

    [Option("greedy", HelpText = "In the recorded game, the policy takes its likeliest action instead of a draw.")]
    public bool Greedy { get; set; }

    private protected override int Run(Page page)
    {
        int steps = Arguments.WholeNumber("steps", Steps, least: 5);
        if (steps > RecordedGame.MostSteps)
            throw new UsageException($"--steps takes at most {RecordedGame.MostSteps}; found {steps}.");
        SiteDescription site = WebSite.Write(new()
        {
            Bundle = Bundle,
            Output = Output,
            Model = Model,
            OnnxRuntime = OnnxRuntime,
            Seed = Arguments.Seed("seed", Seed),
            Steps = steps,
            Greedy = Greedy,
            Runtime = Options,
        });
        long[] sizes = [.. new DirectoryInfo(Output).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.Length)];
        page.Line(string.Create(CultureInfo.InvariantCulture,
            $"{Output}: {site.Title} for browsers, {sizes.Length} files, {sizes.Sum() / 1e6:0.0} MB, most of it ONNX Runtime's."));
        page.Line(site.Explanation);
        page.Line($"To look at it here: python3 -m http.server -d {Output}, then http://localhost:8000. "
            + "Elsewhere: copy the folder to any web server.");
        return 0;
    }
}
