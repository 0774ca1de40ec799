using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("picture", HelpText = "Draw real frames over dreamed ones along the same actions; of a world over vectors, real and dreamed curves; "
    + "of a world of cells, the future with the probability of each; of an agent, its game beside what its world imagines for each "
    + "action. As a film strip (.png) or an animation (.webp). "
    + "Without a bundle: an environment as it is, --env NAME [--size 64].")]
public sealed class PictureVerb : RunningVerb
{
    [Value(0, MetaName = "bundle", HelpText = "Directory of a bundle, the one that holds manifest.json.")]
    public override string Bundle { get; set; } = "";

    [Option("env", HelpText = "The environment to play (default: the one the bundle was trained on).")]
    public string? Environment { get; set; }

    [Option("episode", MetaValue = "FILE", HelpText = "A recorded episode (npz of observation, action, reward) instead of a game.")]
    public string? Episode { get; set; }

    [Option("model", MetaValue = "DIR", HelpText = "Of an agent: bundle of the world model to imagine with (default: the bundle itself).")]
    public string? Model { get; set; }

    [Option("dream", HelpText = "Of a bundle that is agent and world model: real frames over dreamed ones, as of a world model alone.")]
    public bool Dream { get; set; }

    [Option("depth", HelpText = "Of an agent: steps imagined (default: 3).")]
    public string? Depth { get; set; }

    [Option("every", HelpText = "Of an agent: real steps from one moment to the next (default: 8 of a .png, 1 of a .webp).")]
    public string? Every { get; set; }

    [Option("task", MetaValue = "NAME", HelpText = "Of an agent of several tasks: the one that it plays (default: all, from the same start).")]
    public string? Task { get; set; }

    [Option("size", MetaValue = "PIXELS", HelpText = "Of an environment without a bundle: rows and columns, as an agent sees it "
        + "(default: large).")]
    public string? Size { get; set; }

    [Option("greedy", HelpText = "The agent takes its likeliest action instead of a draw.")]
    public bool Greedy { get; set; }

    [Option("episodes", HelpText = "Of a world over vectors: episodes dreamed of (default: 8); up to four of them are drawn.")]
    public string? Episodes { get; set; }

    [Option("dreams", MetaValue = "N", HelpText = "Of a world over pictures or cells: dreams along the same actions, of which the mean is "
        + "drawn, and in how many of them each cell is as it came (default: 64 of cells, else 1: neither is).")]
    public string? Dreams { get; set; }

    [Option("context", HelpText = "Of a latent world: observations it filters before it dreams (default: 5, of cells 1).")]
    public string? Context { get; set; }

    [Option("skip", HelpText = "Real steps before the picture begins (default: 20 of a game in pictures, else 0).")]
    public string? Skip { get; set; }

    [Option("steps", HelpText = "Steps to dream (default: 15, of a world over vectors 45); of an agent: moments (default: 5 of a .png, "
        + "40 of a .webp; without a world model 12 and 100).")]
    public string? Steps { get; set; }

    [Option("policy", MetaValue = "X,Y", HelpText = "What the policy does over two numbers of the observation, by name or number: \"θ̇,sin θ\", 2,1.")]
    public string? Policy { get; set; }

    [Option("beside", MetaValue = "DIR", HelpText = "With --policy: another policy beside it, as a teacher beside what it taught.")]
    public string? Beside { get; set; }

    [Option("latent", HelpText = "Where the states of a world lie, on their two principal components, coloured by reward.")]
    public bool Latent { get; set; }

    [Option("attention", HelpText = "Of a transformer: where each head looks, of the last steps, at some steps of a game.")]
    public bool Attention { get; set; }

    [Option("seed", Default = "0", HelpText = "Determines the game and the dream's noise.")]
    public string Seed { get; set; } = "";

    [Option('o', "output", Default = "dream.png", HelpText = "The picture; ends in .png or .webp.")]
    public string Output { get; set; } = "";

