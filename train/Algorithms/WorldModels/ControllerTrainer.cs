using System.Diagnostics;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// C, the last stage of World Models: CMA-ES over the weights of a controller of one layer, each candidate judged by episodes in the dream,
/// or in the environment seen through V and M. An update is a generation. All candidates of a generation play the same episodes; now and
/// then the distribution's mean plays others, and the best mean is what ships.
/// </summary>
public sealed class ControllerTrainer : ITrainer
{
    private const int RealRows = 64;    // of the environment at most, in which nothing is gained by more

    private readonly WorldModelsOptions _options;
    private readonly MemorySignature _signature;
    private readonly ControllerConfig _config;
    private readonly CmaEs _search;
    private WorldModel? _world;
    private string _memory = "", _controllers = "";
    private ControllerTrials? _trials;
    private double[] _best;             // the best mean so far
    private double _bestReturn = double.NegativeInfinity;
    private long _framesBefore;

    public ControllerTrainer(WorldModelsOptions options, Device device, RunFolder? run = null)
    {
        WorldModelsOptions inputs = run is null ? options : WorldModelsStages.WithInputs(options, run);
        _options = ShippedSizes.Of(options, inputs.Vision, inputs.Memory);
        Require(_options);
        _signature = MemorySignature.Of(_options);
        _config = _options.ControllerConfig(_signature.Actions.Size);
        Parameters = new(options.Seed, device);
        _ = Parameters.Root.Get(ControllerDecision.WeightsPath, [1, _config.Weights], Init.Zeros);
        _best = new double[_config.Weights];
        _search = new(new(_options.Sigma, _options.Population, _options.Covariance, (ulong)_options.Seed), _best);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["sigma"];

    public bool FramesAreEnvironmentSteps => _options.World == ControllerWorld.Real;

    public long Frames => _framesBefore + (_trials?.Steps ?? 0);

    /// <summary>Looks whether options contradict one another, and whether a dream rewards what the environment does.</summary>
    /// <exception cref="UserException">They do, or it does not.</exception>
    internal static void Require(WorldModelsOptions options)
    {
        if (options is { Memory.Length: > 0, Rounds: > 1 })
            throw new UserException($"rounds={options.Rounds} learns M in each of them: leave memory out, or rounds.");
        if (options.World != ControllerWorld.Dream)
            return;
        DreamEnvironment.Require(options.Restart);
        DreamReward.Require(options);
    }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        WorldModelsOptions inputs = WorldModelsStages.WithInputs(_options, run);
        (_memory, _controllers) = (inputs.Memory, run.File("controllers"));
        _world = WorldModel.Load(_memory);
        if (_options.World == ControllerWorld.Dream
            && _world.Manifest.Training?.Figures.TryGetValue(MemoryTrainer.EndsLearnt, out double ends) == true && ends == 0)
        {
            throw DreamReward.NoEnds(_options);
        }
        if (!Directory.Exists(_controllers))
        {
            BundleDefinition definition = ControllerDecision.OfMany(_options.Env, _config);
            BundleExporter.Export(_controllers, "controllers", definition, Parameters.ToWeights(), new());
        }
        _trials = _options.World == ControllerWorld.Dream ? Dreaming(_options.Rows, _options.Temperature) : Awake(_options.Rows);
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        double[][] candidates;
        using (Timings.Of("ask"))
            candidates = _search.Ask();
        IReadOnlyList<ControllerJob> jobs = ControllerJob.Of(candidates.Length, _options.EpisodesEach);
        double[] returns;
        (long before, long started) = (_trials!.Steps, Stopwatch.GetTimestamp());
        using (Timings.Of("play"))
            returns = [.. _trials.Play(SeedOf("generation", update), candidates, jobs).Select(sample => sample.Mean)];
        (double seconds, long frames) = (Stopwatch.GetElapsedTime(started).TotalSeconds, _trials.Steps - before);
        using (Timings.Of("tell"))
            _search.Tell([.. returns.Select(value => -value)]);
        if ((update + 1) % _options.EvaluateEvery == 0)
        {
            using (Timings.Of("evaluate"))
                EvaluateMean(update);
        }
        if (_search.HasConverged && _search.Restarts < _options.Restarts)
            _search.Restart(Best);
        return measure ? Measure(returns, seconds, frames) : Measured.None;
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.Set("frames", Frames);
        checkpoint.AddBytes("search", writer =>
        {
            _search.Save(writer);
            writer.Write(_bestReturn);
            foreach (double weight in _best)
                writer.Write(weight);
        });
    }

