using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("plan2explore", HelpText =
    "Explore without reward by the disagreement of an ensemble, then learn tasks in the world model (Sekar et al. 2020); or --set "
    + "explorer=curiosity, random. Also explorationUpdates, noisyScreen; few-shot: updates above explorationUpdates + taskUpdates.")]
public sealed class Plan2ExploreVerb : TrainVerb
{
    [Option("tasks", HelpText = "Tasks to learn from one exploration, as in: --env pendulum-swingup --tasks swingup,balance,spin")]
    public string? Tasks { get; set; }

    protected override IEnumerable<string> Assignments => SetWith("tasks", Tasks);
}
