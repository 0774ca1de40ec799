using System.Security.Cryptography;

namespace WorldModels.Tests.Train;

/// <summary>What the training tool answers to command lines that are wrong.</summary>
public sealed class BadArgumentsTests
{
    private TinyRuns _runs = null!;
    private string _a2c = null!, _model = null!;

    [OneTimeSetUp]
    public void TrainOnce()
    {
        _runs = new();
        _a2c = _runs.Train("a2c", TinyRuns.A2C);
        _model = _runs.Train("model", TinyRuns.EnvironmentModel);
    }

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    [TestCase("a2d", "no command 'a2d'; did you mean 'a2c'? Commands: a2c, dreamer, dreamerv2, dreamerv3, ed2, environment-model, i2a, plan2explore, planet, sacx, transformer, worldmodels, worldmodels-record, worldmodels-vision, worldmodels-memory, export")]
    [TestCase("a2c --sed 3", "no option '--sed'; did you mean 'se")]
    [TestCase("a2c --set", "--set needs a value. See: train a2c --help")]
    [TestCase("a2c --run", "--run needs a value")]
    [TestCase("a2c --run --preset debug", "--run needs a value")]
    [TestCase("a2c --resume _", "--resume needs a value")]
    [TestCase("a2c --run _ --preset debug", "--run needs a value")]
    [TestCase("a2c --seed three", "--seed takes a whole number")]
    [TestCase("a2c --seed 1 --seed 2", "--seed is given twice")]
    [TestCase("a2c minipacman", "'minipacman' is one argument too many")]
    [TestCase("export", "export needs the folder of a run")]
    [TestCase("export one two", "'two' is one argument too many")]
    [TestCase("verify", "verify needs the folder of a bundle")]
    [TestCase("verify bundle --run", "--run needs a value")]
    [TestCase("list everything", "'everything' is one argument too many")]
    [TestCase("bench a2c --peer torchsharp", "bench a2c has no use for --peer: it is for dreams: bench dream BUNDLE")]
    [TestCase("bench a2c nowhere", "bench a2c takes no 'nowhere'; dreams of a bundle are measured by: bench dream BUNDLE")]
    [TestCase("bench dream nowhere --updates 3", "bench dream has no use for --updates: it is for algorithms: bench ALGORITHM")]
    [TestCase("bench a2c --windows 8", "bench a2c has no use for --windows: it is for caches: bench cache.")]
    [TestCase("bench cache --updates 3", "bench cache has no use for --updates: it is for algorithms: bench ALGORITHM.")]
    [TestCase("bench cache --windows 1", "--windows takes whole numbers of at least 2")]
    [TestCase("bench dream", "Name the bundle whose dreams are measured")]
    [TestCase("bench dream nowhere --peer jax", "There is no peer 'jax': --peer takes torchsharp.")]
    [TestCase("bench dream nowhere --batch 0", "--batch takes whole numbers of at least 1")]
    [TestCase("bench dream nowhere --level pixel", "--level takes latent, heads, pixels, end-to-end; found 'pixel'")]
    [TestCase("bench dream nowhere --seconds 0", "--seconds takes a number above 0")]
    public void WrongUsage(string line, string expected) => TrainTool.Run(Words(line)).IsWrongUsage(expected);

