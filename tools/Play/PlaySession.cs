using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// A game that an agent and a person play in turn, in the real environment or in a dream of it: keys and ticks in, a frame and a status
/// out. It knows no terminal and no clock.
/// </summary>
/// <remarks>
/// The dream starts from the real game's frame and has an agent of its own, so that the real game, the agent's state and its draws are
/// afterwards what they were before. When a dream starts, that agent is reset and shown the last <see cref="Recall"/> real frames; the
/// model has its states from the whole game. An agent decides on every frame, also while a person plays, and is told what was played, so
/// that its state follows.
/// </remarks>
public sealed class PlaySession : IDisposable
{
    /// <summary>Real frames that an agent is shown before it plays in a dream.</summary>
    public const int Recall = 16;

    private const int ShortestDelay = 10, LongestDelay = 3000;

    private readonly RealWorld _real;
    private readonly PlayAgent? _agent, _dreamer;
    private readonly DreamWorld? _dream;
    private readonly string? _advice;
    private readonly ActionSpec _space;
    private readonly IReadOnlyList<int>? _shown;
    private readonly Steering _steering;
    private readonly double? _noveltyThreshold;
    private readonly Queue<(float[] Frame, PlayMove? Move)> _recent = [];
    private bool _agentPlays, _agentPlayed;
    private string? _note;

    private PlaySession(PlayOptions options, Manifest manifest, RealWorld real, PlayAgent? agent, bool agentPlays, DreamWorld? dream,
        PlayAgent? dreamer, string? advice)
    {
        (_real, _agent, _agentPlays, _dream, _dreamer, _advice) = (real, agent, agentPlays, dream, dreamer, advice);
        (_space, _shown, _noveltyThreshold) = (manifest.Action, PlayOptions.ShownShape(manifest), manifest.NoveltyThreshold);
        Actions = SpaceNames.Of(manifest, options.Environment).Actions;
        _steering = new(_space, Actions, options.FindGame(manifest).Arrows);
        BeginGame();
    }

    /// <summary>The environment's name.</summary>
    public string Game => _real.Name;

    /// <summary>Shape of the picture that is seen, (C, H, W); where only numbers are, theirs.</summary>
    public IReadOnlyList<int> Shape => _shown ?? _real.Observations.Shape;

    /// <summary>Lower and upper bound of the picture's values.</summary>
    public (float Low, float High) Bounds =>
        _real.Observations.Shape.Length == 3 ? (_real.Observations.Low, _real.Observations.High) : (0, 1);

    /// <summary>Whether pictures are MiniPacman's, whose colours have a meaning.</summary>
    public bool IsMiniPacman => _real.MiniPacman is not null;

    /// <summary>The game drawn where what is observed is no picture, in a dream from the numbers dreamt; else null.</summary>
    public Scene? Scene => _shown is not null ? null : Dreaming ? _real.Draw(Frame) : _real.Draw();

    /// <summary>Names of the actions or, of continuous ones, of an action's numbers, in their order.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>What is seen now.</summary>
    public ReadOnlySpan<float> Frame => World.Frame;

    /// <summary>The picture in what is seen, (C, H, W): all of it, or what numbers follow.</summary>
    public ReadOnlySpan<float> Picture => Frame[..Shape.Aggregate(1, (size, axis) => size * axis)];

    /// <summary>The world that is played in now.</summary>
    public PlayWorld World => Dreaming ? _dream! : _real;

    /// <summary>Whether that is the dream.</summary>
    public bool Dreaming { get; private set; }

    /// <summary>Whether the agent plays; otherwise <see cref="Tick"/> waits for a person.</summary>
    public bool AgentPlays => _agentPlays && Agent is not null;

    /// <summary>Time between two moves of the agent, ms.</summary>
    public int Delay { get; set; } = 150;

    /// <summary>Whether somebody pressed the key to quit.</summary>
    public bool Quit { get; private set; }

