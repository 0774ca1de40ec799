namespace WorldModels.Train.Algorithms;

/// <summary>
/// World Models (Ha and Schmidhuber 2018) as a list of stages: record, V, M, C. Each is a run of its own in the run's folder, which ends
/// before the next begins, and can be run alone; what it needs of those before it is a folder of episodes or a bundle.
/// </summary>
public static class WorldModelsStages
{
    private const string Recording = "recording", Vision = "vision", Memory = "memory", Controller = "controller";

    /// <summary>Before V: episodes.</summary>
    public static IReadOnlyList<Stage> BeforeVision(WorldModelsOptions options, RunFolder run) => Missing(run, All(options, run).Take(1));

    /// <summary>Before M: episodes and V.</summary>
    public static IReadOnlyList<Stage> BeforeMemory(WorldModelsOptions options, RunFolder run) => Missing(run, All(options, run).Take(2));

    /// <summary>Before C: episodes, V and M; of several rounds (section 5), those before the last one whole.</summary>
    public static IReadOnlyList<Stage> BeforeController(WorldModelsOptions options, RunFolder run) =>
        options.Memory.Length > 0 ? [] : Missing(run, All(options, run).SkipLast(1));

    /// <summary>The options with the inputs that the stages before it left in the run's folder.</summary>
    public static WorldModelsOptions WithInputs(WorldModelsOptions options, RunFolder run) => options with
    {
        Recordings = options.Recordings.Count > 0 ? options.Recordings : [EpisodesOf(run, Recording)],
        Vision = options.Vision.Length > 0 ? options.Vision : BundleOf(run, Vision),
        Memory = options.Memory.Length > 0 ? options.Memory : BundleOf(run, Memory),
    };

    /// <summary>All stages in order; those whose result the options name already have no folder.</summary>
    private static IEnumerable<Stage> All(WorldModelsOptions options, RunFolder run)
    {
        WorldModelsOptions now = options with { Memory = "" };
        for (int round = 1; round <= options.Rounds; round++)
        {
            string folder = round == options.Rounds ? "" : $"round{round}/";

            bool given = round == 1 && options.Recordings.Count > 0;
            yield return new(given ? "" : folder + Recording, Algorithm.Find("worldmodels-record"), now.ForRecording());
            if (!given)
                now = now with { Recordings = [.. now.Recordings, EpisodesOf(run, folder + Recording)] };

            yield return new(options.Vision.Length > 0 ? "" : folder + Vision, Algorithm.Find("worldmodels-vision"), now.ForVision());
            if (options.Vision.Length == 0)
                now = now with { Vision = BundleOf(run, folder + Vision) };

            yield return new(folder + Memory, Algorithm.Find("worldmodels-memory"), now.ForMemory());

            yield return new(
                folder + Controller, Algorithm.Find("worldmodels"), now with { Memory = BundleOf(run, folder + Memory), Rounds = 1 });

            // The controller plays the next round's episodes, which another seed makes others.
            now = now with { Vision = options.Vision, Player = BundleOf(run, folder + Controller), Seed = options.Seed + round };
        }
    }

    /// <summary>
    /// Stages whose result is neither given nor there yet. A stage has ended when it was judged, and what it ships is there.
    /// </summary>
    private static Stage[] Missing(RunFolder run, IEnumerable<Stage> stages) => [.. stages.Where(stage => stage.Folder.Length > 0
        && !(File.Exists(run.File($"{stage.Folder}/evaluation.json"))
            && (stage.Folder.EndsWith(Recording, StringComparison.Ordinal) || Directory.Exists(BundleOf(run, stage.Folder)))))];

    private static string EpisodesOf(RunFolder run, string stage) => Path.GetFullPath(Path.Combine(run.File(stage), "replay"));

    private static string BundleOf(RunFolder run, string stage) => Path.GetFullPath(Path.Combine(run.File(stage), "bundle"));
}
