using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("transformer", HelpText = "Learn a transformer as a world model, and to act in its imagination (Robine et al. 2023; Simple World).")]
public sealed class TransformerVerb : LatentVerb;