    [TestCase("a2c --env minipackman", "no environment 'minipackman'", "'minipacman'")]
    [TestCase("a2c --env CartPole-v0", "no environment 'CartPole-v0'; did you mean 'CartPole-v1'?")]
    [TestCase("a2c --set env=_", "no environment ''", "minipacman-hunt")]
    [TestCase("a2c --preset smal", "no preset 'smal'; did you mean 'small'? Presets: debug, small, paper")]
    [TestCase("a2c --device tpu", "Unknown device 'tpu'", "cpu, cuda")]
    [TestCase("a2c --device cpu:1", "Unknown device 'cpu:1'")]
    [TestCase("a2c --device cuda:99999999999", "Unknown device 'cuda:99999999999'")]
    [TestCase("a2c --seed -1", "seed must be between 0 and 2147483647; it is -1")]
    [TestCase("a2c --set learningRte=1", "Unknown option 'learningRte'; did you mean 'learningRate'?", "Options: env, seed")]
    [TestCase("a2c --set zzzzzz=1", "Unknown option 'zzzzzz'. Options: env, seed")]
    [TestCase("a2c --set learningRate", "key=value, not 'learningRate'")]
    [TestCase("dreamerv3 --set initialStd=5", "initialStd would change nothing here: it is of Dreamer V1's actor. Leave it out.")]
    [TestCase("sacx --set scheduler=uniform temperature=2", "temperature would change nothing here: it is of scheduler=q")]
    [TestCase("sacx --set fixedTask=1", "fixedTask would change nothing here: it is of scheduler=fixed")]
    [TestCase("ed2 --set dynamics=v2 groups=vanilla linearCandidate=false", "linearCandidate would change nothing here: it is of dynamics=v1")]
    [TestCase("transformer --set initialStd=1", "initialStd would change nothing here: it is of actorLearning=dreamerV1")]
    [TestCase("a2c --set learningRate=", "learningRate takes a finite number, not ''")]
    [TestCase("a2c --set =1", "key=value, not '=1'")]
    [TestCase("a2c --set learningRate=NaN", "a finite number, not 'NaN'")]
    [TestCase("a2c --set learningRate=1e999", "a finite number")]
    [TestCase("a2c --set learningRate=1e9", "learningRate must be between 0 and 10")]
    [TestCase("a2c --set updates=99999999999999999999", "updates takes a whole number")]
    [TestCase("environment-model --set architecture=huge", "architecture takes one of", "compact", "not 'huge'")]
    [TestCase("a2c --preset debug --set environments=4096 steps=1024", "environments=4096, steps=1024 and stack=1", "lower one of them")]
    [TestCase("environment-model --preset debug --set frames=2000000000", "frames must be between 100 and 2000000")]
    [TestCase("i2a --preset debug --set model=nowhere", "There is no directory 'nowhere'")]
    [TestCase("i2a --preset debug --set world=dream", "world takes one of model, copy, simulator, not 'dream'")]
    [TestCase("i2a --preset debug --set depth=6", "depth must be between 1 and 5; it is 6")]
    [TestCase("i2a --preset debug --set modelPreset=tiny", "no preset 'tiny'")]
    [TestCase("bench a2d", "Unknown algorithm 'a2d'")]
    [TestCase("bench dream nowhere", "no directory 'nowhere'")]
    [TestCase("a2c --preset debug --env pendulum", "choose among discrete actions; those of pendulum are continuous", "dreamer")]
    [TestCase("a2c --preset debug --env cartpole", "learn from images", "cartpole observes")]
    [TestCase("environment-model --preset debug --env pendulum", "environment-model learns the modes of MiniPacman, not pendulum")]
    [TestCase("dreamer --preset debug --env minipacman", "learn from vectors", "minipacman observes")]
    [TestCase("planet --preset debug --env cartpole", "plans continuous actions; those of cartpole are discrete", "dreamer")]
    [TestCase("planet --preset debug --set predictContinue=true", "PlaNet plans a fixed number of steps")]
    [TestCase("planet --preset debug --set candidates=10 elites=11", "elites=11", "candidates=10")]
    [TestCase("dreamer --preset debug --set gamma=0", "gamma must be between 0.01 and 1")]
    [TestCase("dreamer --preset debug --dataset nowhere", "There is no recording", "nowhere': no such file or folder")]
    [TestCase("dreamer --preset debug --env none", "no environment 'none'")]
    [TestCase("dreamer --preset debug --set freeNatsForm=none", "freeNatsForm takes one of maxOfMean, meanOfExcess")]
    [TestCase("bench i2a --preset debug", "bench trains no environment model", "--set model=BUNDLE")]
    [TestCase("bench a2c --rounds 0", "whole numbers of at least 1")]
    [TestCase("quickstart --set learningRte=1", "Unknown option 'learningRte'")]
    [TestCase("quickstart --device tpu", "Unknown device 'tpu'")]
    [TestCase("quickstart --seconds 0", "--seconds takes a number above 0")]
    [TestCase("verify nowhere", "no directory 'nowhere'")]
    [TestCase("export nowhere", "no run in 'nowhere' (no config.json)")]
    [TestCase("export _", "no run in ''")]
    public void Refused(string line, params string[] expected)
    {
        string[] words = Words(line);
        string[] run = words[0] is "verify" or "export" or "bench" ? [] : ["--run", _runs[TestContext.CurrentContext.Test.ID]];
        TrainTool.Run([.. words, .. run]).Refuses(expected);
    }

    [Test]
    public void OneEpisodeIsTooLittle()
    {
        TrainTool.Run([.. TinyRuns.EnvironmentModel, "policy=greedy", "epsilon=0.15", "--run", _runs["short"]])
            .Refuses("1 episode is too little", "--set frames=");
    }

