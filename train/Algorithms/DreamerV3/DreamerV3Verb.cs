using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("dreamerv3", HelpText = "Dreamer with one set of hyperparameters for all tasks: two-hot, scaled returns (Hafner et al. 2025).")]
public sealed class DreamerV3Verb : LatentVerb;
