using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("i2a", HelpText =
    "Train an imagination-augmented agent on MiniPacman (Weber et al. 2017); its environment model first, or --set model=BUNDLE.")]
public sealed class I2AVerb : TrainVerb;
