using WorldModels.Bundles;
using TorchSharp;
using WorldModels.Onnx;

namespace WorldModels.Train;

/// <summary>
/// One algorithm at work. <see cref="TrainingRun"/> drives it: prepare, then updates with checkpoints between them, then evaluation and
/// the bundle. All that an update depends on is in a checkpoint or drawn from (seed, update), so that a resumed run is the same run.
/// </summary>
public abstract class Trainer : IDisposable
{
    /// <summary>The resolved options.</summary>
    public abstract TrainOptions Options { get; }

    /// <summary>The networks' parameters.</summary>
    public abstract EagerParameters Parameters { get; }

    /// <summary>Where the time of its updates goes.</summary>
    public Timings Timings { get; } = new();

    /// <summary>The options that say how long its optimisers' steps are, as users set them.</summary>
    public virtual IReadOnlyList<string> LearningRates => ["learningRate"];

    /// <summary>Whether <see cref="Frames"/> counts steps of the environment, not recorded frames.</summary>
    public virtual bool FramesAreEnvironmentSteps => true;

    /// <summary>Frames learnt from when <paramref name="updates"/> updates are done; a recorded frame counts each time.</summary>
    public abstract long Frames(long updates);

    /// <summary>What must be there before the first update (data, environments). Called once, before <see cref="Load"/>.</summary>
    public abstract void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop);

    /// <summary>
    /// One optimiser step. Values are read from the device only when <paramref name="measure"/> is set: the loss and whatever else is worth
    /// a curve.
    /// </summary>
    public abstract IReadOnlyDictionary<string, double> Update(long update, bool measure);

    /// <summary>Adds what the algorithm needs to continue to a checkpoint.</summary>
    public abstract void Save(Checkpoint checkpoint);

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    public abstract void Load(Checkpoint checkpoint);

    /// <summary>Figures by which the algorithm is judged, with their baselines.</summary>
    public abstract IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress);

    /// <summary>Whether there is a bundle to ship; a control experiment has none.</summary>
    public virtual bool Ships => true;

    /// <summary>What ships: graphs, spaces, reference inputs.</summary>
    public abstract BundleDefinition Bundle();

    /// <summary>The weights of the bundle's graphs by path, those that are not trained among them.</summary>
    public virtual IReadOnlyDictionary<string, WeightArray> Weights() => Parameters.ToWeights();

    public virtual void Dispose() => Parameters.Dispose();

    /// <summary>What an update that is not measured returns.</summary>
    protected static IReadOnlyDictionary<string, double> Unmeasured { get; } = new Dictionary<string, double>();
}
