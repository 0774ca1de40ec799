using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Imagination;

/// <summary>Training as a whole: what is learnt, what stays, what ships, and that a run that stops goes on.</summary>
public sealed class I2ATrainingTests
{
    private const int Size = 3 * MiniPacmanMaze.Cells;

    private static readonly I2AOptions Tiny = new()
    {
        Updates = 20, Environments = 3, Steps = 2, Depth = 2, Stack = 2, Units = 8, Filters = 4, Hidden = 16, ReadContinue = true,
        EvaluationEpisodes = 0, ModelPreset = "debug",
    };

    private TemporaryBundle _model;

    [OneTimeSetUp]
    public void LearnAModel() => _model = new(
        "environment-model", Presets<EnvironmentModelOptions>.Embedded.Of("debug") with { Stack = 2, Updates = 20, Frames = 300, Games = 4 });

    [OneTimeTearDown]
    public void Delete() => _model.Dispose();

    [Test]
    public void TheRolloutPolicyComesToImitateTheAgent()
    {
        I2AOptions options = Tiny with { World = ImaginationWorld.Copy, LearningRate = 0, RolloutLearningRate = 3e-3, Updates = 150 };
        using I2A trainer = new I2A(options, CPU);
        using (no_grad())
            trainer.Parameters.All["agent/policy/weight"].mul_(40);     // an agent that knows what it wants
        using TemporaryRun run = new TemporaryRun("i2a", options);
        trainer.Prepare(run.Folder, TemporaryRun.Progress, CancellationToken.None);
        IReadOnlyDictionary<string, double> first = trainer.Update(0, measure: true), last = first;
        for (int update = 1; update < options.Updates; update++)
            last = trainer.Update(update, measure: update == options.Updates - 1);
        double before = first["distillation_loss"] - first["entropy"], after = last["distillation_loss"] - last["entropy"];
        TestContext.Out.WriteLine($"KL divergence from the agent: {before:F3}, then {after:F3}");
        Assert.That(after, Is.LessThan(before / 2));
    }

    [Test]
    public void ARunThatStopsGoesOnAsIfItHadNot([Values] ImaginationWorld world)
    {
        I2AOptions options = Tiny with { World = world, Model = world == ImaginationWorld.Model ? _model.Bundle : "" };
        using TemporaryRun run = new TemporaryRun("i2a", options);
        using I2A whole = New(), stopped = New(), resumed = New();
        for (int update = 0; update < 20; update++)
            whole.Update(update, measure: false);
        for (int update = 0; update < 9; update++)
            stopped.Update(update, measure: false);
        Checkpoint checkpoint = new Checkpoint();
        checkpoint.AddWeights(stopped.Weights());
        stopped.Save(checkpoint);
        checkpoint.LoadParameters(resumed.Parameters);
        resumed.Load(checkpoint);
        for (int update = 9; update < 20; update++)
            resumed.Update(update, measure: false);
        IReadOnlyDictionary<string, WeightArray> expected = whole.Parameters.ToWeights();
        foreach ((string path, WeightArray weight) in resumed.Parameters.ToWeights())
            Assert.That(weight.Values, Is.EqualTo(expected[path].Values), path);

        I2A New()
        {
            I2A trainer = new I2A(options, CPU, run.Folder);
            trainer.Prepare(run.Folder, TemporaryRun.Progress, CancellationToken.None);
            return trainer;
        }
    }

    [Test]
    public void ItsModelShipsAsItWas()
    {
        using TemporaryBundle agent = new TemporaryBundle("i2a", Tiny with { Model = _model.Bundle });
        IReadOnlyDictionary<string, WeightArray> before = Weights(_model.Bundle), after = Weights(agent.Bundle);
        Assert.That(before.Keys, Is.SubsetOf(after.Keys));
        foreach ((string path, WeightArray weight) in before)
            Assert.That(after[path].Values, Is.EqualTo(weight.Values), path);
        using WorldModel world = WorldModel.Load(agent.Bundle), model = WorldModel.Load(_model.Bundle);
        using Dream dream = world.Dream(2, 3), same = model.Dream(2, 3);
        float[] start = Observations(1, rows: 2, seed: 3)[0];
        dream.Start(start);
        same.Start(start);
        long[] actions = [1, 2, 3, 4, 0, 1];
        Assert.That(dream.Run(0, actions).Observations(3).ToArray(), Is.EqualTo(same.Run(0, actions).Observations(3).ToArray()));
    }

