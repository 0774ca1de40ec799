using System.Diagnostics;
using System.Globalization;
using CommandLine;
using MathNet.Numerics.Statistics;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Benchmarks;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train;

[Verb("bench", HelpText = "Measure how many frames a second an algorithm trains on, and where the time goes; or, as bench dream BUNDLE, how many a bundle dreams.")]
public sealed class TrainingBenchVerb : Verb
{
    private const int WarmUp = 10;

    [Value(0, MetaName = "algorithm", Required = true, HelpText = "The name of an algorithm (see: list), or dream.")]
    public string AlgorithmName { get; set; } = "";

    [Option("env", HelpText = "Environment (see: list).")]
    public string? Env { get; set; }

    [Option("preset", Default = "small", HelpText = "small, paper or debug.")]
    public string Preset { get; set; } = "";

    [Option("set", HelpText = "Hyperparameters, as in: --set units=256", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("updates", Default = 50, HelpText = "Updates of a round.")]
    public int Updates { get; set; }

    [Option("rounds", Default = 9, HelpText = "Rounds; the median counts.")]
    public int Rounds { get; set; }

    [Value(1, MetaName = "bundle", HelpText = "With dream: the bundle whose dreams are measured.")]
    public string? Bundle { get; set; }

    [Option("peer", MetaValue = "torchsharp", HelpText = "With dream: the bundle's own networks in TorchSharp, in turn with the runtime.")]
    public string? Peer { get; set; }

    [Option("batch", Default = "1,16,64,256,1024", HelpText = "With dream: batch sizes.")]
    public string Batch { get; set; } = "";

    [Option("horizon", Default = "15", HelpText = "With dream: steps.")]
    public string Horizon { get; set; } = "";

    [Option("level", HelpText = "With dream: latent, heads, pixels, end-to-end. Default: all that the bundle can.")]
    public string? Level { get; set; }

    [Option("variant", Default = "auto", HelpText = "With dream: forms of the graphs.")]
    public string Variant { get; set; } = "";

    [Option("seconds", Default = 2.0, HelpText = "With dream: time for each figure.")]
    public double Seconds { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "With dream: write the figures to this file.")]
    public string? Json { get; set; }

    public override int Run(TextWriter output)
    {
        if (AlgorithmName == "dream")
            return MeasureDreams(output);
        if (Bundle is not null || Peer is not null)
            throw new UserException("A bundle and a peer are for dreams: train bench dream BUNDLE --peer torchsharp");
        if (Updates < 1 || Rounds < 1)
            throw new UserException("--updates and --rounds take whole numbers of at least 1.");
        Algorithm algorithm = Algorithm.Find(AlgorithmName);
        TrainOptions options = algorithm.Resolve(Preset, Env, seed: null, Set);
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
                $"{Rounds} rounds of {Updates} updates, {trainer.Parameters.Count:N0} parameters, libtorch threads: {get_num_threads()}");
            Measure(trainer, options, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private void Measure(ITrainer trainer, TrainOptions options, TextWriter output)
    {
        long done = options is LatentOptions latent ? latent.Pretrain : 0;
        double Ours(int updates)
        {
            Stopwatch clock = Stopwatch.StartNew();
            for (int i = 0; i < updates; i++)
                trainer.Update(done++, measure: false);
            return clock.Elapsed.TotalSeconds;
        }
        Ours(WarmUp);
        trainer.Timings.Clear();
        long before = trainer.Frames;
        List<double> rounds = [.. Enumerable.Range(0, Rounds).Select(_ => Ours(Updates))];
        double frames = (trainer.Frames - before) / (double)Rounds;
        output.WriteLine($"{AlgorithmName}: {frames / rounds.Median():N0} frames/s, {rounds.Median() / Updates * 1e3:F2} ms an update "
            + $"(median of {Rounds} rounds)");
        double updates = Updates * (double)Rounds, total = trainer.Timings.Seconds.Values.Sum();
        TextTable.Write(output, ["part", "ms per update", "share"], [.. trainer.Timings.Seconds.Select(part => (string[])
            [part.Key, $"{part.Value / updates * 1e3:F2}", $"{part.Value / total:P0}"])]);
    }

    /// <summary>Dreams of a bundle, one thread, in turn with its own definition in TorchSharp.</summary>
    private int MeasureDreams(TextWriter output)
    {
        string bundle = Bundle
            ?? throw new UserException("Name the bundle whose dreams are measured: train bench dream BUNDLE --peer torchsharp");
        if (Peer is not (null or "torchsharp"))
            throw new UserException($"There is no peer '{Peer}': --peer torchsharp.");
        BenchmarkOptions options = new()
        {
            Batches = Numbers("batch", Batch),
            Horizons = Numbers("horizon", Horizon),
            Levels = Level is null ? null : [.. Level.Split(',').Select(ParseLevel)],
            Variants = Variant.Split(','),
            Seconds = Seconds > 0 ? Seconds : throw new UserException("--seconds takes a number above 0."),
            Runtime = new() { Provider = "cpu" },
        };
        using EagerPeer? peer = Peer is null ? null : new(bundle);
        using DreamBenchmark benchmark = new(bundle, options, peer);
        BenchmarkReport report = benchmark.Run() with
        {
            OnnxRuntime = ExecutionProviders.NativeVersion,
            Command = string.Join(' ', (string[])["train", .. Environment.GetCommandLineArgs().Skip(1)]),
        };
        report.Write(output);
        if (Json is not null)
            Disk.Write(Json, report.ToJson() + "\n");
        return 0;
    }

    private static BenchmarkLevel ParseLevel(string name) => BenchmarkLevels.Find(name) ?? throw new UserException(
        $"--level takes {string.Join(", ", Enum.GetValues<BenchmarkLevel>().Select(BenchmarkLevels.Name))}, not '{name}'.");

    private static int[] Numbers(string option, string text) => [.. text.Split(',').Select(part =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number : throw new UserException($"--{option} takes whole numbers of at least 1 with commas between them, not '{text}'."))];
}
