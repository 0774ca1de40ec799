using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>The optimisers of an actor and its critic: gradients of both losses, then the steps.</summary>
internal sealed class ActorCriticOptimisers : IDisposable
{
    private readonly DreamerOptions _options;
    private readonly string _path;
    private readonly Parameter[] _actorParameters;
    private readonly FlatOptimiser _actor, _critic;

    /// <param name="options">Learning rates, clipping and decay.</param>
    /// <param name="parameters">Where actor and critic have their parameters, which are there already.</param>
    /// <param name="path">What their paths begin with, "policies/explore/" of "policies/explore/actor"; "" where there is one actor.</param>
    public ActorCriticOptimisers(DreamerOptions options, EagerParameters parameters, string path = "")
    {
        (_options, _path) = (options, path);
        _actorParameters = parameters.Below(path + Dreamer.ActorPath);
        CriticParameters = parameters.Below(path + Dreamer.CriticPath);
        _actor = options.OptimiserOf(_actorParameters, options.ActorLearningRate);
        _critic = options.OptimiserOf(CriticParameters, options.CriticLearningRate);
    }

    /// <summary>The critic's parameters.</summary>
    public Parameter[] CriticParameters { get; }

    /// <summary>Takes the gradients of both losses. Each reaches its own network alone, also through a graph that both share.</summary>
    public void TakeGradients(Tensor actorLoss, Tensor criticLoss, Dictionary<string, double>? figures)
    {
        _actor.ZeroGradients();
        _critic.ZeroGradients();
        autograd.backward([criticLoss], retain_graph: true, inputs: [.. CriticParameters]);
        autograd.backward([actorLoss], inputs: [.. _actorParameters]);
        if (figures is null)
            return;
        figures["actor_loss"] = actorLoss.item<float>();
        figures["critic_loss"] = criticLoss.item<float>();
    }

    /// <summary>Clips the gradients and takes the steps; an actor that is frozen stays as it began.</summary>
    public void Step(Dictionary<string, double>? figures)
    {
        double actorNorm = _options.ClipBehaviour(_actor), criticNorm = _options.ClipBehaviour(_critic);
        if (figures is not null)
            (figures["actor_gradient_norm"], figures["critic_gradient_norm"]) = (actorNorm, criticNorm);
        if (!_options.FreezeActor)
        {
            _actor.Step();
            _actor.Decay(_options.WeightDecay);
        }
        _critic.Step();
        _critic.Decay(_options.WeightDecay);
    }

    /// <summary>Adds what they need to continue to a checkpoint.</summary>
    public void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_actor, $"optimiser/{_path}actor");
        checkpoint.AddOptimiser(_critic, $"optimiser/{_path}critic");
    }

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    public void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_actor, $"optimiser/{_path}actor");
        checkpoint.LoadOptimiser(_critic, $"optimiser/{_path}critic");
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _actor.Dispose();
        _critic.Dispose();
    }
}
