using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("planet", HelpText = "Learn a recurrent state-space model, and plan in it by the cross-entropy method (Hafner et al. 2019).")]
public sealed class PlaNetVerb : LatentVerb;
