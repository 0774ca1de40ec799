using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("worldmodels", HelpText =
    "Train a controller in the dream of a world model, or on what it sees (Ha and Schmidhuber 2018); all stages before it first.")]
public sealed class WorldModelsVerb : TrainVerb;

[Verb("worldmodels-record", HelpText = "Only the first stage of worldmodels: record episodes of random play, or of a bundle's.")]
public sealed class WorldModelsRecordVerb : TrainVerb;

[Verb("worldmodels-vision", HelpText = "Only the stages of worldmodels up to V, a variational autoencoder of what is seen.")]
public sealed class WorldModelsVisionVerb : TrainVerb;

[Verb("worldmodels-memory", HelpText = "Only the stages of worldmodels up to M, a recurrent network that predicts what V sees.")]
public sealed class WorldModelsMemoryVerb : TrainVerb;
