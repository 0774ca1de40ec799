using WorldModels.Recordings;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The first stage of World Models: episodes of random actions, each held for a while, or of a bundle's with some random ones between them.
/// An update plays as many whole episodes as there are rows, a function of the seed and its number.
/// </summary>
public sealed class RecordTrainer : ITrainer
{
    private readonly WorldModelsOptions _options;
    private readonly AgentEnvironment _environment;
    private long _framesBefore;
    private ReplayBuffer? _replay;
    private RandomHold? _random;
    private RecordedPlayer? _player;

    public RecordTrainer(WorldModelsOptions options, Device device)
    {
        _options = options;
        Parameters = new(options.Seed, device);
        _environment = VisibleEnvironment.Make(options, options.SideBySide);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public long Frames => _framesBefore + _environment.Steps;

    public bool Ships => false;

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        if (!File.Exists(run.CheckpointPath) && Directory.Exists(run.ReplayPath))
            Directory.Delete(run.ReplayPath, recursive: true);
        Directory.CreateDirectory(run.ReplayPath);
        Dataset.WriteSpec(run.ReplayPath, new()
        {
            Environment = _options.Env, Observation = _environment.Observation.Column.Size, Action = _environment.Actions.Space,
        });
        _replay = new(_environment.Observation.Column.Shape, _environment.Actions, long.MaxValue, run.ReplayPath);
        _random = new(_environment.Actions, _environment.Count, _options);
        if (_options.Player.Length == 0)
            return;
        RecordedPlayer.Require(_options.Player, _options.Env, _environment);
        _player = new(_options.Player, _environment.Actions, _environment.Count);
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        ulong seed = Environments.RowSeed.Of((ulong)_options.Seed, (int)update);
        EpisodeRows rows = new(_environment);
        Episode?[] first = new Episode?[rows.Count];
        _random!.Begin();
        _player?.Begin(seed);
        rows.Begin(seed);
        for (long step = 0; first.Contains(null); step++)
        {
            _player?.Act(rows.Observations, rows.Vectors);
            for (int row = 0; row < rows.Count; row++)
                _random.Act(seed, row, step, _player is null ? 1 : _options.Epsilon, rows.Of(rows.Vectors, row));
            _player?.Executed(rows.Vectors);
            rows.Step();
            for (int row = 0; row < rows.Count; row++)
            {
                rows.Add(row);
                if (rows.End(row) is not { } episode)
                    continue;
                first[row] ??= episode;
                _player?.Reset(row);
            }
        }
        int left = (int)Math.Min(rows.Count, _options.Episodes - _replay!.Count);       // the last update may be one of a few
        foreach (Episode? episode in first.Take(left))
            _replay.Add(episode!);
        return !measure ? Measured.None : new Dictionary<string, double>
        {
            ["return"] = first.Average(episode => episode!.Return), ["length"] = first.Average(episode => episode!.Steps),
        };
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.Set("frames", Frames);
        checkpoint.AddBytes("replay", _replay!.Save);
    }

    public void Load(Checkpoint checkpoint)
    {
        _framesBefore = checkpoint.Integer("frames") - _environment.Steps;
        checkpoint.LoadBytes("replay", _replay!.Restore);
    }

    /// <summary>What was recorded: the floor that a controller is compared with.</summary>
    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        IReadOnlyCollection<Episode> all = _replay!.Episodes;
        ReturnSample recorded = new([.. all.Select(episode => episode.Return)], [.. all.Select(episode => episode.Steps)]);
        return Evaluation.Figures([("recorded", recorded)], all.Count);
    }

    public BundleDefinition Bundle() => throw new NotSupportedException("Recorded episodes are no bundle.");

    public void Dispose()
    {
        _player?.Dispose();
        Parameters.Dispose();
    }
}
