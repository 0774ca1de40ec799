using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("environment-model", HelpText = "Learn a model of MiniPacman, frame by frame, from recorded games (Weber et al. 2017).")]
public sealed class EnvironmentModelVerb : TrainVerb;
