using System.Diagnostics;
using CommandLine;
using MathNet.Numerics.Statistics;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Benchmarks;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train;

[Verb("bench", HelpText = "Measure how many frames a second an algorithm trains on, and where the time goes; as bench dream BUNDLE, "
    + "how many a bundle dreams; or, as bench cache, what the cache of a transformer saves.")]
public sealed class TrainingBenchVerb : Verb
{
    private const string Dream = "dream", Cache = "cache";
    private const int WarmUp = 10;

    [Value(0, MetaName = "algorithm", Required = true, HelpText = "The name of an algorithm (see: list), dream or cache.")]
    public string What { get; set; } = "";

    [Value(1, MetaName = "bundle", HelpText = "With dream: the bundle whose dreams are measured.")]
    public string? Bundle { get; set; }

    [Option("env", HelpText = "Environment (see: list).")]
    public string? Env { get; set; }

    [Option("preset", HelpText = "small (default), paper or debug.")]
    public string? Preset { get; set; }

    [Option("set", HelpText = "Hyperparameters, as in: --set units=256", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("updates", HelpText = "Updates of a round (50).")]
    public int? Updates { get; set; }

    [Option("rounds", HelpText = "Rounds (9); the median counts.")]
    public int? Rounds { get; set; }

    [Option("peer", MetaValue = "torchsharp", HelpText = "With dream: the bundle's own networks in TorchSharp, in turn with the runtime.")]
    public string? Peer { get; set; }

    [Option("windows", HelpText = "With cache: steps that the transformers see (8,16,32,64).")]
    public string? Windows { get; set; }

    [Option("batch", HelpText = "With dream: batch sizes (1,16,64,256,1024); with cache (1,64).")]
    public string? Batch { get; set; }

    [Option("horizon", HelpText = "With dream and cache: steps (15).")]
    public string? Horizon { get; set; }

    [Option("level", HelpText = "With dream: latent, heads, pixels, end-to-end. Default: all that the bundle can.")]
    public string? Level { get; set; }

    [Option("variant", HelpText = "With dream: forms of the graphs (auto).")]
    public string? Variant { get; set; }

    [Option("seconds", HelpText = "With dream and cache: time for each figure (2).")]
    public string? Seconds { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "With dream and cache: write the figures to this file.")]
    public string? Json { get; set; }