    /// <summary>How it stands.</summary>
    public PlayStatus Status
    {
        get
        {
            PlayAgent? decided = World.Ending is null ? Agent : null;
            return new()
            {
                Game = Game,
                Dreaming = Dreaming,
                Step = World.Steps,
                Reward = World.Reward,
                Return = World.Return,
                Continue = World.Continue,
                Ending = World.Ending,
                LastAction = World.LastMove?.Describe(Actions),
                AgentPlays = AgentPlays,
                Agent = Agent?.Name,
                Task = Agent?.Task,
                NextAction = decided?.Move.Describe(Actions),
                Value = decided?.Value,
                Novelty = decided?.Novelty,
                NoveltyThreshold = _noveltyThreshold,
                Policy = [.. (decided?.Probabilities ?? []).Select((p, i) => (Actions[i], p))],
                Controls = _space.Kind == ActionKind.Discrete ? [] : [.. Actions.Select((name, i) => new PlayControl(
                    name, _space.LowOf(i), _space.HighOf(i), World.LastMove?.As<float>()[i], decided?.Move.As<float>()[i]))],
                Note = _note,
            };
        }
    }

    private PlayAgent? Agent => Dreaming ? _dreamer : _agent;

    /// <summary>Opens the bundles and starts a game. With a policy the agent plays, else a person.</summary>
    /// <exception cref="BundleException">A bundle is damaged, they do not fit each other or the game, or it cannot be shown.</exception>
    public static PlaySession Open(PlayOptions options)
    {
        Manifest manifest = Manifest.Load(options.Bundle, verifyHashes: false);
        bool hasPlayer = ControllerBenchmark.Fits(manifest) || manifest.Planner is not null;
        RealWorld game = options.MakeGame(manifest);
        bool dreams = PlayOptions.ShownShape(manifest) is not null || game.Draw(new float[game.Observations.Size]) is not null;
        string? model = dreams ? options.FindModel(manifest) : null;
        if (!hasPlayer && !manifest.Graphs.ContainsKey("imagine"))
        {
            throw new BundleException($"There is nobody to watch and nothing to dream with in bundle '{options.Bundle}': expected a graph "
                + $"'control' or 'act' (an agent), or 'imagine' (a world model); found {string.Join(", ", manifest.Graphs.Keys)}.");
        }
        PlayOptions.Check(hasPlayer ? "Agent" : "World model", options.Bundle, manifest, game);
        if (options.Model is not null && !dreams)
        {
            throw new BundleException($"What is observed of {game.Name} is numbers from which it cannot be drawn, so that no dream of them "
                + "is shown here: leave --model away, or see tools picture.");
        }
        if (options.Temperature is not null && model is null)
            throw new BundleException("A temperature is a dream's, and there is none here: leave --temperature away.");
        if (options.Model is not null)
            PlayOptions.Check("World model", options.Model, Manifest.Load(options.Model, verifyHashes: false), game);

        List<IDisposable> opened = [];
        try
        {
            PlayAgent? agent = hasPlayer ? Player() : game.MiniPacman is { } pacman ? new ScriptedAgent(pacman) : null;
            PlayAgent? dreamer = hasPlayer && model is not null ? Player() : null;
            DreamWorld? dream = null;
            string? advice = dreams
                ? $"no model to dream with: bundle '{manifest.Name}' imagines nothing itself, give an environment model by --model"
                : "dreams of this game are numbers from which it cannot be drawn: tools picture has charts of them";
            if (model is not null)
            {
                WorldModel world = WorldModel.Load(model, options.Runtime);
                opened.Add(world);
                opened.Insert(0, dream = new(world, options.Seed, options.Temperature));
                advice = PlayOptions.IsOf(world.Manifest, game) ? null
                    : $"this model learnt {world.Manifest.Environment}: its rewards are those, not {game.Name}'s";
            }
            return new(options, manifest, game, agent, hasPlayer, dream, dreamer, advice);
        }
        catch
        {
            opened.ForEach(thing => thing.Dispose());
            throw;
        }

        BundleAgent Player()
        {
            BundlePolicy policy = BundlePolicy.Open(options.Bundle, options.Seed, options.Greedy, options.Runtime)!;
            opened.Add(policy);
            string name = ControllerBenchmark.Fits(manifest) ? "agent" : "planner";
            return new(policy, manifest, options.Greedy ? $"{name} (greedy)" : name, options.Task);
        }
    }

