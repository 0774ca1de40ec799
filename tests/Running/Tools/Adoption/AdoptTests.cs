using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>ONNX files from elsewhere become bundles that play, or one line says what is missing.</summary>
public sealed class AdoptTests
{
    private string _root = "";

    [SetUp]
    public void Make() => _root = Directory.CreateTempSubdirectory("worldmodels-adopt-").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void APolicyOfRealActionsPlays()
    {
        string folder = Save("policy", ForeignModel.Linear(2, "obs", "output"));
        string text = Succeeds("adopt", folder, "--env", "Pendulum-v1", "--algorithm", "ppo", "--name", "swinger");
        Assert.That(text, Does.Contain("swinger: adopted").And.Contain("(3) in -8..8: cos θ, sin θ, θ̇").And.Contain("(1) in -2..2: torque")
            .And.Contain("Played 4 episodes of pendulum").And.Contain("Actions of 'swinger' left -2..2"));
        Assert.That(BundleVerifier.Verify(folder).Passed);
        Manifest manifest = Manifest.Load(folder);
        Assert.That((manifest.Algorithm, manifest.Environment, manifest.Opset), Is.EqualTo(("ppo", "pendulum", 17)));
        Assert.That(manifest.Files.Keys, Is.SupersetOf((string[])["README.md", "parity.npz", "starts.npz", "policy.onnx"]));
        string picture = Path.Combine(_root, "game.webp");
        Assert.That(Succeeds("picture", folder, "--output", picture, "--steps", "20"), Does.Contain("steps of pendulum"));
        Assert.That(Succeeds("bench", folder, "--batch", "3", "--seconds", "0.01"), Does.Contain("6 FLOP"), "shapes are declared now");
        Assert.That(Fails("adopt", folder), Does.Contain("a reference already"));
    }

    [Test]
    public void APolicyOfLogitsDraws()
    {
        string folder = Save("ppo", Scores("logits"));
        Succeeds("adopt", folder, "--env", "cartpole", "--algorithm", "a2c");
        using Controller drawn = Controller.Load(folder), greedy = Controller.Load(folder, new() { Deterministic = true });
        long[] draws = new long[500], best = new long[500];
        float[] observations = [.. Enumerable.Repeat((float[])[0, 0, 0.5f, 0], 500).SelectMany(row => row)];
        drawn.Act(observations, draws);
        greedy.Act(observations, best);
        Assert.That(best, Has.All.EqualTo(1));
        // Logits -1/2 and 1/2: 1 is drawn with probability 1 / (1 + 1/e) = 0.731.
        Assert.That(draws.Average(), Is.EqualTo(0.731).Within(0.06));
        Assert.That(greedy.Logits[..2].ToArray(), Is.EqualTo((float[])[-0.5f, 0.5f]));
    }

    [Test]
    public void APolicyOfValuesTakesTheBest()
    {
        string folder = Save("dqn", Scores("output"));
        string message = Fails("adopt", folder, "--env", "cartpole", "--algorithm", "dqn");
        Assert.That(message, Does.Contain("--scores logits").And.Contain("output 'output' has 2 numbers"));
        Succeeds("adopt", folder, "--env", "cartpole", "--algorithm", "dqn", "--scores", "values");
        using Controller controller = Controller.Load(folder);
        long[] actions = new long[100];
        controller.Act([.. Enumerable.Repeat((float[])[0, 0, 0.5f, 0], 100).SelectMany(row => row)], actions);
        Assert.That(actions, Has.All.EqualTo(1));
    }

    [Test]
    public void ARecurrentPolicyCarriesItsState()
    {
        ForeignModel model = new ForeignModel().Input("obs", 3).Input("h0", 1).Weight("w", [3, 1], 1, 0, 0)
            .Node("MatMul", ["obs", "w"], "x")
            .Node("Add", ["x", "h0"], "hn").Node("Identity", ["hn"], "action").Output("action", 1).Output("hn", 1);
        string folder = Save("actor", model);
        Succeeds("adopt", folder, "--env", "elsewhere", "--algorithm", "x", "--action-low=-10", "--action-high", "10",
            "--observation-low=-inf",
            "--observation-high", "inf");
        Manifest manifest = Manifest.Load(folder);
        Assert.That(manifest.Graphs["act"].Outputs.Single(o => o.Name == "hn").Feeds, Is.EqualTo("h0"));
        Assert.That(manifest.Observation.IsBounded, Is.False);
        using Controller controller = Controller.Load(folder);
        float[] action = new float[1];
        foreach (float expected in (float[])[2, 4, 6])
        {
            controller.Act([2, 0, 0], action);
            Assert.That(action[0], Is.EqualTo(expected));
        }
    }

