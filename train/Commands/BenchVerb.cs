using System.Diagnostics;
using CommandLine;
using WorldModels.Diagnostics;
using WorldModels.Train.A2C;
using WorldModels.Train.I2A;
using static TorchSharp.torch;

namespace WorldModels.Train;

[Verb("bench", HelpText = "Measure how many frames a second an algorithm trains on, and where the time goes.")]
public sealed class BenchVerb : Verb
{
    [Value(0, MetaName = "algorithm", Required = true, HelpText = "The algorithm (see: list).")]
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

    [Option("peer", HelpText = "pytorch: the same recipe in python3-torch on recorded frames, in turn with ours (a2c only).")]
    public string? Peer { get; set; }

    [Option("no-provision", HelpText = "Never install anything; say what is missing instead.")]
    public bool NoProvision { get; set; }

    public override int Run(TextWriter output)
    {
        if (Updates < 1 || Rounds < 1)
            throw new UserException("--updates and --rounds take whole numbers of at least 1.");
        Devices.Provision(!NoProvision);
        Algorithm algorithm = Algorithm.Find(AlgorithmName);
        TrainOptions options = algorithm.Resolve(Preset, Env, seed: null, Set);
        if (options is I2AOptions { World: ImaginationWorld.Model, Model: "" })
            throw new UserException("bench trains no environment model. Give one, whose weights do not matter here: --set model=BUNDLE");
        using PyTorchPeer? peer = Open(options);
        string folder = Directory.CreateTempSubdirectory("worldmodels-bench-").FullName;
        try
        {
            using RunFolder run = RunFolder.Create(folder, algorithm.Name, options);
            using Trainer trainer = algorithm.Create(options, Devices.Open("cpu", options), run);
            trainer.Prepare(run, Progress.Create(), CancellationToken.None);
            Measure(trainer, peer, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return 0;
    }

    private PyTorchPeer? Open(TrainOptions options) => (Peer, options) switch
    {
        (null, _) => null,
        ("pytorch", A2COptions { Stack: 1, Filters: 16, Hidden: 256, Threads: 1 } a2c) => new(a2c),
        ("pytorch", _) => throw new UserException("--peer pytorch is there for a2c alone, with stack, filters, hidden and threads unchanged."),
        _ => throw new UserException($"There is no peer '{Peer}': --peer pytorch."),
    };

    private void Measure(Trainer trainer, PyTorchPeer? peer, TextWriter output)
    {
        const int WarmUp = 10;
        long done = 0;
        double Ours(int updates)
        {
            var clock = Stopwatch.StartNew();
            for (int i = 0; i < updates; i++)
                trainer.Update(done++, measure: false);
            return clock.Elapsed.TotalSeconds;
        }
        Ours(WarmUp);
        peer?.Run(WarmUp, keep: false);
        peer?.Run(WarmUp, keep: true);
        trainer.Timings.Clear();
        List<double> ours = [], theirs = [], kept = [];
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(Ours(Updates));
            if (peer is null)
                continue;
            theirs.Add(peer.Run(Updates, keep: false));
            kept.Add(peer.Run(Updates, keep: true));
        }
        long frames = trainer.Frames(Updates);
        output.WriteLine($"{Machine.Current}");
        output.WriteLine(
            $"{Rounds} rounds of {Updates} updates, {trainer.Parameters.Count:N0} parameters, libtorch threads: {get_num_threads()}");
        output.WriteLine($"{AlgorithmName}: {frames / Median(ours):N0} frames/s (median)");
        void Compare(string how, List<double> peers)
        {
            double ratio = Median([.. ours.Zip(peers, (own, other) => other / own)]);
            output.WriteLine($"PyTorch {peer!.Version} on recorded frames, {how}: {frames / Median(peers):N0} frames/s; "
                + $"ours is {ratio:F2} times as fast (median of the rounds' ratios)");
        }
        if (peer is not null)
        {
            Compare("acting, then learning anew", theirs);
            Compare("the gradients of acting kept, as here", kept);
        }
        double updates = Updates * (double)Rounds, total = trainer.Timings.Seconds.Values.Sum();
        TextTable.Write(output, ["part", "ms per update", "share"], [.. trainer.Timings.Seconds.Select(part => (string[])
            [part.Key, $"{part.Value / updates * 1e3:F2}", $"{part.Value / total:P0}"])]);
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
