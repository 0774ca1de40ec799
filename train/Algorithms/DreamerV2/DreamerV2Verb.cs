using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("dreamerv2", HelpText = "Dreamer with categorical latents, KL balancing and a target critic (Hafner et al. 2021).")]
public sealed class DreamerV2Verb : LatentVerb;
