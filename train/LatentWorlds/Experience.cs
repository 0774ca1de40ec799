using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>
/// What a latent world learns from: an environment that an agent plays in, or a dataset. It collects between updates, keeps whole episodes
/// in a replay buffer, samples sequences from it, and counts frames.
/// </summary>
public sealed class Experience
{
    private readonly LatentOptions _options;
    private readonly AgentEnvironment? _environment;
    private readonly Recording? _recording;
    private readonly SequenceBatch _batch;
    private ReplayBuffer? _replay;
    private Collector? _collector;
    private IReadOnlyList<Episode> _heldOut = [];
    private long _records;          // learnt from

    /// <param name="options">Where the records come from, and how many.</param>
    /// <param name="progress">Told how far reading a dataset is.</param>
    /// <exception cref="UserException">The environment or the dataset is none to learn from, or they do not fit each other.</exception>
    public Experience(LatentOptions options, IProgressReport? progress = null)
    {
        _options = options;
        if (options.Dataset.Length > 0)
        {
            _recording = Read(options, progress);
            DatasetSpec spec = _recording.Spec;
            RecordedIn = HasEnvironment ? options.Env : spec.Environment;
            CheckPictures(_recording.Episodes[0]);
            (Actions, Observation) = HasEnvironment
                ? SpacesOf(spec)
                : (new(spec.Action), ObservationOf(spec, _recording.Episodes[0]));
        }
        else
        {
            RecordedIn = options.Env;
            _environment = AgentEnvironment.Make(options, options.Environments);
            (Actions, Observation) = (_environment.Actions, _environment.Observation);
        }
        _batch = new(options.Length, options.Batch, Observation.Size, Actions.Size);
    }

    /// <summary>The actions and how networks see them.</summary>
    public ActionVectors Actions { get; }

    /// <summary>One observation.</summary>
    public ObservationSpec Observation { get; }

    /// <summary>The environment that the records are of.</summary>
    public string RecordedIn { get; }

    /// <summary>Whether records are collected, not read from a dataset.</summary>
    public bool Collects => _environment is not null;

    /// <summary>Whether there is an environment to be judged in.</summary>
    public bool HasEnvironment => _options.Env != DatasetSpec.NoEnvironment;

    /// <summary>Environment steps taken; of a dataset, records learnt from.</summary>
    public long Frames => _collector is null ? _records : _collector.EnvironmentSteps;

    /// <summary>Counts which states were visited while collecting, where it is to be known.</summary>
    public StateCoverage? Coverage { get; init; }

    /// <summary>Episodes of a dataset that are never trained on.</summary>
    public IReadOnlyList<Episode> HeldOut => _heldOut;

    /// <summary>
    /// Gets the first episodes: reads the dataset, or has random actions taken. A run that has a checkpoint gets its own back with it.
    /// </summary>
    /// <returns>Whether the run is new and there are episodes to learn from.</returns>
    public bool Prepare(RunFolder run, LatentAgent? agent, IProgressReport progress, CancellationToken stop)
    {
        bool isNew = !File.Exists(run.CheckpointPath);
        if (_environment is null)
        {
            _replay = new(Observation.Column.Shape, Actions, _options.Capacity, folder: null);
            CheckIdentity(run, isNew);
            foreach (string line in _recording!.Summary())
                progress.Say(line);
            _heldOut = _replay.AddAll(_recording.Episodes, Recording.KeepBack);
            if (_replay.Forgotten > 0)
                progress.Say($"The first {_replay.Forgotten} episodes are beyond capacity={_options.Capacity} records, and left out.");
        }
        else
        {
            if (isNew && Directory.Exists(run.ReplayPath))
                Directory.Delete(run.ReplayPath, recursive: true);
            Directory.CreateDirectory(run.ReplayPath);
            Dataset.WriteSpec(run.ReplayPath, new()
            {
                Environment = _options.Env, Observation = Observation.Column.Size, Action = Actions.Space, ActionRepeat = _options.ActionRepeat,
            });
            _replay = new(Observation.Column.Shape, Actions, _options.Capacity, run.ReplayPath, Observation.Beside)
            {
                Memory = _options.ReplayMemory > 0 ? (long)(_options.ReplayMemory * 1e9) : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2,
            };
            _collector = new(_environment, agent!, _replay, _options) { Coverage = Coverage };
            if (isNew)
                TakeRandomActions(progress, stop);
        }
        if (!isNew || _replay.Count == 0)
            return false;
        if (_replay.Memory / (_replay.Bytes / _replay.Records) is var held && held < _options.Capacity)
            progress.Say($"Memory holds {held} records (replayMemory), not capacity={_options.Capacity}; older episodes are forgotten.");
        if (!_options.PredictContinue && _replay.Episodes.Any(episode => episode.Discounts.Contains(0)))
            progress.Say("Episodes terminate here, and this run does not learn when (see the option predictContinue).");
        return true;
    }

