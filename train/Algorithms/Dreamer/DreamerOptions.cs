using System.ComponentModel.DataAnnotations;
using WorldModels.Train.LatentWorlds;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>Hyperparameters of Dreamer V1 (Hafner et al. 2020, appendix A, and its code).</summary>
public sealed record DreamerOptions : LatentOptions
{
    /// <summary>Imagined steps (H).</summary>
    [Range(2, 1000)]
    public int Horizon { get; init; } = 15;

    /// <summary>Posteriors imagined from at each update, drawn at random; 0: all of them, as published.</summary>
    [Range(0, 1_000_000)]
    public int Starts { get; init; }

    /// <summary>Weight of far returns against near ones (lambda-return).</summary>
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Hidden layers of the actor.</summary>
    [Fixed, Range(0, 16)]
    public int ActorLayers { get; init; } = 4;

    /// <summary>Hidden layers of the critic.</summary>
    [Fixed, Range(0, 16)]
    public int CriticLayers { get; init; } = 3;

    /// <summary>Standard deviation, before the squash, of a continuous actor that has learnt nothing yet.</summary>
    [Fixed, Range(0.01, 100.0)]
    public double InitialStd { get; init; } = 5;

    /// <summary>Learning rate of the actor's Adam.</summary>
    [Range(0.0, 10.0)]
    public double ActorLearningRate { get; init; } = 8e-5;

    /// <summary>Learning rate of the critic's Adam.</summary>
    [Range(0.0, 10.0)]
    public double CriticLearningRate { get; init; } = 8e-5;

    /// <summary>Negative control: the actor stays as it began.</summary>
    public bool FreezeActor { get; init; }

    private static DreamerOptions Small { get; } = new()
    {
        Env = "pendulum", Updates = 4000, LogEvery = 50, CheckpointEvery = 500, EvaluationEpisodes = 100, Prefill = 1000, CollectEvery = 2,
        CollectSteps = 5, Batch = 16, Length = 32, Deterministic = 64, Stochastic = 16, Hidden = 64, Embedding = 64, EncoderLayers = 2,
        EncoderUnits = 64, RewardLayers = 2, HeadUnits = 64, ActorLayers = 2, CriticLayers = 2, InitialStd = 1, Horizon = 12, Starts = 256,
        FreeNats = 1, ObservationScale = 10, RewardLossScale = 10, AdamEpsilon = 1e-5, ModelLearningRate = 1e-3, ActorLearningRate = 3e-4,
        CriticLearningRate = 3e-4, EvaluateEvery = 500,
    };

    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, DreamerOptions> Presets { get; } = new Dictionary<string, DreamerOptions>
    {
        ["debug"] = Small with { Updates = 30, LogEvery = 10, CheckpointEvery = 15, EvaluationEpisodes = 4, Prefill = 400, Pretrain = 5 },
        ["small"] = Small,
        ["paper"] = new()
        {
            Env = "cartpole-swingup", Updates = 500_000, LogEvery = 100, CheckpointEvery = 1000, EvaluationEpisodes = 10,
        },
    };

    /// <summary>
    /// A preset as its environment needs it: where episodes terminate, that is predicted; Gymnasium's tasks take an action each step; what
    /// a step can give is at most about 1.
    /// </summary>
    public static DreamerOptions Fit(DreamerOptions options, string preset)
    {
        bool paper = preset == "paper", small = preset == "small";
        return options.Env switch
        {
            DatasetSpec.NoEnvironment => options with { ActionRepeat = 1 },
            "pendulum" => options with { ActionRepeat = 1, RewardScale = 0.1 },
            "cartpole" or "acrobot" or "mountain-car" or "mountain-car-continuous" => options with
            {
                ActionRepeat = 1,
                PredictContinue = true,
                Updates = small ? 3000 : options.Updates,
            },
            _ when !paper => options with { ActionRepeat = 4, RewardScale = 0.25, Updates = small ? 6000 : options.Updates },
            _ => options,
        };
    }
}
