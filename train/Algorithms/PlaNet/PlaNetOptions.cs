using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>Hyperparameters of PlaNet (Hafner et al. 2019, appendix A, and its code).</summary>
public sealed record PlaNetOptions : LatentOptions
{
    /// <summary>Steps planned ahead (H).</summary>
    [Range(1, 1000)]
    public int Horizon { get; init; } = 12;

    /// <summary>Action sequences imagined at each iteration (J).</summary>
    [Range(2, 1_000_000)]
    public int Candidates { get; init; } = 1000;

    /// <summary>The best of them, to which the next iteration's distribution is fitted (K).</summary>
    [Range(1, 1_000_000)]
    public int Elites { get; init; } = 100;

    /// <summary>Iterations of the search (I).</summary>
    [Range(1, 1000)]
    public int Iterations { get; init; } = 10;

    /// <summary>How it plans, as the bundle tells the runtime.</summary>
    internal PlannerSpec Planner => new() { Horizon = Horizon, Candidates = Candidates, Elites = Elites, Iterations = Iterations };

    private static PlaNetOptions Paper { get; } = new()
    {
        Env = "cartpole-swingup", Updates = 100_000, LogEvery = 100, CheckpointEvery = 1000, EvaluationEpisodes = 10, ActionRepeat = 8,
        Prefill = 625, Pretrain = 100, CollectEvery = 100, CollectSteps = 125, Capacity = 10_000_000, RewardLayers = 3, HeadUnits = 300,
        FreeNatsForm = FreeNatsForm.MeanOfExcess, RewardLossScale = 10, ModelLearningRate = 1e-3, AdamEpsilon = 1e-4, MaxGradNorm = 1000,
        EvaluateEvery = 0,
    };

    private static PlaNetOptions Small { get; } = Paper with
    {
        Updates = 6000,
        LogEvery = 50,
        CheckpointEvery = 500,
        EvaluationEpisodes = 30,
        Batch = 32,
        Length = 32,
        Deterministic = 64,
        Stochastic = 16,
        Hidden = 64,
        Embedding = 64,
        EncoderUnits = 64,
        RewardLayers = 2,
        HeadUnits = 64,
        FreeNats = 1,
        ObservationScale = 10,
        RewardScale = 0.25,
        Candidates = 200,
        Elites = 20,
        Iterations = 5,
        EvaluateEvery = 1000,
    };

    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, PlaNetOptions> Presets { get; } = new Dictionary<string, PlaNetOptions>
    {
        ["debug"] = Small with
        {
            Updates = 20,
            LogEvery = 10,
            CheckpointEvery = 10,
            EvaluationEpisodes = 2,
            Prefill = 250,
            Pretrain = 5,
            CollectEvery = 10,
            Batch = 8,
            Candidates = 20,
            Elites = 4,
            Iterations = 2,
        },
        ["small"] = Small,
        ["paper"] = Paper,
    };

    /// <summary>A preset as its environment needs it: an episode between collections, and rewards of about 1 an action.</summary>
    public static PlaNetOptions Fit(PlaNetOptions options, string preset) => options.Env switch
    {
        DatasetSpec.NoEnvironment => options with { ActionRepeat = 1 },
        "pendulum" => options with { ActionRepeat = 2, CollectSteps = 100, Prefill = 500, RewardScale = 0.05 },
        "mountain-car-continuous" => options with { ActionRepeat = 4, CollectSteps = 250, Prefill = 1250, RewardScale = 0.1 },
        _ => options,
    };
}
