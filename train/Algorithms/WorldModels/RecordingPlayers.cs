using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Uniformly random actions of rows, each held for 1 to so many steps, as likely each.</summary>
internal sealed class RandomHold
{
    private static readonly uint ActionStream = Philox.Stream("held-action"), TimeStream = Philox.Stream("held-steps"),
        CoinStream = Philox.Stream("epsilon");

    private readonly ActionVectors _actions;
    private readonly int _mostHeld;
    private readonly float[] _held, _mean, _spread;
    private readonly int[] _left;

    public RandomHold(ActionVectors actions, int rows, WorldModelsOptions options)
    {
        Require(actions, options);
        (_actions, _mostHeld) = (actions, options.MostHeld);
        (_held, _left) = (new float[rows * actions.Size], new int[rows]);
        _mean = Each(options.RandomMean, 0);
        _spread = Each(options.RandomSpread, 1);

        float[] Each(IReadOnlyList<double> given, float otherwise) =>
            [.. given.Count > 0 ? given.Select(value => (float)value) : Enumerable.Repeat(otherwise, actions.Size)];
    }

    /// <exception cref="UserException">Means or spreads of the options are not as many as an action has numbers.</exception>
    public static void Require(ActionVectors actions, WorldModelsOptions options)
    {
        foreach ((string name, int count) in new[]
        {
            ("randomMean", options.RandomMean.Count), ("randomSpread", options.RandomSpread.Count),
        })
        {
            if (count > 0 && (actions.Discrete || count != actions.Size))
            {
                throw new UserException($"{name} has {count} numbers; {options.Env} has "
                    + (actions.Discrete ? "numbered actions: leave it out." : $"{actions.Size} in an action: give as many."));
            }
        }
    }

    /// <summary>Begins episodes in all rows.</summary>
    public void Begin() => _left.AsSpan().Clear();

    /// <summary>Writes the row's held action where a coin falls so, or leaves what is there.</summary>
    public void Act(ulong seed, int row, long step, double share, Span<float> vector)
    {
        NoiseKey Key(uint stream) => new(seed, (uint)row, (uint)step, stream);
        Span<float> held = _held.AsSpan(row * _actions.Size, _actions.Size), coin = stackalloc float[1];
        if (_left[row]-- <= 0)
        {
            _left[row] = Philox.NextInt(Key(TimeStream), _mostHeld);
            _actions.Draw(Key(ActionStream), held);
            for (int i = 0; i < held.Length && !_actions.Discrete; i++)
                held[i] = Math.Clamp(_mean[i] + _spread[i] * held[i], -1, 1);
        }
        Philox.FillUniform(Key(CoinStream), coin);
        if (coin[0] < share)
            held.CopyTo(vector);
    }
}

/// <summary>A bundle that plays episodes to be recorded.</summary>
internal sealed class RecordedPlayer(string bundle, ActionVectors actions, int rows) : IDisposable
{
    private readonly WorldModel _bundle = WorldModel.Load(bundle);
    private Controller? _controller;
    private readonly long[] _numbers = new long[rows];
    private readonly float[] _native = new float[rows * actions.Size];

    /// <exception cref="UserException">There is no such bundle, or it does not play what is seen here.</exception>
    public static void Require(string bundle, string name, AgentEnvironment environment)
    {
        (ObservationSpec observation, ActionSpec action) = (environment.Observation, environment.Actions.Space);
        string expected = $"a bundle that plays {name} from ({string.Join(", ", observation.Shape)}) by {Describe(action)}";
        Manifest manifest = GivenInputs.Load("player", bundle, expected);
        if (manifest.Environment == name && manifest.PolicyGraphs.Length > 0 && manifest.Observation.Shape.SequenceEqual(observation.Shape)
            && manifest.Action.Kind == action.Kind && manifest.Action.Size == action.Size && manifest.Action.Count == action.Count)
        {
            return;
        }
        string found = manifest.PolicyGraphs.Length == 0 ? "plays nothing" : $"plays {manifest.Environment} from "
            + $"({string.Join(", ", manifest.Observation.Shape)}) by {Describe(manifest.Action)}";
        throw new UserException($"player: {bundle} {found}; name {expected}, or leave player out.");

        static string Describe(ActionSpec action) => action.Kind == ActionKind.Discrete
            ? $"one of {action.Count} actions" : $"actions of {action.Size} numbers";
    }

    /// <summary>Begins episodes in all rows.</summary>
    public void Begin(ulong seed)
    {
        _controller?.Dispose();
        _controller = _bundle.Controller(new() { Batch = rows, Seed = seed });
    }

    /// <summary>Begins an episode in a row.</summary>
    public void Reset(int row) => _controller!.Reset([row]);

    /// <summary>Chooses vectors (B, A).</summary>
    public void Act(ReadOnlySpan<float> observations, Span<float> vectors)
    {
        if (actions.Discrete)
            _controller!.Act(observations, _numbers);
        else
            _controller!.Act(observations, _native);
        for (int row = 0; row < rows; row++)
        {
            Span<float> vector = vectors.Slice(row * actions.Size, actions.Size);
            if (actions.Discrete)
                actions.Encode(_numbers[row], vector);
            else
                actions.Encode(_native.AsSpan(row * actions.Size, actions.Size), vector);
        }
    }

    /// <summary>Tells it what was executed.</summary>
    public void Executed(ReadOnlySpan<float> vectors)
    {
        if (!actions.Discrete)
        {
            for (int row = 0; row < rows; row++)
                actions.Decode(vectors.Slice(row * actions.Size, actions.Size), _native.AsSpan(row * actions.Size, actions.Size));
            _controller!.Played(_native);
            return;
        }
        for (int row = 0; row < rows; row++)
            _numbers[row] = ActionVectors.DecodeIndex(vectors.Slice(row * actions.Size, actions.Size));
        _controller!.Played(_numbers);
    }

    public void Dispose()
    {
        _controller?.Dispose();
        _bundle.Dispose();
    }
}