    [Test]
    public void TheControllerDecidesForARowAsIfAlone([Values(1, 2)] int stack)
    {
        const int Rows = 3, Steps = 6;
        using TemporaryBundle agent = new TemporaryBundle("i2a", Tiny with { Stack = stack, Updates = 3 });
        float[][] observations = Observations(Steps, Rows, seed: 5);
        using Controller together = Controller.Load(agent.Bundle, new() { Deterministic = true });
        using Controller alone = Controller.Load(agent.Bundle, new() { Deterministic = true, Batch = 1 });
        (long[] actions, long[] one) = (new long[Rows], new long[1]);
        float[][] logits = new float[Steps][];
        for (int step = 0; step < Steps; step++)
        {
            if (step == 3)
                together.Reset([1]);        // an episode of one row begins anew
            together.Act(observations[step], actions);
            logits[step] = together.Logits.ToArray();
        }
        for (int row = 0; row < Rows; row++)
        {
            alone.Reset();
            for (int step = 0; step < Steps; step++)
            {
                if (step == 3 && row == 1)
                    alone.Reset();
                alone.Act(observations[step].AsSpan(row * Size, Size), one);
                float[] expected = logits[step][(row * 5)..((row + 1) * 5)];
                Assert.That(alone.Logits.ToArray(), Is.EqualTo(expected).Within(1e-4), $"row {row}, step {step}");
            }
        }
    }

    /// <summary>The same games and draws: what was evaluated is what ships, down to the frames it remembers and the rollouts it draws.</summary>
    [TestCase("a2c", 1)]
    [TestCase("a2c", 3)]
    [TestCase("i2a", 1)]
    [TestCase("i2a", 2)]
    public void TheControllerPlaysTheEvaluationAgain(string algorithm, int stack)
    {
        const int Episodes = 6, Rows = 3;
        TrainOptions options = algorithm == "i2a"
            ? Tiny with { Stack = stack, EvaluationEpisodes = Episodes }
            : Presets<A2COptions>.Embedded.Of("debug") with { Stack = stack, EvaluationEpisodes = Episodes, Environments = Rows, Updates = 5 };
        using TemporaryBundle agent = new TemporaryBundle(algorithm, options);
        ulong seed = (ulong)options.Seed + 1_000_003;
        foreach (string way in (string[])["sampled", "greedy"])
        {
            using Controller controller = Controller.Load(agent.Bundle, new() { Batch = Rows, Seed = seed, Deterministic = way == "greedy" });
            IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("minipacman", Rows);
            ReturnSample played = Evaluation.Play(games, Episodes, seed, (step, observations, first, actions) =>
            {
                for (int row = 0; row < Rows && step > 0; row++)
                {
                    if (first[row] == 1)
                        controller.Reset([row]);
                }

                controller.Act(observations, actions);
            });
            Assert.That(played.Mean, Is.EqualTo(controller.Manifest.Training!.Figures[$"return_{way}_mean"]).Within(1e-6), way);
            Assert.That(played.MeanLength, Is.EqualTo(controller.Manifest.Training.Figures[$"length_{way}_mean"]).Within(1e-6), way);
        }
    }

