using System.Diagnostics;
using CommandLine;
using MathNet.Numerics.Statistics;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train;

[Verb("bench", HelpText = "Measure how many frames a second an algorithm trains on, and where the time goes.")]
public sealed class TrainingBenchVerb : Verb
{
    private const int WarmUp = 10;

    [Value(0, MetaName = "algorithm", Required = true, HelpText = "The name of an algorithm (see: list).")]
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

    [Option("peer", HelpText = "pytorch: the same in python3-torch, in turn with ours: a2c's recipe, dreamer's world model's step.")]
    public string? Peer { get; set; }

    public override int Run(TextWriter output)
    {
        if (Updates < 1 || Rounds < 1)
            throw new UserException("--updates and --rounds take whole numbers of at least 1.");
        Algorithm algorithm = Algorithm.Find(AlgorithmName);
        TrainOptions options = algorithm.Resolve(Preset, Env, seed: null, Set);
        if (options is I2AOptions { World: ImaginationWorld.Model, Model: "" })
            throw new UserException("bench trains no environment model. Give one, whose weights do not matter here: --set model=BUNDLE");
        if (Peer is not (null or "pytorch"))
            throw new UserException($"There is no peer '{Peer}': --peer pytorch.");
        bool known = options is A2COptions { Stack: 1, Filters: 16, Hidden: 256 } or DreamerOptions { PredictContinue: false };
        if (Peer is not null && !(known && options.Threads == 1))
        {
            throw new UserException("--peer pytorch is there for a2c, with stack, filters and hidden unchanged, and for dreamer where "
                + "episodes do not terminate; of one thread.");
        }

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
            if (Peer is not null && trainer is Dreamer dreamer)
                MeasureWorldModel(dreamer, (LatentOptions)options, output);
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
        using PyTorchPeer? peer = Peer is not null && options is A2COptions a2c ? PyTorchPeer.A2C(a2c) : null;
        string[] ways = peer is null ? [] :
            ["on recorded frames, acting, then learning anew", "on recorded frames, the gradients of acting kept, as here"];
        Contest(Ours, peer, ways, () => trainer.Frames, AlgorithmName, "frames", output);
        double updates = Updates * (double)Rounds, total = trainer.Timings.Seconds.Values.Sum();
        TextTable.Write(output, ["part", "ms per update", "share"], [.. trainer.Timings.Seconds.Select(part => (string[])
            [part.Key, $"{part.Value / updates * 1e3:F2}", $"{part.Value / total:P0}"])]);
    }

    private void MeasureWorldModel(Dreamer dreamer, LatentOptions options, TextWriter output)
    {
        LatentWorldConfig config = dreamer.WorldConfig;
        using WorldModelBench bench = new WorldModelBench(dreamer, options, dreamer.ActionSize);
        using PyTorchPeer peer = PyTorchPeer.WorldModel(options, config.Observation, dreamer.ActionSize);
        bench.Run(WarmUp);
        Contest(bench.Run, peer,
            ["as usually written", "and priors of all steps at once", "and actions and embeddings projected at once",
                "and Adam over all parameters at once", "and a GRU of fewer operations: as here"],
            () => bench.Records, "world model's step", "records", output);
    }

    /// <summary>Ours and the peer's ways in turn, round by round; medians.</summary>
    private void Contest(
        Func<int, double> run, PyTorchPeer? peer, string[] ways, Func<long> count, string name, string unit, TextWriter output)
    {
        long before = count();
        List<double> ours = [];
        List<double>[] theirs = [.. ways.Select(_ => new List<double>())];
        for (int way = 0; way < ways.Length; way++)
            peer!.Run(WarmUp, way);
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(run(Updates));
            for (int way = 0; way < ways.Length; way++)
                theirs[way].Add(peer!.Run(Updates, way));
        }
        double frames = (count() - before) / (double)Rounds;
        output.WriteLine($"{name}: {frames / ours.Median():N0} {unit}/s, {ours.Median() / Updates * 1e3:F2} ms an update (median)");
        for (int way = 0; way < ways.Length; way++)
        {
            double ratio = ours.Zip(theirs[way], (own, other) => other / own).Median();
            output.WriteLine($"PyTorch {peer!.Version}, {ways[way]}: {frames / theirs[way].Median():N0} {unit}/s; "
                + $"ours is {ratio:F2} times as fast (median of the rounds' ratios)");
        }
    }
}