    /// <summary>Mean and standard deviation of each number of the observations so far.</summary>
    public (float[] Mean, float[] Std) Statistics() => _replay!.Statistics();

    /// <summary>
    /// Lets the agent act, or random actions be taken, where an update is one that comes after a collection. Writes the mean return of the
    /// last episodes as figure <c>return</c>, from the first on, and the share of states that were visited as <c>coverage</c>.
    /// </summary>
    public void CollectBefore(long update, Dictionary<string, double>? figures, bool random = false)
    {
        if (_collector is null)
            return;
        if (ActionsBefore(update - _options.Pretrain) is > 0 and long actions)
            _collector.Collect(actions, random);
        if (figures is null)
            return;
        if (_collector.MeanReturn is { } mean)
            figures["return"] = mean;
        if (Coverage is not null)
            figures["coverage"] = Coverage.Share;
    }

    /// <summary>The sequences of an update, a function of the episodes, the seed and the update.</summary>
    public Sequences Sample(long update, Device device)
    {
        _replay!.Sample(_batch, (ulong)_options.Seed, update);
        _records += (long)_options.Batch * _options.Length;
        return Sequences.From(_batch, _options, Observation.Size, Actions.Size, device);
    }

    /// <summary>The tensors by which a world that learnt from it ships.</summary>
    public WorldSignature Signature(LatentWorld<EagerTensor> world, LatentWorldConfig config) =>
        new(config, world.Dynamics.State, world.Dynamics.Noise, Observation, Actions, _options.RewardScale, _options.Gamma);

    /// <summary>Observations to start dreams and reference inputs from, (N, O): every so many of what was recorded.</summary>
    public float[] StartObservations() => _replay!.SpreadObservations(64);

    /// <summary>Adds what it needs to continue to a checkpoint.</summary>
    public void Save(Checkpoint checkpoint)
    {
        checkpoint.Set("records", _records);
        if (_collector is not null)
        {
            checkpoint.AddBytes("collector", writer =>
            {
                _replay!.Save(writer);
                _collector.Save(writer);
            });
        }
    }

    /// <summary>Takes back what <see cref="Save"/> stored.</summary>
    public void Load(Checkpoint checkpoint)
    {
        _records = checkpoint.Integer("records");
        if (_collector is not null)
        {
            checkpoint.LoadBytes("collector", reader =>
            {
                _replay!.Restore(reader);
                _collector.Restore(reader);
            });
        }
    }

    /// <summary>
    /// Refuses recorded pictures of another size than those that are to be seen. Without an environment, what is recorded is seen, whatever
    /// its size.
    /// </summary>
    private void CheckPictures(Episode first)
    {
        if (!IsPicture(first) || (_options.View is null && !HasEnvironment))
            return;
        // Channels are the first axis or the last, and fewer than rows and columns.
        int[] axes = [.. first.Observations.Shape.Skip(1).OrderDescending()];
        (int rows, int columns) = (axes[0], axes[1]);
        if (rows == _options.Pixels)
            return;
        string remedy = rows == columns && PixelConfig.Sizes.Contains(rows)
            ? $"Set pixels={rows}." : $"Scale them to squares of {string.Join(" or ", PixelConfig.Sizes)} rows.";
        throw new UserException($"The pictures of {_options.Dataset} are {rows} x {columns}, and pixels={_options.Pixels}. {remedy}");
    }

    private static bool IsPicture(Episode episode) => episode.Observations is { Type: NpyType.UInt8, Shape.Count: 4 };

