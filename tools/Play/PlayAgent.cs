using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Somebody who chooses actions, once a frame.</summary>
public abstract class PlayAgent : IDisposable
{
    /// <summary>Who it is, for people.</summary>
    public abstract string Name { get; }

    /// <summary>What it would do now.</summary>
    public long Action { get; private protected set; }

    /// <summary>The return it expects from here on, if it estimates one.</summary>
    public double? Value { get; private protected set; }

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

    /// <summary>Frees what it holds.</summary>
    public virtual void Dispose() { }
}

/// <summary>The policy of a bundle.</summary>
internal sealed class PolicyAgent : PlayAgent
{
    private readonly Controller _controller;
    private readonly long[] _action = new long[1];
    private string? _task;

    /// <param name="controller">Acts; the agent closes it.</param>
    /// <param name="name">Who it is.</param>
    /// <param name="task">The task that it acts for at first; null: its default.</param>
    /// <exception cref="BundleException">There is no such task.</exception>
    public PolicyAgent(Controller controller, string name, string? task)
    {
        (_controller, Name) = (controller, name);
        if (task is not null)
            controller.SetTask(task);
        _task = task ?? controller.Manifest.Tasks?[0];
    }

    public override string Name { get; }

    public override string? Task => _task;

    public override void ChangeTask()
    {
        if (_controller.Manifest.Tasks is not { } tasks)
            return;
        _task = tasks[(tasks.ToList().IndexOf(_task!) + 1) % tasks.Count];
        _controller.SetTask(_task);
    }

    public override void Reset() => _controller.Reset();

    public override void Decide(ReadOnlySpan<float> frame)
    {
        _controller.Act(frame, _action);
        Action = _action[0];
        Value = _controller.Values.Length == 1 ? _controller.Values[0] : null;
        if (_controller.Logits.Length == _controller.Manifest.Action.Count)
            Probabilities = Softmax(_controller.Logits);
    }

    public override void Dispose() => _controller.Dispose();

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

    public override void Decide(ReadOnlySpan<float> frame) => Action = _player.Act(game.Game);
}