    /// <summary>Lets time pass: the agent moves, or starts again when the episode is over. Does nothing while a person plays.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Tick()
    {
        if (!AgentPlays)
            return false;
        if (World.Ending is not null)
            BeginAgain();
        else
            Advance(Agent!.Move);
        return true;
    }

    /// <summary>Gives the agent the game, or takes it.</summary>
    public void LetAgentPlay(bool plays) => _agentPlays = plays;

    /// <summary>A person's move by the action's number; the agent pauses.</summary>
    public void Move(long action)
    {
        if (_space.Kind == ActionKind.Continuous)
        {
            _note = _steering.Advice;
            return;
        }
        _agentPlays = false;
        if ((ulong)action >= (ulong)Actions.Count)
            _note = $"there is no action {action}: 0 to {Actions.Count - 1}";
        else
            Move(PlayMove.Of(action));
    }

    /// <summary>A person's key.</summary>
    public void Press(PlayKey key)
    {
        _note = null;
        switch (key)
        {
            case PlayKey.Agent: ToggleAgent(); break;
            case PlayKey.Dream: ToggleDream(); break;
            case PlayKey.Task: ChangeTask(); break;
            case PlayKey.NewGame: BeginAgain(); break;
            case PlayKey.Faster: Delay = Math.Max(Delay * 2 / 3, ShortestDelay); break;
            case PlayKey.Slower: Delay = Math.Min(Delay * 3 / 2 + 1, LongestDelay); break;
            case PlayKey.Quit: Quit = true; break;
            default: Steer(key); break;
        }
    }

    /// <summary>Closes the bundles.</summary>
    public void Dispose()
    {
        _agent?.Dispose();
        _dreamer?.Dispose();
        _dream?.Dispose();
    }

    private void Steer(PlayKey key)
    {
        if (_steering.Move(key) is { } move)
            Move(move);
        else
            _note = _steering.Advice;
    }

    private void Move(PlayMove move)
    {
        _agentPlays = false;
        _note = null;
        if (World.Ending is not null)
            _note = "over: r starts again";
        else
            Advance(move);
    }

    private void ToggleAgent()
    {
        if (Agent is not null)
            _agentPlays = !_agentPlays;
        else if (_agent is null)
            _note = "there is no agent: you play";
        else
            _note = $"the {_agent.Name} sees no pictures: only you can play here";
    }

    private void ChangeTask()
    {
        if (Agent?.Task is null)
            _note = "there is one task only";
        else
            Agent.ChangeTask();
    }

    private void ToggleDream()
    {
        if (Dreaming)
        {
            // The real game is as it was left, and so is who played it.
            Dreaming = false;
            _agentPlays = _agentPlayed;
            return;
        }
        if (_dream is null)
        {
            _note = _advice;
        }
        else if (_real.Ending is not null)
        {
            _note = "nothing follows this frame: r starts a new game";
        }
        else
        {
            _agentPlayed = _agentPlays;
            Dreaming = true;
            _note = _advice;
            BeginDream();
        }
    }

    private void BeginAgain()
    {
        if (Dreaming)
            BeginDream();
        else
            BeginGame();
    }

    private void BeginGame()
    {
        _real.Begin();
        _recent.Clear();
        Remember();
        _agent?.Reset();
        _agent?.Decide(_real.Frame);
    }

    private void BeginDream()
    {
        _dream!.Begin(_real.Frame);
        _dreamer?.Reset();
        bool first = true;
        foreach ((float[] frame, PlayMove? move) in _recent)
        {
            // What led to the first frame that it sees, it did not choose.
            if (!first && move is not null)
                _dreamer?.Played(move);
            _dreamer?.Decide(frame);
            first = false;
        }
    }

    private void Advance(PlayMove move)
    {
        World.Move(move);
        Agent?.Played(move);
        if (!Dreaming)
            Remember();
        if (World.Ending is null)
            Agent?.Decide(World.Frame);
    }

    private void Remember()
    {
        if (_dream is null)
            return;
        _dream.Remember(_real.Frame, _real.LastMove);
        if (_recent.Count == Recall)
            _recent.Dequeue();
        _recent.Enqueue((_real.Frame.ToArray(), _real.LastMove));
    }
}