    /// <summary>Numbers as a recording has them, or the picture.</summary>
    private static ObservationSpec ObservationOf(DatasetSpec spec, Episode first) => IsPicture(first)
        ? new() { Shape = [.. first.Observations.Shape.Skip(1)], Low = 0, High = 1 }
        : new() { Shape = [spec.Observation], Low = float.MinValue, High = float.MaxValue, Names = spec.ObservationNames };

    /// <summary>How many actions are due before an update that is this many after the first ones.</summary>
    private long ActionsBefore(long since)
    {
        if (since < 0)
            return 0;
        if (_options.ReplayRatio == 0)
            return since % _options.CollectEvery == 0 ? _options.CollectSteps : 0;
        double actions = _options.Batch * _options.Length / _options.ReplayRatio;
        return Rounds(since + 1) - Rounds(since);

        // The environments act together.
        long Rounds(long updates) => (long)(updates * actions / _options.Environments) * _options.Environments;
    }

    /// <summary>Reads a run's dataset.</summary>
    internal static Recording Read(LatentOptions options, IProgressReport? progress)
    {
        if (options.Proprioception)
            throw new UserException("proprioception=true is for environments: of a dataset, pictures are seen or numbers.");
        RecordingOptions reading = new()
        {
            Ends = options.DatasetEnds, Actions = options.DatasetActions, SeePictures = options.View is not null,
        };
        if (options.DatasetMemory > 0)
            reading = reading with { Memory = (long)(options.DatasetMemory * 1e9) };
        IProgressTask? task = null;
        try
        {
            return Recording.Read(options.Dataset, reading, (done, total) =>
                (task ??= progress?.Start("reading recordings", total))?.Report(done, ""));
        }
        finally
        {
            task?.Dispose();
        }
    }

    private void TakeRandomActions(IProgressReport progress, CancellationToken stop)
    {
        using IProgressTask task = progress.Start("random actions", _options.Prefill);
        _collector!.Begin();
        _collector.Collect(_options.Prefill, random: true, stop, done => task.Report(done, $"{_replay!.Count} episodes"));
        while (_replay!.Count == 0 && !stop.IsCancellationRequested)
            _collector.Collect(_environment!.Count, random: true);      // there has to be an episode to learn from
    }

    /// <summary>Refuses other files than those that the run began with, unless the user says that he wants them.</summary>
    private void CheckIdentity(RunFolder run, bool isNew)
    {
        string path = run.File(RecordingIdentity.FileName);
        RecordingIdentity now = RecordingIdentity.Of(_recording!);
        if (!isNew && File.Exists(path) && RecordingIdentity.Parse(path).DifferenceTo(now) is { } difference && !_options.DatasetMayChange)
        {
            throw new UserException($"{_options.Dataset} is not what {run.Path} has learnt from: {difference}. Bring the same files back, name "
                + $"their place with --dataset, or go on with what is there now: --resume {run.Path} --set datasetMayChange=true (how "
                + "observations are scaled stays as it was).");
        }
        Disk.Write(path, now.ToJson());
    }

    /// <summary>The spaces of the environment that a dataset is to be judged in, which has to be the one it was recorded in.</summary>
    private (ActionVectors, ObservationSpec) SpacesOf(DatasetSpec spec)
    {
        AgentEnvironment environment = AgentEnvironment.Make(_options, count: 1);
        ActionSpec there = environment.Actions.Space, here = spec.Action;
        bool sameActions = there.Kind == here.Kind && (spec.IsInferred
            ? there.Size == here.Size && here.Count.GetValueOrDefault() <= there.Count.GetValueOrDefault()
            : there.Size == here.Size && there.Count == here.Count
                && (here.Kind == ActionKind.Discrete || Enumerable.Range(0, here.Size).All(i => SameBounds(there, here, i))));
        if (environment.Observation.Size != spec.Observation || !sameActions)
        {
            throw new UserException(
                $"{_options.Dataset} was not recorded in {_options.Env}: observations of {spec.Observation} numbers and "
                + $"actions {ModelCard.Describe(here)} there, {environment.Observation.Size} and {ModelCard.Describe(there)} here. Name "
                + "another environment, or leave --env away to evaluate without one.");
        }

        return (environment.Actions, environment.Observation);
    }

    private static bool SameBounds(ActionSpec there, ActionSpec here, int element) =>
        there.LowOf(element) == here.LowOf(element) && there.HighOf(element) == here.HighOf(element);
}