    [Test]
    public void CudaIsRefusedWhereThereIsNone()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Ignore("This machine has CUDA.");
        TrainTool.Run([.. TinyRuns.A2C, "--device", "cuda", "--run", _runs["cuda"]])
            .Refuses("--device cuda", "no CUDA device", "--device cpu");
    }

    [TestCase("a2c --resume nowhere", "no run in 'nowhere' (no config.json)")]
    [TestCase("a2c --resume FILE", "no run in", "(no config.json)")]
    [TestCase("a2c --resume MODEL", "is a run of environment-model, not of a2c", "train environment-model --resume")]
    [TestCase("a2c --resume A2C --seed 5", "was started with seed 0")]
    [TestCase("a2c --resume A2C --set seed=5", "seed is 0 for the whole of this run", "--run")]
    [TestCase("a2c --resume A2C --set environments=3", "environments is 2 for the whole")]
    [TestCase("a2c --resume A2C --set hidden=9", "hidden is 8 for the whole")]
    [TestCase("environment-model --resume MODEL --set frames=5000", "frames is 300 for the whole")]
    [TestCase("a2c --resume A2C --preset small", "--resume continues a run as it was started")]
    [TestCase("quickstart --run A2C", "is a run of a2c, not of environment-model")]
    [TestCase("quickstart --run MODEL --set games=3", "games is 4 for the whole")]
    [TestCase("a2c --preset debug --run A2C", "already holds a run", "--resume")]
    [TestCase("a2c --preset debug --run FILE", "Cannot use", "as a run folder", "another folder with --run")]
    [TestCase("a2c --preset debug --run FILE/a/b", "Cannot use", "as a run folder")]
    public void RefusedAndNothingChanged(string line, params string[] expected)
    {
        File.WriteAllText(_runs["FILE"], "not a folder");
        string[] before = [.. Contents()];
        string named = line.Replace("A2C", _a2c, StringComparison.Ordinal).Replace("MODEL", _model, StringComparison.Ordinal)
            .Replace("FILE", _runs["FILE"], StringComparison.Ordinal);
        TrainTool.Run(named.Split(' ')).Refuses(expected);
        Assert.That(Contents(), Is.EqualTo(before));
    }

    [Test]
    public void ARunInUseIsRefused()
    {
        using FileStream other = new FileStream(Path.Combine(_a2c, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        foreach (string[] line in new string[][] { ["a2c", "--resume", _a2c], ["export", _a2c] })
            TrainTool.Run(line).Refuses("Another process is running", _a2c, "stop it");
    }

    [Test]
    public void AFolderWhoseRunNeverBeganCanBeUsedAgain()
    {
        TrainTool.Run([.. TinyRuns.A2C, "environments=4096", "steps=1024", "--run", _runs["again"]]).Refuses("lower one of them");
        _runs.Train("again", TinyRuns.A2C);
    }

    [TestCase("", "a2c", "environment-model", "export", "verify", "list", "quickstart")]
    [TestCase("a2c", "--env", "--preset", "--set", "--seed", "--device", "--run", "--resume")]
    [TestCase("environment-model", "--set", "--resume")]
    [TestCase("export", "--output", "run (pos. 0)")]
    [TestCase("verify", "--run", "bundle (pos. 0)")]
    [TestCase("list", "--help")]
    [TestCase("quickstart", "--run", "--device")]
    public void HelpIsReadable(string verb, params string[] expected)
    {
        ToolResult help = TrainTool.Succeed(verb.Length > 0 ? [verb, "--help"] : ["--help"]);
        foreach (string text in expected)
            Assert.That(help.Output, Does.Contain(text));
        Assert.That(help.Output.Split('\n'), Has.All.Length.LessThanOrEqualTo(120));
        Assert.That(help.Output, Does.Not.Contain("ERROR"));
        if (verb.Length > 0)
            Assert.That(TrainTool.Succeed("help", verb).Output, Is.EqualTo(help.Output));
    }

    /// <summary>Words of a command line; '_' stands for an empty one.</summary>
    private static string[] Words(string line) => [.. line.Split(' ').Select(word => word.Replace("_", "", StringComparison.Ordinal))];

    private IEnumerable<string> Contents() =>
        from run in new[] { _a2c, _model }
        from file in new[] { "config.json", "checkpoint.safetensors", "metrics.jsonl" }
        select Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, file))));
}
