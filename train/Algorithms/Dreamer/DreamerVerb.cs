using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("dreamer", HelpText = "Train an actor and a critic in a recurrent state-space model's imagination (Hafner et al. 2020).")]
public sealed class DreamerVerb : LatentVerb;
