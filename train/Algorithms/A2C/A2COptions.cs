namespace WorldModels.Train.Algorithms;

/// <summary>Hyperparameters of the model-free agent: those of <see cref="ActorCriticOptions"/>.</summary>
public sealed record A2COptions : ActorCriticOptions;
