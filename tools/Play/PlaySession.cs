using WorldModels.Bundles;
using WorldModels.Environments;
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
/// model has its states from the whole game. An agent decides on every frame, also while a person plays, so that its state follows.
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
    private readonly Queue<float[]> _recent = [];
    private bool _agentPlays, _agentPlayed;
    private string? _note;

    private PlaySession(RealWorld real, PlayAgent? agent, DreamWorld? dream, PlayAgent? dreamer, bool agentPlays, string? advice,
        IReadOnlyList<string> actions)
    {
        (_real, _agent, _dream, _dreamer, _agentPlays, _advice) = (real, agent, dream, dreamer, agentPlays, advice);
        Actions = actions;
        BeginGame();
    }

    /// <summary>The environment's name.</summary>
    public string Game => _real.Game.Name;

    /// <summary>Shape of a frame, (C, H, W).</summary>
    public IReadOnlyList<int> Shape => Space.Shape;

    /// <summary>Lower and upper bound of a frame's values.</summary>
    public (float Low, float High) Bounds => (Space.Low, Space.High);

    /// <summary>Whether frames are MiniPacman's, whose colours have a meaning.</summary>
    public bool IsMiniPacman => _real.Game is MiniPacmanEnvironment;

    /// <summary>The real game drawn, where what is observed is no picture; else null.</summary>
    public Scene? Scene => PlayOptions.ShowsPictures(_real.Game) ? null : ((IDrawable)_real.Game).Draw();

    /// <summary>Names of the actions, in their order.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>What is seen now, (C, H, W).</summary>
    public ReadOnlySpan<float> Frame => World.Frame;

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
                LastAction = World.LastAction is { } last ? Actions[(int)last] : null,
                AgentPlays = AgentPlays,
                Agent = Agent?.Name,
                Task = Agent?.Task,
                NextAction = decided is null ? null : Actions[(int)decided.Action],
                Value = decided?.Value,
                Policy = [.. (decided?.Probabilities ?? []).Select((p, i) => (Actions[i], p))],
                Note = _note,
            };
        }
    }

    private Box Space => (Box)_real.Game.ObservationSpace;

    private PlayAgent? Agent => Dreaming ? _dreamer : _agent;

    /// <summary>Opens the bundles and starts a game. With a policy the agent plays, else a person.</summary>
    /// <exception cref="BundleException">A bundle is damaged, they do not fit each other or the game, or it cannot be shown.</exception>
    public static PlaySession Open(PlayOptions options)
    {
        Manifest manifest = Manifest.Load(options.Bundle, verifyHashes: false);
        bool hasPolicy = ControllerBenchmark.Fits(manifest);
        IEnvironment<long> game = options.MakeGame(manifest);
        bool dreams = PlayOptions.ShowsPictures(game);
        string? model = dreams ? options.FindModel(manifest) : null;
        if (!hasPolicy && !manifest.Graphs.ContainsKey("imagine"))
        {
            throw new BundleException($"There is nobody to watch and nothing to dream with in bundle '{options.Bundle}': expected a graph "
                + $"'control' or 'act' (an agent), or 'imagine' (a world model); found {string.Join(", ", manifest.Graphs.Keys)}.");
        }
        PlayOptions.Check(hasPolicy ? "Agent" : "World model", options.Bundle, manifest, game);
        if (options.Model is not null && !dreams)
        {
            throw new BundleException($"What is observed of {game.Name} is numbers, and no dream of them is drawn here: leave --model away, or "
                + "see tools picture.");
        }
        if (options.Model is not null)
            PlayOptions.Check("World model", options.Model, Manifest.Load(options.Model, verifyHashes: false), game);

        List<IDisposable> opened = [];
        try
        {
            PlayAgent? agent = hasPolicy ? Policy() : game is MiniPacmanEnvironment pacman ? new ScriptedAgent(pacman) : null;
            PlayAgent? dreamer = hasPolicy && model is not null ? Policy() : null;
            DreamWorld? dream = null;
            string? advice = dreams
                ? $"no model to dream with: bundle '{manifest.Name}' imagines nothing itself, give an environment model by --model"
                : "dreams of this game are numbers: tools picture draws them";
            if (model is not null)
            {
                WorldModel world = WorldModel.Load(model, options.Runtime);
                opened.Add(world);
                opened.Insert(0, dream = new(world, options.Seed));
                advice = PlayOptions.IsOf(world.Manifest, game) ? null
                    : $"this model learnt {world.Manifest.Environment}: its rewards are those, not {game.Name}'s";
            }
            return new(new(game, options.Seed), agent, dream, dreamer, hasPolicy, advice,
                SpaceNames.Of(manifest, options.Environment).Actions);
        }
        catch
        {
            opened.ForEach(thing => thing.Dispose());
            throw;
        }

        PolicyAgent Policy()
        {
            Controller controller = Controller.Load(options.Bundle,
                new() { Batch = 1, Seed = options.Seed, Deterministic = options.Greedy, Runtime = options.Runtime });
            opened.Add(controller);
            return new(controller, options.Greedy ? "agent (greedy)" : "agent", options.Task);
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
            Advance(Agent!.Action);
        return true;
    }

    /// <summary>Gives the agent the game, or takes it.</summary>
    public void LetAgentPlay(bool plays) => _agentPlays = plays;

    /// <summary>A person's move by the action's number; the agent pauses.</summary>
    public void Move(long action)
    {
        _note = null;
        _agentPlays = false;
        if ((ulong)action >= (ulong)Actions.Count)
            _note = $"there is no action {action}: 0 to {Actions.Count - 1}";
        else if (World.Ending is not null)
            _note = "over: r starts again";
        else
            Advance(action);
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
        int action = Actions.ToList().IndexOf(key.ToString().ToLowerInvariant());
        if (action >= 0)
            Move(action);
        else
            _note = $"this game has no directions: choose an action by its number, 0 to {Actions.Count - 1}";
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
        foreach (float[] frame in _recent)
            _dreamer?.Decide(frame);
    }

    private void Advance(long action)
    {
        World.Move(action);
        if (!Dreaming)
            Remember();
        if (World.Ending is null)
            Agent?.Decide(World.Frame);
    }

    private void Remember()
    {
        if (_dream is null)
            return;
        _dream.Remember(_real.Frame, _real.LastAction);
        if (_recent.Count == Recall)
            _recent.Dequeue();
        _recent.Enqueue(_real.Frame.ToArray());
    }
}
