using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("sacx", HelpText = "Learning by playing: several tasks at once, one scheduled after another (Riedmiller et al. 2018).")]
public sealed class SacXVerb : TrainVerb;
