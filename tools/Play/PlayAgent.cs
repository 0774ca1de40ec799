using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Somebody who chooses actions, once a frame.</summary>
public abstract class PlayAgent : IDisposable
{
    /// <summary>Who it is, for people.</summary>
    public abstract string Name { get; }

    /// <summary>What it would do now.</summary>
    public PlayMove Move { get; private protected set; } = PlayMove.Of(0);

    /// <summary>The return it expects from here on, if it estimates one.</summary>
    public double? Value { get; private protected set; }

    /// <summary>How far what it would do now is from what it learnt, if it says so.</summary>
    public double? Novelty { get; private protected set; }

    /// <summary>How likely it takes each action; empty if it has no probabilities.</summary>
    public IReadOnlyList<double> Probabilities { get; private protected set; } = [];

    /// <summary>The task that it acts for; null where it has one only.</summary>
    public virtual string? Task => null;

    /// <summary>Acts for the next one of its tasks from the next frame on.</summary>
    public virtual void ChangeTask() { }

    /// <summary>Starts an episode.</summary>
    public virtual void Reset() { }

    /// <summary>Chooses on a new frame. Call it once for every frame of the episode: it may carry a state.</summary>
    public abstract void Decide(ReadOnlySpan<float> frame);

    /// <summary>Says which move was played, where another one may have been than it chose.</summary>
    public virtual void Played(PlayMove move) { }

    /// <summary>Frees what it holds.</summary>
    public virtual void Dispose() { }
}

/// <summary>What plays in a bundle: its policy, or planning in its world model.</summary>
internal sealed class BundleAgent : PlayAgent
{
    private readonly BundlePolicy _policy;
    private readonly Manifest _manifest;
    private string? _task;

    /// <param name="policy">Acts; the agent closes it.</param>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="name">Who it is.</param>
    /// <param name="task">The task that it acts for at first; null: its default.</param>
    /// <exception cref="BundleException">There is no such task.</exception>
    public BundleAgent(BundlePolicy policy, Manifest manifest, string name, string? task)
    {
        (_policy, _manifest, Name) = (policy, manifest, name);
        if (task is not null)
            policy.SetTask(task);
        _task = task ?? manifest.Tasks?[0];
    }

    public override string Name { get; }

    public override string? Task => _task;

    public override void ChangeTask()
    {
        if (_manifest.Tasks is not { } tasks)
            return;
        _task = tasks[(tasks.ToList().IndexOf(_task!) + 1) % tasks.Count];
        _policy.SetTask(_task);
    }

    public override void Reset() => _policy.Reset();

    public override void Decide(ReadOnlySpan<float> frame)
    {
        Move = _manifest.Action.Kind == ActionKind.Discrete ? PlayMove.Of(Act<long>(frame)[0]) : PlayMove.Of(Act<float>(frame));
        Value = _policy.Values.Length == 1 ? _policy.Values[0] : null;
        Novelty = _policy.Novelty is [var novelty] ? novelty : null;
        if (_policy.Logits.Length == _manifest.Action.Count)
            Probabilities = Softmax(_policy.Logits);
    }

    public override void Played(PlayMove move)
    {
        if (move.IsNumbered)
            _policy.Played(move.As<long>());
        else
            _policy.Played(move.As<float>());
    }

    public override void Dispose() => _policy.Dispose();

    private TAction[] Act<TAction>(ReadOnlySpan<float> frame) where TAction : unmanaged
    {
        TAction[] action = new TAction[_manifest.Action.Size];
        _policy.Act(frame, action);
        return action;
    }

    private static double[] Softmax(ReadOnlySpan<float> logits)
    {
        double[] weights = new double[logits.Length];
        double most = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
            most = Math.Max(most, logit);
        for (int i = 0; i < weights.Length; i++)
            sum += weights[i] = Math.Exp(logits[i] - most);
        for (int i = 0; i < weights.Length; i++)
            weights[i] /= sum;
        return weights;
    }
}

/// <summary>MiniPacman's scripted player. It sees the game's state, not its picture, so it cannot play in a dream.</summary>
internal sealed class ScriptedAgent(MiniPacmanEnvironment game) : PlayAgent
{
    private readonly MiniPacmanGreedyPolicy _player = new();

    public override string Name => "scripted player";

    public override void Decide(ReadOnlySpan<float> frame) => Move = PlayMove.Of(_player.Act(game.Game));
}