    public void Load(Checkpoint checkpoint)
    {
        _framesBefore = checkpoint.Integer("frames");
        checkpoint.LoadBytes("search", reader =>
        {
            _search.Restore(reader);
            _bestReturn = reader.ReadDouble();
            for (int i = 0; i < _best.Length; i++)
                _best[i] = reader.ReadDouble();
        });
    }

    /// <summary>
    /// The controller in the environment, on V's draws and on its means, beside itself without M's memory, random play, play with held
    /// actions, the best constant action and sweep, the scripted driver of a race, and controllers that learnt nothing; and in dreams of
    /// several temperatures: where the dream is kinder than the world, the controller has learnt its faults. Last, what a generation costs
    /// in the dream and in the environment.
    /// </summary>
    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        Dictionary<string, double> figures = Evaluation.Figures(Real(episodes), episodes);
        foreach ((string name, double value) in _world!.Manifest.Training?.Figures ?? new Dictionary<string, double>())
            figures[$"memory_{name}"] = value;
        if (_options.World == ControllerWorld.Dream)
        {
            foreach (double temperature in new[] { 0.1, 1.0, 1.15, 1.3 })
            {
                using ControllerTrials dreaming = Dreaming(Math.Min(_options.Rows, episodes), temperature);
                ReturnSample dreamt = dreaming.Play(SeedOf("dream evaluation", 0), [Best], ControllerJob.Of(1, episodes))[0];
                figures[$"dream_{temperature:0.0#}"] = dreamt.Mean;
            }
        }
        if (_options.Restart)
        {
            using ControllerTrials dreaming = Dreaming(_options.Rows, _options.Temperature), awake = Awake(_options.Rows);
            foreach ((string name, ControllerTrials trials) in new[] { ("dream", dreaming), ("real", awake) })
                (figures[$"seconds_per_generation_{name}"], figures[$"frames_per_generation_{name}"]) = Cost(trials);
        }
        return figures;
    }

    public BundleDefinition Bundle() => VisionMemoryGraphs.OfController(_options, _signature, _config, Starts);

    /// <summary>The generation that the search would try next.</summary>
    public BundleDefinition BundleOfPopulation() =>
        VisionMemoryGraphs.OfPopulation(_options, _signature, _config, Starts, _search.Ask());

    /// <summary>V's and M's, and those of the best mean.</summary>
    public IReadOnlyDictionary<string, WeightArray> Weights() => ShippedSizes.Weights(_memory, VisionTrainer.Path, MemoryTrainer.Path)
        .Append(new(ControllerDecision.WeightsPath, new([.. Best.Select(weight => (float)weight)], [1, _best.Length]))).ToDictionary();

    public void Dispose()
    {
        _trials?.Dispose();
        _world?.Dispose();
        _search.Dispose();
        Parameters.Dispose();
    }

    /// <summary>Seconds and steps of a generation, which is the one that the search would try next.</summary>
    private (double Seconds, double Frames) Cost(ControllerTrials trials)
    {
        double[][] candidates = _search.Ask();
        long started = Stopwatch.GetTimestamp();
        _ = trials.Play(SeedOf("cost", 0), candidates, ControllerJob.Of(candidates.Length, _options.EpisodesEach));
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, trials.Steps);
    }

    private float[] Starts => Npz.Read(Path.Combine(_memory, "starts.npz"))["observation"].ToFloats();

    /// <summary>The best mean that was evaluated; before the first was, the mean as it is.</summary>
    private double[] Best => double.IsFinite(_bestReturn) ? _best : _search.Mean;

    /// <summary>
    /// The population's returns, by names that a page of curves draws as ranges about their mean, and how far the search reaches:
    /// <c>spread</c> are the standard deviations of the weights. Beside them what the generation's play took.
    /// </summary>
    private Dictionary<string, double> Measure(double[] returns, double seconds, long frames)
    {
        (double[] ordered, double[] spread) = ([.. returns.Order()], _search.Spread);
        Dictionary<string, double> figures = new()
        {
            ["return_mean"] = returns.Average(), ["return_best"] = ordered[^1], ["return_worst"] = ordered[0], ["sigma"] = _search.Sigma,
            ["return_quartile1"] = ordered[(ordered.Length - 1) / 4], ["return_quartile3"] = ordered[(ordered.Length - 1) * 3 / 4],
            ["spread_mean"] = spread.Average(), ["spread_least"] = spread.Min(), ["spread_most"] = spread.Max(),
            ["condition"] = _search.Condition, ["play_frames"] = frames, ["play_seconds"] = seconds,
        };
        if (double.IsFinite(_bestReturn))
            figures["return_of_mean"] = _bestReturn;
        return figures;
    }

    private void EvaluateMean(long update)
    {
        double[] mean = _search.Mean;
        // Fresh episodes: a mean that is judged by those that it was selected by looks better than it is.
        double value = _trials!.Play(SeedOf("mean", update), [mean], ControllerJob.Of(1, _options.MeanEpisodes))[0].Mean;
        if (value <= _bestReturn)
            return;
        (_best, _bestReturn) = (mean, value);
    }

    private IEnumerable<(string Name, ReturnSample Returns)> Real(int episodes)
    {
        ulong seed = SeedOf("evaluation", 0);
        using (ControllerTrials awake = Awake(Math.Min(RealRows, episodes)))
        {
            yield return ("sampled", awake.Play(seed, [Best], ControllerJob.Of(1, episodes))[0]);
            if (ControllerBaselines.WithoutMemory(awake, _config, Best, episodes, seed) is { } blind)
                yield return ("without_memory", blind);
            yield return ("untrained", ControllerBaselines.Untrained(awake, _config, episodes, seed));
        }
        using (ControllerTrials awake = Awake(Math.Min(RealRows, episodes), seesMeans: true))
            yield return ("greedy", awake.Play(seed, [Best], ControllerJob.Of(1, episodes))[0]);
        AgentEnvironment environment = VisibleEnvironment.Make(_options, Math.Min(RealRows, episodes));
        yield return ("random", environment.PlayRandom(episodes, seed));
        if (ControllerBaselines.BestConstant(_options.Env, environment, episodes, seed, SeedOf("constant", 0)) is { } constant)
            yield return ("constant", constant);
        if (ControllerBaselines.BestSweep(environment, episodes, seed, SeedOf("sweep", 0)) is { } sweep)
            yield return ("sweep", sweep.Returns);
        if (ControllerBaselines.Driver(_options, environment.Count, episodes, seed) is { } driver)
            yield return ("driver", driver);
        RandomHold hold = new(environment.Actions, environment.Count, _options);
        yield return ("held", environment.Play(episodes, seed, (step, _, _, vectors) =>
        {
            for (int row = 0; row < environment.Count; row++)
                hold.Act(seed, row, step, 1, vectors.Slice(row * environment.Actions.Size, environment.Actions.Size));
        }));
    }

    private ControllerTrials Dreaming(int rows, double temperature) => new(_controllers, new DreamEnvironment(
        _world!, _config, _signature.Actions, rows, temperature, _options.EpisodeSteps, _options.DreamThreads));

    private ControllerTrials Awake(int rows, bool seesMeans = false) => new(
        _controllers, new ObservedEnvironment(_world!, _config, VisibleEnvironment.Make(_options, Math.Min(rows, RealRows)))
        { SeesMeans = seesMeans });

    private ulong SeedOf(string purpose, long update) =>
        RowSeed.Of((ulong)_options.Seed ^ ((ulong)Philox.Stream(purpose) << 32), (int)update);
}
