using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("a2c", HelpText = "Train advantage actor-critic on images (Mnih et al. 2016).")]
public sealed class A2CVerb : TrainVerb;