    public override int Run(TextWriter output)
    {
        RefuseOthers();
        if (What == Dream)
            return MeasureDreams(output);
        if (Bundle is not null)
            throw new UsageException($"bench {What} takes no '{Bundle}'; dreams of a bundle are measured by: bench {Dream} BUNDLE");
        if (What == Cache)
            return MeasureCache(output);
        (int updates, int rounds) = (Updates ?? 50, Rounds ?? 9);
        if (updates < 1 || rounds < 1)
            throw new UserException("--updates and --rounds take whole numbers of at least 1.");
        Algorithm algorithm = Algorithm.Find(What);
        TrainOptions options = algorithm.Resolve(Preset ?? "small", Env, seed: null, Set);
        if (options is I2AOptions { World: ImaginationWorld.Model, Model: "" })
            throw new UserException("bench trains no environment model. Give one, whose weights do not matter here: --set model=BUNDLE");
        string folder = Directory.CreateTempSubdirectory("worldmodels-bench-").FullName;
        try
        {
            using RunFolder run = RunFolder.Create(folder, algorithm.Name, options);
            using ITrainer trainer = algorithm.Create(options, Devices.Open("cpu", options), run);
            trainer.Prepare(run, Progress.Create(), CancellationToken.None);
            output.WriteLine($"{Machine.Current}");
            output.WriteLine(
                $"{rounds} rounds of {updates} updates, {trainer.Parameters.Count:N0} parameters, libtorch threads: {get_num_threads()}");
            Measure(trainer, options, updates, rounds, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private void Measure(ITrainer trainer, TrainOptions options, int updates, int rounds, TextWriter output)
    {
        long done = options is LatentOptions latent ? latent.Pretrain : 0;
        double Time(int count)
        {
            Stopwatch clock = Stopwatch.StartNew();
            for (int i = 0; i < count; i++)
                trainer.Update(done++, measure: false);
            return clock.Elapsed.TotalSeconds;
        }
        Time(WarmUp);
        trainer.Timings.Clear();
        long before = trainer.Frames;
        double[] seconds = [.. Enumerable.Range(0, rounds).Select(_ => Time(updates))];
        double frames = (trainer.Frames - before) / (double)rounds;
        output.WriteLine($"{What}: {frames / seconds.Median():N0} frames/s, {seconds.Median() / updates * 1e3:F2} ms an update "
            + $"(median of {rounds} rounds)");
        double all = updates * (double)rounds, total = trainer.Timings.Seconds.Values.Sum();
        TextTable.Write(output, ["part", "ms per update", "share"], [.. trainer.Timings.Seconds.Select(part => (string[])
            [part.Key, $"{part.Value / all * 1e3:F2}", $"{part.Value / total:P0}"])]);
    }

    /// <summary>Dreams of a bundle, one thread, in turn with its own definition in TorchSharp.</summary>
    private int MeasureDreams(TextWriter output)
    {
        string bundle = Bundle
            ?? throw new UsageException($"Name the bundle whose dreams are measured: bench {Dream} BUNDLE --peer torchsharp");
        if (Peer is not (null or "torchsharp"))
            throw new UsageException($"There is no peer '{Peer}': --peer takes torchsharp.");
        BenchmarkOptions standard = new();
        BenchmarkOptions options = standard with
        {
            Batches = Batch is null ? standard.Batches : Arguments.WholeNumbers("batch", Batch, least: 1),
            Horizons = Horizon is null ? standard.Horizons : Arguments.WholeNumbers("horizon", Horizon, least: 1),
            Levels = Level is null ? null : Arguments.Choices("level", Level, BenchmarkLevels.ByName),
            Variants = Variant is null ? standard.Variants : Variant.Split(','),
            Seconds = Seconds is null ? standard.Seconds : Arguments.PositiveNumber("seconds", Seconds),
            Runtime = new() { Provider = "cpu" },
        };
        if (Json is not null)
            AtomicFile.Prepare(Json);
        using EagerPeer? peer = Peer is null ? null : new(bundle);
        using DreamBenchmark benchmark = new(bundle, options, peer);
        return Report(benchmark.Run(), output);
    }

    /// <summary>Steps of untrained transformers with their cache, and without.</summary>
    private int MeasureCache(TextWriter output)
    {
        TransformerOptions options =
            (TransformerOptions)Algorithm.Find("transformer").Resolve(Preset ?? "small", Env, seed: null, Set);
        if (options.Dynamics != LatentDynamics.Transformer)
            throw new UserException("bench cache times the cache of transformers, which dynamics=rssm has not: leave that.");
        BenchmarkOptions measure = new()
        {
            Batches = Arguments.WholeNumbers("batch", Batch ?? "1,64", least: 1),
            Horizons = Arguments.WholeNumbers("horizon", Horizon ?? "15", least: 1),
            Seconds = Arguments.PositiveNumber("seconds", Seconds ?? "2"),
        };
        int[] windows = Arguments.WholeNumbers("windows", Windows ?? "8,16,32,64", least: 2);
        if (Json is not null)
            AtomicFile.Prepare(Json);
        return Report(new CacheBenchmark(options, windows, measure).Run(), output);
    }

    private int Report(BenchmarkReport report, TextWriter output)
    {
        report = report with
        {
            OnnxRuntime = ExecutionProviders.NativeVersion,
            Command = string.Join(' ', (string[])["train", .. Environment.GetCommandLineArgs().Skip(1)]),
        };
        report.Write(output);
        if (Json is not null)
            Disk.Write(Json, report.ToJson() + "\n");
        return 0;
    }

    /// <summary>Options of another kind of measurement are no use, and are not passed over in silence.</summary>
    private void RefuseOthers()
    {
        const string Algorithms = "algorithms: bench ALGORITHM", Dreams = $"dreams: bench {Dream} BUNDLE";
        const string Caches = $"caches: bench {Cache}";
        string own = What switch { Dream => Dreams, Cache => Caches, _ => Algorithms };
        (string Name, object? Value, string[] Users)[] options =
        [
            ("env", Env, [Algorithms, Caches]), ("preset", Preset, [Algorithms, Caches]),
            ("set", Set.FirstOrDefault(), [Algorithms, Caches]), ("updates", Updates, [Algorithms]), ("rounds", Rounds, [Algorithms]),
            ("peer", Peer, [Dreams]), ("level", Level, [Dreams]), ("variant", Variant, [Dreams]),
            ("batch", Batch, [Dreams, Caches]), ("horizon", Horizon, [Dreams, Caches]), ("seconds", Seconds, [Dreams, Caches]),
            ("json", Json, [Dreams, Caches]), ("windows", Windows, [Caches]),
        ];
        (string? name, _, string[]? users) = options.FirstOrDefault(option => option.Value is not null && !option.Users.Contains(own));
        if (name is not null)
            throw new UsageException($"bench {What} has no use for --{name}: it is for {string.Join("; ", users!)}.");
    }
}
