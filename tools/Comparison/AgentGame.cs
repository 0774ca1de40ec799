using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How <see cref="AgentGame"/> plays and imagines.</summary>
public sealed record AgentGameOptions
{
    /// <summary>Moments of the game that are imagined from.</summary>
    public int Moments { get; init; } = 5;

    /// <summary>Real steps from one moment to the next.</summary>
    public int Every { get; init; } = 8;

    /// <summary>Real steps before the first moment.</summary>
    public int Skip { get; init; } = 20;

    /// <summary>Steps imagined from each moment.</summary>
    public int Depth { get; init; } = 3;
}

/// <summary>A real game that an agent plays, and what a world model imagines along its way.</summary>
public sealed class AgentGame
{
    private const int Tries = 20;

    private AgentGame(PlaySession session, IReadOnlyList<ImaginedFutures> moments) =>
        (Game, Shape, Bounds, Actions, Moments) = (session.Game, session.Shape, session.Bounds, session.Actions, moments);

    /// <summary>The environment's name.</summary>
    public string Game { get; }

    /// <summary>Shape of a frame, (C, H, W).</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Lower and upper bound of a frame's values.</summary>
    public (float Low, float High) Bounds { get; }

    /// <summary>Names of the actions.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>The moments imagined from, in the order of the game; at least one.</summary>
    public IReadOnlyList<ImaginedFutures> Moments { get; }

    /// <summary>
    /// Plays the first game that is long enough, or the longest of some, and imagines: every row starts with an action of its own and goes
    /// on with what the agent chooses on the imagined frames.
    /// </summary>
    /// <param name="options">The agent's bundle, the model's if it is another one, and the environment.</param>
    /// <param name="game">What to imagine.</param>
    /// <exception cref="BundleException">The bundles do not fit each other or the environment, or one cannot do its part.</exception>
    public static AgentGame Play(PlayOptions options, AgentGameOptions? game = null)
    {
        game ??= new();
        Manifest manifest = Manifest.Load(options.Bundle, verifyHashes: false);
        if (manifest.Action.Kind != ActionKind.Discrete)
            throw new BundleException($"Bundle '{options.Bundle}' has continuous actions: futures are laid out by numbered first actions.");
        string model = options.FindModel(manifest) ?? throw new BundleException(
            $"Bundle '{options.Bundle}' has no world model to imagine with (no graph 'imagine'): give the bundle of one by --model.");
        using PlaySession session = PlaySession.Open(options);
        List<(float[] Frame, PlayStatus Status)> longest = [];
        int wanted = game.Skip + (game.Moments - 1) * game.Every + game.Depth;
        for (int attempt = 0; attempt < Tries && longest.Count <= wanted; attempt++)
        {
            if (attempt > 0)
                session.Press(PlayKey.NewGame);
            List<(float[], PlayStatus)> played = [(session.Frame.ToArray(), session.Status)];
            while (session.World.Ending is null && played.Count <= wanted)
            {
                session.Tick();
                played.Add((session.Frame.ToArray(), session.Status));
            }
            if (played.Count > longest.Count)
                longest = played;
        }
        return new(session, Imagine(options, model, game, longest, session.Actions));
    }

    /// <summary>
    /// Pixels of the real next frame that the model imagined otherwise for the action that was taken, counted as <see cref="DreamPicture"/>
    /// counts them.
    /// </summary>
    public int Differing(ImaginedFutures moment) =>
        DreamPicture.Compare([Picture(moment.Real[0].Frame)], [Picture(moment.Imagined[0][moment.Taken].Frame)]).DifferingPixels[0];

    /// <summary>A frame as a picture.</summary>
    public SKBitmap Picture(float[] frame) => ObservationImage.Of(frame, Shape, Bounds.Low, Bounds.High);

    private static List<ImaginedFutures> Imagine(PlayOptions options, string model, AgentGameOptions game,
        List<(float[] Frame, PlayStatus Status)> played, IReadOnlyList<string> actions)
    {
        using WorldModel world = WorldModel.Load(model, options.Runtime);
        using Controller controller = Controller.Load(options.Bundle,
            new() { Batch = actions.Count, Seed = options.Seed, Deterministic = options.Greedy, Runtime = options.Runtime });
        using Dream dream = world.Dream(actions.Count, horizon: 1);
        GraphSpec imagine = world.Manifest.Graphs["imagine"];
        bool rewards = imagine.Output(TensorRole.Reward) is not null, continues = imagine.Output(TensorRole.Continue) is not null;
        // A short game is shown from where it has a move left.
        int first = Math.Max(Math.Min(game.Skip, played.Count - 2), 0);
        ModelMemory memory = new(world);
        int remembered = 0;
        List<ImaginedFutures> moments = [];
        for (int t = first; t < played.Count - 1 && moments.Count < game.Moments; t += game.Every)
        {
            moments.Add(new()
            {
                Step = t,
                Status = played[t].Status,
                Frame = played[t].Frame,
                Taken = Index(played[t + 1].Status.LastAction!),
                Imagined = Rollout(t),
                Real = [.. played.Skip(t + 1).Take(game.Depth).Select(next => new FutureMove(
                    next.Frame, Index(next.Status.LastAction!), next.Status.Reward, next.Status.Ending is not null))],
            });
        }
        return moments;

        PlayMove? Led(PlayStatus status) => status.LastAction is { } action ? PlayMove.Of(Index(action)) : null;

        int Index(string action) => Enumerable.Range(0, actions.Count).First(i => actions[i] == action);

        List<IReadOnlyList<FutureMove>> Rollout(int t)
        {
            int size = played[t].Frame.Length;
            float[] frames = [];
            long[] chosen = new long[actions.Count];
            bool[] over = new bool[actions.Count];
            List<IReadOnlyList<FutureMove>> moves = [];
            // The agent's state is that of the last real frames; what it would do here is replaced by each action in turn.
            controller.Reset();
            foreach ((float[] frame, PlayStatus _) in played.Take(t + 1).TakeLast(PlaySession.Recall))
            {
                frames = [.. Enumerable.Repeat(frame, actions.Count).SelectMany(f => f)];
                controller.Act(frames, chosen);
            }
            for (int a = 0; a < chosen.Length; a++)
                chosen[a] = a;
            for (; remembered <= t; remembered++)
                memory.Observe(played[remembered].Frame, Led(played[remembered].Status));
            memory.Start(dream);
            for (int step = 0; step < game.Depth; step++)
            {
                if (step > 0)
                {
                    dream.Continue();
                    controller.Act(frames, chosen);
                }
                DreamBatch imagined = dream.Run(options.Seed + (ulong)(t * game.Depth + step), chosen);
                imagined.ThrowIfNotFinite();
                imagined.Observations(1).CopyTo(frames);
                FutureMove[] row = new FutureMove[chosen.Length];
                for (int a = 0; a < row.Length; a++)
                {
                    over[a] |= continues && imagined.Continues(0)[a] < 0.5;
                    row[a] = new(frames.AsSpan(a * size, size).ToArray(), (int)chosen[a],
                        rewards ? imagined.Rewards(0)[a] : 0, over[a]);
                }
                moves.Add(row);
            }
            return moves;
        }
    }
}