    [Test]
    public void AWorldOfSeveralFilesDreams()
    {
        string folder = Path.Combine(_root, "world");
        new ForeignModel().Input("obs", 3).Node("Identity", ["obs"], "next_latent").Output("next_latent", 3)
            .Save(Path.Combine(folder, "encoder.onnx"));
        new ForeignModel().Input("latent", 3).Input("action", 1).Weight("half", [1], 0.5f).Node("Mul", ["latent", "half"], "y")
            .Node("Add", ["y", "action"], "next_latent").Node("ReduceMean", ["next_latent"], "reward", ("keepdims", 0))
            .Output("next_latent", 3).Save(Path.Combine(folder, "dynamics.onnx"));
        new ForeignModel().Input("latent", 3).Node("Identity", ["latent"], "y").Output("y", 3).Save(Path.Combine(folder, "decoder.onnx"));
        Assert.That(Succeeds("adopt", folder, "--env", "pendulum", "--algorithm", "mine"), Does.Contain("becomes latent"));
        using WorldModel world = WorldModel.Load(folder);
        using Dream dream = world.Dream(1, 2);
        dream.Start([4, 8, 1]);
        DreamBatch imagined = dream.Run(0, [1f, 2f]);
        Assert.That(imagined.Observations(2).ToArray(), Is.EqualTo((float[])[3.5f, 4.5f, 2.75f]).Within(1e-6));
    }

    [Test]
    public void AWorldOverObservationsStartsFromThem()
    {
        string folder = Save("dynamics", new ForeignModel().Input("obs", 3).Input("action", 1).Node("Add", ["obs", "action"], "next_obs")
            .Output("next_obs", 3));
        Succeeds("adopt", folder, "--env", "pendulum", "--algorithm", "mine");
        Assert.That(Manifest.Load(folder).Graphs["imagine"].Inputs[0].Initial, Is.EqualTo(InitialState.Starts));
        Assert.That(Succeeds("dream", folder, "--batch", "2"), Does.Contain("2 dreams"));
    }

