using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Tests.Train;

namespace WorldModels.Tests.Distillation;

/// <summary>Policies of the zoo, distilled into trees by the command.</summary>
public sealed class DistillTests
{
    private string _folder = "";

    [OneTimeSetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("worldmodels-distil-").FullName;

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    /// <summary>Small, so it need not be as good as its teacher; what it learnt from shuffled labels is no better than random play.</summary>
    [TestCase("fast-tree")]
    [TestCase("lightgbm")]
    [TestCase("fast-forest")]
    public void AStudentPlaysLikeItsTeacher(string learner)
    {
        if (learner == "lightgbm" && !NativeLibrary.TryLoad("libgomp.so.1", out _))
            Assert.Ignore("LightGBM needs libgomp.so.1: apt-get install libgomp1");
        string bundle = Distil("pendulum-dreamer", learner, "--trees", "40", "--rounds", "4", "--episodes", "10", "--learner", learner);
        Manifest manifest = Manifest.Load(bundle);
        IReadOnlyDictionary<string, double> figures = manifest.Training!.Figures;
        Assert.Multiple(() =>
        {
            Assert.That(figures["return_greedy_mean"], Is.GreaterThan(-500));
            Assert.That(figures["return_teacher_mean"], Is.GreaterThan(-250));
            Assert.That(figures["return_random_mean"], Is.LessThan(-900));
            Assert.That(figures["return_shuffled_mean"], Is.LessThan(-900));
            Assert.That(manifest.Name, Is.EqualTo($"pendulum-{learner}"));
            Assert.That(manifest.Action.Names, Is.EqualTo(new[] { "torque" }));
            Assert.That(File.ReadAllText(Path.Combine(bundle, "README.md")), Does.Contain("It imitates `pendulum-dreamer`"));
            Assert.That(BundleVerifier.Verify(bundle).Passed);
        });
    }

    [Test]
    public void ATeacherWithNumberedActionsIsLearntToo()
    {
        string bundle = Distil("cartpole-dreamer", "choices", "--trees", "20", "--leaves", "16", "--rounds", "2", "--episodes", "4");
        IReadOnlyDictionary<string, double> figures = Manifest.Load(bundle).Training!.Figures;
        Assert.That(figures["return_greedy_mean"], Is.GreaterThan(150));
        Assert.That(figures["return_shuffled_mean"], Is.LessThan(100));
        Assert.That(figures["agreement"], Is.GreaterThan(0.8));
    }

    [Test]
    public void ADecisionMayLookBack()
    {
        string bundle = Distil("pendulum-dreamer", "history", "--trees", "10", "--leaves", "8", "--rounds", "1", "--episodes", "3", "--history", "3");
        Manifest manifest = Manifest.Load(bundle);
        Assert.That(manifest.Graphs["control"].Input(TensorRole.State)!.RowSize, Is.EqualTo(6));
        Forest forest = Forest.Find(ModelReader.Load(Path.Combine(bundle, "control.onnx")).Graph)!;
        Assert.That((forest.Features, forest.Base.Count, forest.Trees.Count), Is.EqualTo((9, 1, 10)));
        using Controller controller = Controller.Load(bundle);
        float[] first = new float[1], again = new float[1];
        controller.Act([1, 0, 0.5f], first);
        controller.Act([0.8f, 0.6f, 3], again);
        controller.Reset();
        controller.Act([1, 0, 0.5f], again);
        Assert.That(again, Is.EqualTo(first), "an episode begins without memory");
    }

    [Test]
    public void AForestIsReadBackAsItWasWritten()
    {
        Forest forest = new(2, [0.5f, -1],
        [
            new(0, [1, 0], [0.25f, -2], [1, -3], [-1, -2], [3, 5, 7]),
            new(1, [], [], [], [], [4]),
        ]);
        Graph graph = new("act");
        graph.Output("action", forest.Apply(graph.Input("observation", DType.Float32, "batch", 2)));
        Forest read = Forest.Find(graph.Build().Proto.Graph)!;
        Assert.That(read.Base, Is.EqualTo(forest.Base));
        for (int i = 0; i < 2; i++)
        {
            Assert.That(read.Trees[i].Feature, Is.EqualTo(forest.Trees[i].Feature));
            Assert.That(read.Trees[i].Threshold, Is.EqualTo(forest.Trees[i].Threshold));
            Assert.That((read.Trees[i].Left, read.Trees[i].Right), Is.EqualTo((forest.Trees[i].Left, forest.Trees[i].Right)));
            Assert.That((read.Trees[i].Leaf, read.Trees[i].Target), Is.EqualTo((forest.Trees[i].Leaf, forest.Trees[i].Target)));
        }
    }

    [Test]
    public void WhatCannotBeLearntIsSaid()
    {
        Refused("minipacman-environment-model", "has no policy to learn from: expected a graph act or control, found");
        Refused("pendulum-dreamer", "are too few for trees of 5000 leaves", "--leaves", "5000", "--episodes", "2", "--rounds", "1");
        Refused("pendulum-dreamer", "is one of 2, of the bundle 1 reals", "--env", "cartpole");
        Refused("pendulum-dreamer", "did you mean 'pendulum'", "--env", "pendulun");
        Refused("pendulum-dreamer", "fast-tree", "--learner", "forest");
        TrainTool.Run("distill", Path.Combine(_folder, "nothing")).Refuses("nothing");

        void Refused(string teacher, string message, params string[] args)
        {
            string output = Path.Combine(_folder, "refused");
            ToolResult result = TrainTool.Run(["distill", Zoo(teacher), "-o", output, .. args]);
            Assert.That(result.ExitCode, Is.Not.Zero, message);
            Assert.That(result.Error, Does.Contain(message));
            Assert.That(Directory.Exists(output), Is.False);
        }
    }

    /// <summary>Mountain-car's teacher never takes the middle one of three actions, and its students never do.</summary>
    [Test]
    public void AnActionThatNeverOccursIsNeverTaken()
    {
        Graph graph = new("act");
        Symbol push = graph.Input("seen", DType.Float32, "batch", 2).Slice(1, 1, 2) * 1000;         // (B, 1): the way it moves
        graph.Output("action", Symbol.Concat(1, push * -1, push * 0, push).ArgMax(1));
        string teacher = Teacher("pump", graph, "mountain-car", 2, ActionSpec.Discrete(3));
        string bundle = Path.Combine(_folder, "of-pump");
        TrainTool.Succeed("distill", teacher, "--trees", "10", "--leaves", "8", "--rounds", "2", "--episodes", "4", "--evaluation-episodes", "10",
            "-o", bundle);
        IReadOnlyDictionary<string, double> figures = Manifest.Load(bundle).Training!.Figures;
        Assert.That(figures["return_greedy_mean"], Is.GreaterThan(-190), "-200: it never arrives");
        Assert.That(figures["agreement"], Is.GreaterThan(0.95));
    }

    [Test]
    public void AConstantTeacherHasNothingToTeach()
    {
        Graph graph = new("act");
        graph.Output("action", graph.Input("seen", DType.Float32, "batch", 3).Slice(1, 0, 1).Clamp(0.5, 0.5));
        string teacher = Teacher("constant", graph, "pendulum", 3, ActionSpec.Continuous([1], -2, 2));
        TrainTool.Run("distill", teacher, "--rounds", "1", "--episodes", "2", "-o", Path.Combine(_folder, "of-constant"))
            .Refuses("The teacher always does 0.5 with", "there is nothing to learn from it");
    }

    /// <summary>A bundle of one graph, from "seen" to "action".</summary>
    private string Teacher(string name, Graph graph, string environment, int observation, ActionSpec action)
    {
        string teacher = Path.Combine(_folder, name);
        ModelWriter.WriteBundle(teacher, [graph.Build()]);
        Dim[] shape = action.Kind == ActionKind.Discrete ? ["batch"] : ["batch", action.Size];
        Manifest manifest = new()
        {
            Name = name,
            Algorithm = "none",
            Environment = environment,
            Observation = new() { Shape = [observation], Low = -8, High = 8 },
            Action = action,
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["act"] = new()
                {
                    File = "act.onnx",
                    Inputs = [new() { Name = "seen", Role = TensorRole.Observation, Shape = ["batch", observation] }],
                    Outputs =
                    [
                        new()
                        {
                            Name = "action", Role = TensorRole.Action, Shape = shape,
                            Dtype = action.Kind == ActionKind.Discrete ? TensorType.Int64 : TensorType.Float32,
                        },
                    ],
                },
            },
        };
        (manifest with { Files = Manifest.HashFiles(teacher) }).Save(teacher);
        return teacher;
    }

    private string Distil(string teacher, string name, params string[] args)
    {
        string output = Path.Combine(_folder, name);
        TrainTool.Succeed(["distill", Zoo(teacher), "--evaluation-episodes", "20", "-o", output, .. args]);
        return output;
    }

    private static string Zoo(string name) => Path.Combine(Repository.Root, "models", "zoo", name);
}
