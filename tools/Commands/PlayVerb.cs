using CommandLine;

namespace WorldModels.Tools;

[Verb("play", HelpText = "Watch an agent play in the terminal, take over by the arrow keys, and change between the game and its dream. "
    + "Where actions are continuous, an arrow key pushes one of their numbers to its bound for a move.")]
public sealed class PlayVerb : RunningVerb
{
    [Value(0, MetaName = "bundle", HelpText = "Directory of a bundle: an agent, a world model, or both.")]
    public override string Bundle { get; set; } = "";

    [Option("bundle", MetaValue = "DIR", HelpText = "The same, as an option.")]
    public string? BundleOption { get; set; }

    [Option("model", MetaValue = "DIR", HelpText = "Bundle of the world model to dream with (default: the bundle, if it can imagine).")]
    public string? Model { get; set; }

    [Option("env", HelpText = "The environment to play (default: the one the bundle was trained on).")]
    public string? Environment { get; set; }

    [Option("mode", HelpText = "Mode of MiniPacman: regular, avoid, hunt, ambush or rush; short for --env minipacman-MODE.")]
    public string? Mode { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the games, the agent's draws and the dream's noise.")]
    public string Seed { get; set; } = "";

    [Option("greedy", HelpText = "The agent takes its likeliest action instead of a draw.")]
    public bool Greedy { get; set; }

    [Option("task", MetaValue = "NAME", HelpText = "The task that an agent of several acts for at first; t changes it.")]
    public string? Task { get; set; }

    [Option("delay", Default = "150", MetaValue = "MS", HelpText = "Time between two moves of the agent.")]
    public string Delay { get; set; } = "";

    [Option("steps", HelpText = "End after this many moves (default: never in a terminal; as text 50, or where the episode ends).")]
    public string? Steps { get; set; }

    [Option("dream", HelpText = "Begin in the dream.")]
    public bool Dream { get; set; }

    [Option("temperature", MetaValue = "T",
        HelpText = "How much a dream leaves to chance, of a model that has a setting for it (default: its own).")]
    public string? Temperature { get; set; }

    [Option("plain", HelpText = "Write boards as text instead of drawing; so it is without a terminal.")]
    public bool Plain { get; set; }

    [Option("every", Default = "10", HelpText = "As text: steps from one board to the next.")]
    public string Every { get; set; } = "";

    private protected override int Run(Page page)
    {
        if (Bundle.Length > 0 && BundleOption is not null)
            throw new UsageException($"One bundle at a time: '{Bundle}' or --bundle '{BundleOption}'.");
        string bundle = BundleOption ?? Bundle;
        if (bundle.Length == 0)
            throw new UsageException("play needs the directory of a bundle. See: tools play --help");
        if (Environment is not null && Mode is not null)
            throw new UsageException("--mode is short for --env: give one of them.");
        ulong seed = Arguments.Seed("seed", Seed);
        int delay = Arguments.WholeNumber("delay", Delay, least: 0), every = Arguments.WholeNumber("every", Every, least: 1);
        int? steps = Steps is null ? null : Arguments.WholeNumber("steps", Steps, least: 1);
        using PlaySession session = PlaySession.Open(new()
        {
            Bundle = bundle,
            Model = Model,
            Task = Task,
            Environment = Mode is null ? Environment : $"minipacman-{Mode}",
            Seed = seed,
            Greedy = Greedy,
            Temperature = Temperature is null ? null : (float)Arguments.PositiveNumber("temperature", Temperature),
            Runtime = Options,
        });
        session.Delay = delay;
        if (Dream)
        {
            session.Press(PlayKey.Dream);
            if (!session.Dreaming)
                throw new UsageException($"--dream: {session.Status.Note}.");
        }
        if (Plain || !PlayTerminal.Exists(page))
        {
            PlayTranscript.Write(page.Output, session, steps ?? 50, every);
            return 0;
        }
        PlayTerminal.Run(session, steps);
        page.Line(PlayTranscript.Summary(session.Status));
        return 0;
    }
}