    private protected override int Run(Page page)
    {
        int? steps = Steps is null ? null : Arguments.WholeNumber("steps", Steps, least: 1);
        int? every = Every is null ? null : Arguments.WholeNumber("every", Every, least: 1);
        int? skip = Skip is null ? null : Arguments.WholeNumber("skip", Skip, least: 0);
        int depth = Arguments.WholeNumber("depth", Depth ?? "3", least: 1);
        int episodes = Arguments.WholeNumber("episodes", Episodes ?? "8", least: 1);
        int context = Arguments.WholeNumber("context", Context ?? "5", least: 1);
        int? dreams = Dreams is null ? null : Arguments.WholeNumber("dreams", Dreams, least: 1);
        ulong seed = Arguments.Seed("seed", Seed);
        if (Path.GetExtension(Output).Equals(".gif", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"Animations are written as .webp: take --output {Path.ChangeExtension(Output, ".webp")}.");
        if (!PictureFile.Fits(Output))
            throw new UsageException($"--output takes a file that ends in .png (film strip) or .webp (animation); found '{Output}'.");
        bool animated = PictureFile.IsAnimation(Output);
        AtomicFile.Prepare(Output);
        if (Bundle.Length == 0)
        {
            DrawEnvironment(page, steps ?? (animated ? 100 : 1), skip ?? 20, seed);
            return 0;
        }
        if (Size is not null)
            throw new UsageException("--size goes with --env and without a bundle: what is drawn of a bundle has its own size.");
        Manifest manifest = Manifest.Load(Bundle, verifyHashes: false);
        if (Beside is not null && Policy is null)
            throw new UsageException("--beside goes with --policy, which draws policies side by side.");
        if (Policy is not null || Latent)
        {
            Plane(page, manifest, episodes, steps ?? 200, skip ?? 0, seed);
            return 0;
        }
        if (Attention)
        {
            Takes("where a transformer looks", "skip");
            Attend(page, manifest, steps ?? (animated ? 40 : 6), skip ?? 0, seed);
            return 0;
        }
        bool plays = ControllerBenchmark.Fits(manifest);
        bool imagines = Model is not null || manifest.Graphs.ContainsKey("imagine") || manifest.Graphs.ContainsKey("dream");
        if (Task is not null && manifest.Tasks is null)
            throw new UsageException($"--task is for agents of several tasks; '{manifest.Name}' has one.");
        if (plays && !imagines && !Dream && Episode is null && manifest.Tasks is { } tasks && Task is null)
        {
            Takes("a game of each task, from the same start", "every");
            DrawTasks(page, manifest, tasks, steps ?? (animated ? 75 : 7), every ?? (animated ? 4 : 50), seed);
        }
        else if (plays && !imagines && !Dream && Episode is null)
        {
            Takes("a game", "every", "skip");
            DrawGame(page, manifest, steps ?? (animated ? 100 : 12), every ?? (animated ? 1 : 8), skip ?? 0, seed);
        }
        else if (manifest.Observation.Picture is not null)
        {
            throw new BundleException($"'{manifest.Name}' observes a picture and numbers beside: neither strips nor charts are drawn of both.");
        }
        else if (manifest.Observation.Shape.Count == 1 && ObservationImage.ShapeOf(manifest) is not null)
        {
            Takes("a world of cells", "context", "skip", "dreams");
            Compare(page, steps ?? 15, skip ?? 0, seed, Context is null ? 1 : context, dreams ?? 64, policyPlays: true);
        }
        else if (manifest.Observation.Shape.Count == 1)
        {
            Takes("a world over vectors", "episodes", "context", "skip");
            Chart(page, manifest, episodes, skip ?? 0, new() { Context = context, Horizon = steps ?? 45, Seed = seed });
        }
        // Futures are laid out by first action, so the actions have to be numbered.
        else if (plays && manifest.Action.Kind == ActionKind.Discrete && !Dream && Episode is null)
        {
            Takes("an agent and what it imagines", "every", "depth", "skip");
            Imagine(page, manifest, seed,
                new() { Moments = steps ?? (animated ? 40 : 5), Every = every ?? (animated ? 1 : 8), Skip = skip ?? 20, Depth = depth });
        }
        else
        {
            // One picture says how fast nothing is: a world whose states are latent sees some before it dreams.
            bool latent = manifest.Graphs.ContainsKey("decode");
            Takes("a world over pictures", latent ? ["context", "skip", "dreams"] : ["skip", "dreams"]);
            // MiniPacman has a scripted player, who sees more of the game than a world model.
            Compare(page, steps ?? 15, skip ?? (Episode is null ? 20 : 0), seed, latent ? context : 1, dreams ?? 1, policyPlays: latent);
        }

        return 0;
    }

    private void DrawEnvironment(Page page, int steps, int skip, ulong seed)
    {
        if (Environment is null)
        {
            throw new UsageException(
                "picture needs the directory of a bundle, or --env NAME to look at an environment alone. See: tools picture --help");
        }
        Takes("an environment as it is", "skip");
        (string Name, bool Given)[] needBundle = [("model", Model is not null), ("episode", Episode is not null), ("dream", Dream),
            ("policy", Policy is not null), ("beside", Beside is not null), ("latent", Latent), ("attention", Attention),
            ("greedy", Greedy), ("task", Task is not null)];
        if (needBundle.FirstOrDefault(option => option.Given).Name is { } other)
            throw new UsageException($"--{other} needs a bundle: name its directory.");
        int? size = Size is null ? null : Arguments.WholeNumber("size", Size, least: 1);
        RealEpisode game = RealEpisode.Play(Environment, steps, seed, skip);
        Space observations = RegisteredEnvironments.Find(game.Source, out _) switch
        {
            EnvironmentSpec<long> discrete => discrete.Make().ObservationSpace,
            EnvironmentSpec<float> continuous => continuous.Make().ObservationSpace,
            _ => throw new BundleException($"There is no environment '{game.Source}'."),
        };
        new EnvironmentPicture(game, observations, size).Save(Output);
        page.Line($"{Output}: {(PictureFile.IsAnimation(Output) ? $"{game.Steps} steps" : "a frame")} of {game.Source}.");
    }

    private void Plane(Page page, Manifest manifest, int episodes, int steps, int skip, ulong seed)
    {
        if (PictureFile.IsAnimation(Output))
            throw new UsageException($"--{(Latent ? "latent" : "policy")} draws one picture: --output has to end in .png.");
        if (Latent)
        {
            Takes("the states of a world", "episodes", "skip");
            using WorldModel world = WorldModel.Load(Bundle, Options);
            using BundlePolicy? policy = Episode is null ? BundlePolicy.Open(Bundle, seed, Greedy, Options) : null;
            LatentStates states = LatentStates.Of(world, Episode is not null ? [Recorded(page, manifest, steps, skip)]
                : [.. Enumerable.Range(0, episodes).Select(e => Play(manifest, policy, steps, skip, seed + (ulong)e))]);
            PlanePicture.Save(Output, manifest.Name, states);
            page.Line(FormattableString.Invariant($"{Output}: {states.Points.Count} states of {states.Size} numbers; the two components have ")
                + FormattableString.Invariant($"{states.Shares.First:P0} and {states.Shares.Second:P0} of their variance."));
            return;
        }
        Takes("policies over two numbers");
        PolicyPlane plane = PolicyPlane.Of(Bundle, Policy!, Environment, seed);
        PlanePicture.Save(Output, plane, [.. ((string?[])[Bundle, Beside]).OfType<string>()
            .Select(bundle => (Manifest.Load(bundle, verifyHashes: false), plane.Actions(bundle)))]);
        page.Line($"{Output}: the other numbers are "
            + string.Join(", ", SpaceNames.Of(manifest).Observations.Select((name, i) => (name, i)).Where(n => n.i != plane.X && n.i != plane.Y)
                .Select(n => FormattableString.Invariant($"{n.name} = {plane.Others[n.i]:g3}"))) + ".");
    }

    /// <summary>Refuses an option that would change nothing in what is drawn.</summary>
    private void Takes(string drawn, params string[] options)
    {
        (string Name, string? Value)[] given =
            [("every", Every), ("depth", Depth), ("episodes", Episodes), ("context", Context), ("skip", Skip), ("dreams", Dreams)];
        if (given.FirstOrDefault(option => option.Value is not null && !options.Contains(option.Name)).Name is { } other)
        {
            throw new UsageException(
                $"--{other} changes nothing here: what is drawn is {drawn}, which takes "
                + (options.Length == 0 ? "none of these." : $"--{string.Join(", --", options)}."));
        }
    }

    private void Compare(Page page, int steps, int skip, ulong seed, int context, int dreams, bool policyPlays)
    {
        using WorldModel world = WorldModel.Load(Model ?? Bundle, Options);
        using BundlePolicy? policy = policyPlays && Episode is null ? BundlePolicy.Open(Bundle, seed, Greedy, Options) : null;
        RealEpisode real = Episode is not null
            ? Recorded(page, world.Manifest, steps + context - 1, skip)
            : Play(world.Manifest, policy, steps + context - 1, skip, seed);
        DreamComparison comparison = DreamComparison.Run(world, real, seed, context, dreams);
        real = comparison.Real;
        DreamPicture picture = DreamPicture.Of(comparison);
        picture.Save(Output);
        string[] together = dreams > 1 ? [$"of {dreams} dreams as it came"] : [];
        page.Table(["step", "pixels that differ", "real reward", "dreamed reward", "dreamed continue", .. together],
            [.. Enumerable.Range(0, real.Steps).Select(t => (string[])
            [
                $"{t + 1}", $"{picture.DifferingPixels[t + 1]}", Number(real.Rewards, t), Number(comparison.DreamedRewards, t),
                Number(comparison.DreamedContinues, t), .. dreams > 1 ? (string[])[Figures.Share(picture.SameFrames[t + 1])] : [],
            ])]);
        int same = picture.DifferingPixels.Skip(1).Count(pixels => pixels == 0);
        page.Line($"{Output}: {real.Steps} steps of {real.Source}; {same} dreamed frames are the real ones.");
    }

    private void Attend(Page page, Manifest manifest, int moments, int skip, ulong seed)
    {
        using WorldModel world = WorldModel.Load(Bundle, Options);
        using BundlePolicy? policy = Episode is null ? BundlePolicy.Open(Bundle, seed, Greedy, Options) : null;
        // The game is followed from its beginning, whatever is drawn of it.
        RealEpisode game = Episode is not null
            ? Recorded(page, manifest, skip + moments, skip: 0) : Play(manifest, policy, skip + moments, skip: 0, seed);
        if (game.Steps <= skip)
            throw new BundleException($"{game.Source} has {game.Steps} steps: there is none after the first {skip}.");
        AttentionSteps attention = AttentionSteps.Of(world, game);
        new AttentionPicture(attention, game, manifest, skip).Save(Output);
        const int Columns = 8;      // the newest steps; the others are summed up
        int single = Math.Min(Columns, attention.Window);
        page.Table(["layer", "head", .. Enumerable.Range(0, single).Select(ago => ago == 0 ? "now" : $"{ago} ago"),
                .. attention.Window > single ? (string[])["before"] : []],
            [.. attention.Means().Select((means, i) => (string[])
            [
                $"{i / attention.Heads + 1}", $"{i % attention.Heads + 1}", .. means.Take(single).Select(Share),
                .. attention.Window > single ? (string[])[Share(means.Skip(single).Where(mean => !double.IsNaN(mean)).Sum())] : [],
            ])]);
        page.Line($"{Output}: steps {skip} to {game.Steps - 1} of {game.Source}. Above: what each head looks at, on average over the "
            + "steps that have one as long ago.");

        static string Share(double mean) => double.IsNaN(mean) ? "" : Figures.Share(mean);
    }

    private RealEpisode Recorded(Page page, Manifest manifest, int steps, int skip) =>
        RecordedTrajectories.Read(Episode!, manifest, steps, skip, line => page.Line(line))[0];

    private void Chart(Page page, Manifest manifest, int episodes, int skip, OpenLoopOptions options)
    {
        using WorldModel world = WorldModel.Load(Model ?? Bundle, Options);
        int steps = options.Context - 1 + options.Horizon;
        using BundlePolicy? policy = Episode is null ? BundlePolicy.Open(Bundle, options.Seed, Greedy, Options) : null;
        RealEpisode[] real = Episode is not null ? [Recorded(page, world.Manifest, steps, skip)]
            : [.. Enumerable.Range(0, episodes).Select(e => Play(manifest, policy, steps, skip, options.Seed + (ulong)e))];
        OpenLoopComparison comparison = OpenLoopComparison.Run(world, real, options);
        IReadOnlyList<OpenLoopError> errors = comparison.Errors(1, 5, 15, 45);
        new OpenLoopPicture(comparison, errors).Save(Output);
        bool rewards = errors.All(error => error.Reward is not null);
        string[] columns = ["steps ahead", "episodes", "model", "one dream", "mean", "repeat last", "keep moving"];
        string[] rewardColumns = rewards ? ["reward: model", "one dream", "mean", "repeat last"] : [];
        page.Table([.. columns, .. rewardColumns], [.. errors.Select(error => (string[])
        [
            $"{error.Distance}", $"{error.Episodes}", Error(error.Model), Error(error.OneDream), Error(error.Mean), Error(error.RepeatLast),
            Error(error.KeepMoving),
            .. rewards && error.Reward is { } reward
                ? (string[])[Error(reward.Model), Error(reward.OneDream), Error(reward.Mean), Error(reward.RepeatLast)] : [],
        ])]);
        page.Line($"Mean squared errors in variances of what really came: 1 is as good as saying the mean. Model: the mean of "
            + $"{comparison.Dreams} dreams after {comparison.Context} observations, along the actions really taken.");
        string dreamed = comparison.Episodes.Count == 1 ? "1 episode" : $"{comparison.Episodes.Count} episodes";
        string who = Episode is not null ? "" : $", {policy?.How ?? "random actions"}";
        page.Line($"{Output}: {comparison.Horizon} steps of {dreamed} of {real[0].Source}{who}.");
        Say(page, policy);
    }

    private void DrawGame(Page page, Manifest manifest, int moments, int every, int skip, ulong seed)
    {
        using BundlePolicy? policy = BundlePolicy.Open(Bundle, seed, Greedy, Options);
        if (Task is not null)
            policy!.SetTask(Task);
        RealEpisode game = Play(manifest, policy, Math.Max(1, (moments - 1) * every), skip, seed);
        Picture(game, every, manifest, $"{manifest.Name} plays {game.Source}").Save(Output);
        page.Line($"{Output}: {game.Steps} steps of {game.Source}, return {Figures.Number(game.Rewards.Sum(reward => (double)reward))}. "
            + "To see what a world model imagines on the way, give its bundle by --model.");
        Say(page, policy);
    }

    private void DrawTasks(Page page, Manifest manifest, IReadOnlyList<string> tasks, int moments, int every, ulong seed)
    {
        using BundlePolicy policy = BundlePolicy.Open(Bundle, seed, Greedy, Options)!;
        List<(string, GamePicture)> games = [];
        List<string[]> rows = [];
        foreach (string task in tasks)
        {
            policy.SetTask(task);
            RealEpisode game = Play(manifest, policy, Math.Max(1, (moments - 1) * every), skip: 0, seed, tries: 1);
            games.Add((task, Picture(game, every, manifest, title: "")));
            rows.Add([task, $"{game.Steps}", Figures.Number(game.Rewards.Sum(reward => (double)reward))]);
        }
        new TasksPicture(games, $"{manifest.Name} plays {Environment ?? manifest.Environment}, a game for each task").Save(Output);
        page.Table(["task", "steps", "return of the environment"], rows);
        page.Line($"{Output}: {tasks.Count} games from the same start.");
        Say(page, policy);
    }

    private static GamePicture Picture(RealEpisode game, int every, Manifest manifest, string title) =>
        new(game, every, manifest.Observation.Shape, manifest.Observation.Low, manifest.Observation.High, title);

    private static void Say(Page page, BundlePolicy? policy)
    {
        if (policy?.Clipping is { } clipping)
            page.Line(clipping);
    }

    private RealEpisode Play(Manifest manifest, BundlePolicy? policy, int steps, int skip, ulong seed, int tries = 20) =>
        RealEpisode.Play(Environment ?? manifest.Environment, RealEpisodeOptions.For(manifest) with
        {
            Steps = steps,
            Skip = skip,
            Seed = seed,
            Tries = tries,
            Policy = policy,
        });

    private void Imagine(Page page, Manifest manifest, ulong seed, AgentGameOptions options)
    {
        PlayOptions play =
            new() { Bundle = Bundle, Model = Model, Environment = Environment, Seed = seed, Greedy = Greedy, Runtime = Options };
        AgentGame game = AgentGame.Play(play, options);
        string model = Model is null ? "" : $", imagined by {Manifest.Load(Model, verifyHashes: false).Name}";
        new FuturesPicture(game, $"{manifest.Name} plays {Environment ?? manifest.Environment}{model}").Save(Output);
        page.Table(["step", "action", "real reward", "imagined reward", "pixels that differ"], [.. game.Moments.Select(moment => (string[])
        [
            $"{moment.Step}", game.Actions[moment.Taken], PlayStatus.Number(moment.Real[0].Reward),
            PlayStatus.Number(moment.Imagined[0][moment.Taken].Reward), $"{game.Differing(moment)}",
        ])]);
        int same = game.Moments.Count(moment => game.Differing(moment) == 0);
        string moments = game.Moments.Count == 1 ? "1 moment" : $"{game.Moments.Count} moments";
        page.Line($"{Output}: {moments} of {game.Game}; of {same} the next frame is imagined as it came.");
    }

    private static string Error(double error) => double.IsNaN(error) ? "" : Figures.Number(error);

    private static string Number(IReadOnlyList<float> values, int t) =>
        t < values.Count ? values[t].ToString("0.###", CultureInfo.InvariantCulture) : "";
}