    [Test]
    public void ARunKeepsTheModelItLearnsWith()
    {
        using TinyRuns runs = new TinyRuns();
        string model = runs.Copy(_model.Bundle, "model"), run = runs["run"];
        string[] options = [.. TinyRuns.I2A, "world=model", $"model={model}", "stack=2", "--run", run];
        TrainTool.Succeed(options);
        Directory.Delete(model, recursive: true);
        TrainTool.Succeed("i2a", "--resume", run, "--set", "updates=12", "--no-export");
        TrainTool.Succeed("export", run);
        TrainTool.Succeed("verify", Path.Combine(run, "bundle"), "--run", run);

        string kept = Path.Combine(run, "environment-model", "bundle");
        Directory.Move(kept, model);
        TrainTool.Run("i2a", "--resume", run, "--set", "updates=14").Refuses(kept, "is gone, the model that this agent learnt with", "--run");
        Directory.Move(model, kept);
        using TemporaryBundle other = new TemporaryBundle(
            "environment-model", Presets<EnvironmentModelOptions>.Embedded.Of("debug") with { Stack = 2, Updates = 5, Frames = 300, Games = 4, Seed = 9 });
        Directory.Delete(kept, recursive: true);
        Directory.Move(runs.Copy(other.Bundle, "other"), kept);
        TrainTool.Run("i2a", "--resume", run, "--set", "updates=14").Refuses(kept, "is not the model that this agent learnt with", "--run");
    }

    [Test]
    public void AModelThatWasBegunWithOtherOptionsIsRefused()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs["run"];
        string[] options = [.. TinyRuns.I2A, "world=model", "modelPreset=debug", "--run", run];
        TrainTool.Succeed([.. TinyRuns.EnvironmentModel, "--run", Path.Combine(run, "environment-model"), "--no-export"]);
        TrainTool.Run(options).Refuses(Path.Combine(run, "environment-model"), "was begun with filters=4", "another value");
        TrainTool.Run([.. options[..^2], "seed=4", "--run", run]).Refuses(run, "already holds a run", "--resume");
    }

    [Test]
    public void AModelOfAnotherWorldIsRefused()
    {
        using TinyRuns runs = new TinyRuns();
        string agent = Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c");
        TrainTool.Run(Options(_model.Bundle, "stack=2", "env=minipacman-hunt")).Refuses("is a model of minipacman", "minipacman-hunt needs one");
        TrainTool.Run(Options(_model.Bundle, "stack=4")).Refuses("sees 2 frames and the agent 4: --set stack=2");
        TrainTool.Run(Options(agent)).Refuses(agent, "is a bundle of a2c", "give one that environment-model made");

        string[] Options(string model, params string[] more) =>
            [.. TinyRuns.I2A, "world=model", $"model={model}", .. more, "--run", runs[Path.GetRandomFileName()]];
    }

    [Test]
    public void TheSimulatorShipsNothingAndSaysWhatItReached()
    {
        I2AOptions options = Tiny with { World = ImaginationWorld.Simulator, Updates = 2, EvaluationEpisodes = 2 };
        using TemporaryBundle agent = new TemporaryBundle("i2a", options);
        Assert.That(Directory.Exists(agent.Bundle), Is.False);
        Assert.That(File.ReadAllText(Path.Combine(agent.Run, "evaluation.json")), Does.Contain("return_shuffled_mean"));
    }

    private static IReadOnlyDictionary<string, WeightArray> Weights(string bundle) =>
        Safetensors.Read(Path.Combine(bundle, "weights.safetensors")).Weights();

    /// <summary>Observations (B, 3, 15, 19) of some steps of games in lock step.</summary>
    private static float[][] Observations(int steps, int rows, ulong seed)
    {
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("minipacman", rows);
        float[][] result = new float[steps][];
        float[] observations = new float[rows * Size];
        games.Reset(seed, observations);
        for (int step = 0; step < steps; step++)
        {
            result[step] = [.. observations];
            long[] actions = [.. Enumerable.Range(0, rows).Select(row => (row + step + 1L) % 5)];
            games.Step(actions, observations, new float[rows], new bool[rows], new bool[rows]);
        }
        return result;
    }
}
