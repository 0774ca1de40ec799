namespace WorldModels.Train.A2C;

/// <summary>Hyperparameters of the model-free agent: those of <see cref="ActorCriticOptions"/>.</summary>
public sealed record A2COptions : ActorCriticOptions;
