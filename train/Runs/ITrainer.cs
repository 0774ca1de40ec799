using WorldModels.Bundles;

namespace WorldModels.Train;

/// <summary>
/// One algorithm at work. <see cref="TrainingRun"/> drives it: prepare, then updates with checkpoints between them, then evaluation and
/// the bundle. All that an update depends on is in a checkpoint or drawn from (seed, update), so that a resumed run is the same run.
/// </summary>
public interface ITrainer : IDisposable
{
    /// <summary>The resolved options.</summary>
    TrainOptions Options { get; }

    /// <summary>The networks' parameters.</summary>
    EagerParameters Parameters { get; }

    /// <summary>Where the time of its updates goes.</summary>
    Timings Timings { get; }

    /// <summary>The options that say how long its optimisers' steps are, as users set them.</summary>
    IReadOnlyList<string> LearningRates => ["learningRate"];

    /// <summary>Whether <see cref="Frames"/> counts steps of the environment, not recorded frames.</summary>
    bool FramesAreEnvironmentSteps => true;

    /// <summary>Frames so far: taken in the environment, or learnt from, where a recorded frame counts each time.</summary>
    long Frames { get; }

    /// <summary>What must be there before the first update (data, environments). Called once, before <see cref="Load"/>.</summary>
    void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop);

    /// <summary>
    /// One update. What is worth a curve is read from the device only when <paramref name="measure"/> is set.
    /// </summary>
    IReadOnlyDictionary<string, double> Update(long update, bool measure);

    /// <summary>A short evaluation between updates, asked for at lines of metrics; empty where none is due.</summary>
    IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => Measured.None;

    /// <summary>Adds what the algorithm needs to continue to a checkpoint.</summary>
    void Save(Checkpoint checkpoint);

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    void Load(Checkpoint checkpoint);

    /// <summary>Figures by which the algorithm is judged, with their baselines.</summary>
    IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress);

    /// <summary>Whether there is a bundle to ship; some control experiments have none.</summary>
    bool Ships => true;

    /// <summary>What ships: graphs, spaces, reference inputs.</summary>
    BundleDefinition Bundle();

    /// <summary>What ships where a search's whole population is asked for, not what is best of it.</summary>
    /// <exception cref="UserException">There is no population.</exception>
    BundleDefinition BundleOfPopulation() =>
        throw new UserException("This run searched by no population: leave --population away, or give a run of worldmodels.");

    /// <summary>The weights of the bundle's graphs by path, those that are not trained among them.</summary>
    IReadOnlyDictionary<string, WeightArray> Weights() => Parameters.ToWeights();
}