    [Test]
    public void ABundleWithoutAReferenceGetsOne()
    {
        string folder = ForeignModel.Linear(0.5f).Bundle();
        try
        {
            Assert.That(Fails("verify", folder), Does.Contain($"tools adopt {folder}"));
            Assert.That(Fails("adopt", folder, "--env", "cartpole"), Does.Contain("--env would change nothing"));
            Assert.That(Succeeds("adopt", folder), Does.Contain("a reference was added"));
            Assert.That(Succeeds("verify", folder), Does.Contain("verified"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("", "--env NAME")]
    [TestCase("--env pendulum", "--algorithm NAME")]
    [TestCase("--env elsewhere --algorithm x", "--observation-low and --observation-high")]
    [TestCase("--env elsewhere --algorithm x --observation-low 0 --observation-high 1", "--action-low and --action-high")]
    [TestCase("--env cartpole --algorithm x", "give the --env that they were trained on")]
    [TestCase("--env cartpole-swingup --algorithm x", "give the --env that they were trained on")]
    [TestCase("--env pendulum --algorithm x --role nothing=state", "There is no tensor 'nothing'")]
    [TestCase("--env pendulum --algorithm x --graph act=nothing.onnx", "there is no such file")]
    [TestCase("--env pendulum --algorithm x --action-count 3", "The policy gives 1 numbers, and there are 3 actions by --action-count")]
    public void WhatCannotBeKnownIsAskedFor(string options, string expected)
    {
        string folder = Save("policy", ForeignModel.Linear(1, "obs", "action"));
        string message = Fails(["adopt", folder, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.That(message, Does.Contain(expected));
        Assert.That(message.TrimEnd(), Does.Not.Contain("\n"));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(1), "nothing is left behind");
    }

    [Test]
    public void ATanhIsAskedAbout()
    {
        ForeignModel model = new ForeignModel().Input("obs", 3).Weight("w", [3, 1], 1, 2, 3).Node("MatMul", ["obs", "w"], "x")
            .Node("Tanh", ["x"], "action").Output("action", 1);
        string folder = Save("policy", model);
        Assert.That(Fails("adopt", folder, "--env", "pendulum", "--algorithm", "sac"),
            Does.Contain("ends in a Tanh").And.Contain("--action-low -1"));
        Succeeds("adopt", folder, "--env", "pendulum", "--algorithm", "sac", "--action-low", "-1", "--action-high", "1");
        Assert.That(Manifest.Load(folder).Action.Low, Is.EqualTo(-1));
    }

    [Test]
    public void AFixedBatchIsRefused()
    {
        string fixedInput = Save("policy", ForeignModel.Linear(1, "obs", "action", "1"));
        Assert.That(Fails("adopt", fixedInput, "--env", "pendulum", "--algorithm", "x"),
            Does.Contain("input 'obs' is (1, 3)").And.Contain("dynamic_axes={'obs': {0: 'batch'}, 'action': {0: 'batch'}}"));
        string hidden = Save("hidden", new ForeignModel().Input("obs", 3).Weight("w", [3, 1], 1, 2, 3).FirstRow("obs", "row")
            .Node("MatMul", ["row", "w"], "action").Output("action", 1));
        Assert.That(Fails("adopt", hidden, "--env", "pendulum", "--algorithm", "x"), Does.Contain("output 'action' is (1, 1) for 2 rows"));
    }

    [Test]
    public void WeightsThatAreNoNumbersAreRefused()
    {
        string folder = Save("policy", ForeignModel.Linear(float.NaN, "obs", "action"));
        Assert.That(Fails("adopt", folder, "--env", "pendulum", "--algorithm", "x"), Does.Contain("gave NaN as 'action' of row 0"));
        Assert.That(Directory.GetFiles(folder), Has.Length.EqualTo(1));
    }

    /// <summary>Each tool that runs a policy says in one line what is wrong with it.</summary>
    [TestCase("picture", "--steps 10 --output {0}/x.webp")]
    [TestCase("bench", "--batch 4 --seconds 0.01")]
    [TestCase("quantize", "--output {0}/int8", false)]
    public void ToolsSayWhatAPolicyGives(string verb, string options, bool succeeds = true)
    {
        string[] arguments = string.Format(options, _root).Split(' ');
        string broken = ForeignModel.Linear(float.NaN).Bundle(), unbounded = ForeignModel.Linear(80).Bundle();
        try
        {
            string message = Fails([verb, broken, .. arguments]).TrimEnd();
            Assert.That(message, Does.Contain($"Bundle '{broken}': graph 'act' gave NaN as 'action' of row 0 at step 1")
                .And.Not.Contain("\n"));
            if (!succeeds)
                return;
            string said = Succeeds([verb, unbounded, .. arguments]);
            Assert.That(said.Split("and were clipped"), Has.Length.EqualTo(2), "once");
        }
        finally
        {
            Directory.Delete(broken, recursive: true);
            Directory.Delete(unbounded, recursive: true);
        }
    }

    [Test]
    public void ToolsSayWhereADreamIsNoLongerFinite()
    {
        string broken = PendulumBundle.Write(gravity: double.NaN, agent: true);
        try
        {
            Manifest manifest = Manifest.Load(broken);
            Npz.Write(Path.Combine(broken, "starts.npz"),
                new Dictionary<string, NpyArray> { ["observation"] = NpyArray.Of(new float[3], 1, 3) });
            (manifest with { Files = Manifest.HashFiles(broken) }).Save(broken);
            foreach (string[] command in (string[][])[["dream", broken, "--batch", "4"],
                ["bench", broken, "--batch", "4", "--seconds", "0.01"],
                ["picture", broken, "--dream", "--output", Path.Combine(_root, "x.png")]])
            {
                string message = Fails(command).TrimEnd();
                Assert.That(message, Does.Contain("graph 'imagine' gave NaN as ").And.Contain(" of row 0 at step ").And.Not.Contain("\n"),
                    command[0]);
            }
        }
        finally
        {
            Directory.Delete(broken, recursive: true);
        }
    }

    /// <summary>A score for each of two actions: plus and minus the angle.</summary>
    private static ForeignModel Scores(string name) => new ForeignModel().Input("obs", 4).Weight("w", [4, 2], 0, 0, 0, 0, -1, 1, 0, 0)
        .Node("MatMul", ["obs", "w"], name).Output(name, 2);

    private string Save(string name, ForeignModel model)
    {
        string folder = Path.Combine(_root, name);
        model.Save(Path.Combine(folder, $"{name}.onnx"));
        return folder;
    }

    private static string Succeeds(params string[] args)
    {
        using StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(args, output, error), Is.Zero, $"{error}");
        return output.ToString();
    }

    private static string Fails(params string[] args)
    {
        using StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(args, output, error), Is.EqualTo(1), $"{output}{error}");
        return error.ToString();
    }
}
