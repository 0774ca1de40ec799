namespace WorldModels.Train.Algorithms;

/// <summary>Hyperparameters of the model-free agent: those of <see cref="ActorCriticOptions"/>.</summary>
public sealed record A2COptions : ActorCriticOptions
{
    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, A2COptions> Presets { get; } = new Dictionary<string, A2COptions>
    {
        ["debug"] = new() { Updates = 50, LogEvery = 10, CheckpointEvery = 25, EvaluationEpisodes = 4 },
        ["small"] = new() { Updates = 12_500, LogEvery = 100, CheckpointEvery = 1250, EvaluationEpisodes = 200, Decay = 0.3 },
        ["paper"] = new() { Updates = 1_000_000, LogEvery = 1000, CheckpointEvery = 10_000, EvaluationEpisodes = 200 },
    };
}
