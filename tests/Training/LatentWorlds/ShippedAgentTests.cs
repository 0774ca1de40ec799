using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>
/// What was trained is what ships: in the runtime, the same seed plays the training's evaluation again, episode for episode.
/// </summary>
public sealed class ShippedAgentTests
{
    private const int Episodes = 60, Rows = 50;     // some rows play a second episode, from states that were reset

    private TinyRuns _runs = null!;

    [OneTimeSetUp]
    public void Make() => _runs = new();

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    [Test]
    public void ADiscreteControllerPlaysTheEvaluationAgain([Values("sampled", "greedy")] string way)
    {
        string bundle = Ship("cartpole", [.. TinyRuns.Dreamer, $"evaluationEpisodes={Episodes}"]);
        using Controller controller = Load(bundle, way);
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("cartpole", Rows);
        ReturnSample played = Evaluation.Play(games, Episodes, Seed, (step, observations, first, actions) =>
        {
            Begin(step, first, row => controller.Reset([row]));
            controller.Act(observations, actions);
        });
        AssertAsEvaluated(controller.Manifest, way, played);
    }

    /// <summary>Rows whose episode begins anew keep the cache of the one before, of which nothing counts.</summary>
    [Test]
    public void AControllerWithACachePlaysTheEvaluationAgain([Values("sampled", "greedy")] string way)
    {
        string bundle = Ship("simple-world", [.. TinyRuns.Transformer, $"evaluationEpisodes={Episodes}", "actorSeesPast=true"]);
        using Controller controller = Load(bundle, way);
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("simple-world", Rows);
        ReturnSample played = Evaluation.Play(games, Episodes, Seed, (step, observations, first, actions) =>
        {
            Begin(step, first, row => controller.Reset([row]));
            controller.Act(observations, actions);
        });
        AssertAsEvaluated(controller.Manifest, way, played);
        using WorldModel world = WorldModel.Load(bundle);
        using Dream dream = world.Dream(batch: 8, horizon: 12);
        float[] dreamed = dream.Run(seed: 1).Observations(6).ToArray();      // what is seen on the way needs no cache
        Assert.That(dreamed, Has.Length.EqualTo(8 * 48).And.Some.Not.Zero);
        TensorSpec weights = world.Graph("attention").Spec.Outputs.Single();
        Assert.That(weights.Shape, Is.EqualTo(new Dim[] { "batch", 1, 2, 3 }), "a layer, two heads, three steps");
    }

    [Test]
    public void AContinuousControllerPlaysTheEvaluationAgain([Values("sampled", "greedy")] string way)
    {
        const int Repeat = 5;
        string bundle = Ship("pendulum", [.. TinyRuns.Dreamer, "env=pendulum", $"evaluationEpisodes={Episodes}", $"actionRepeat={Repeat}",
            "predictContinue=false", "rewardScale=0.1"]);
        using Controller controller = Load(bundle, way);
        ReturnSample played = Evaluation.Play(Repeated(Rows, Repeat), Episodes, Seed, (step, observations, first, actions) =>
        {
            Begin(step, first, row => controller.Reset([row]));
            controller.Act(observations, actions);
        });
        AssertAsEvaluated(controller.Manifest, way, played);
        Assert.That(controller.Manifest.Action.High, Is.EqualTo(2), "torques of the environment itself");
    }

    /// <summary>The same search over the same noise, in eager networks and in the exported ones.</summary>
    [Test]
    public void APlannerPlansTheEvaluationAgain([Values("sampled", "greedy")] string way)
    {
        const int Repeat = 20, Planned = 12, SideBySide = 10;
        string bundle = Ship("planned", [.. TinyRuns.PlaNet, $"evaluationEpisodes={Planned}"]);
        using Planner planner = Planner.Load(bundle, new() { Batch = SideBySide, Seed = Seed, Deterministic = way == "greedy" });
        Assert.That(planner.Spec, Is.EqualTo(new PlannerSpec { Horizon = 2, Candidates = 6, Elites = 2, Iterations = 2 }));
        ReturnSample played = Evaluation.Play(Repeated(SideBySide, Repeat), Planned, Seed, (step, observations, first, actions) =>
        {
            Begin(step, first, row => planner.Reset([row]));
            planner.Act(observations, actions);
        });
        AssertAsEvaluated(planner.Manifest, way, played);
    }

    private static ulong Seed => 1_000_003;

    private string Ship(string name, string[] options)
    {
        string run = _runs[$"{name}-{TestContext.CurrentContext.Test.ID}"];
        TrainTool.Succeed([.. options, "--run", run]);
        return Path.Combine(run, "bundle");
    }

    private static Controller Load(string bundle, string way) =>
        Controller.Load(bundle, new() { Batch = Rows, Seed = Seed, Deterministic = way == "greedy" });

    private static SyncVectorEnvironment<ActionRepeat<float>, float> Repeated(int rows, int repeat) =>
        new(rows, () => new(EnvironmentRegistry.Make<float>("pendulum"), repeat));

    private static void Begin(long step, ReadOnlySpan<float> first, Action<int> reset)
    {
        for (int row = 0; row < first.Length && step > 0; row++)
        {
            if (first[row] == 1)
                reset(row);
        }
    }

    private static void AssertAsEvaluated(Manifest manifest, string way, ReturnSample played)
    {
        IReadOnlyDictionary<string, double> figures = manifest.Training!.Figures;
        Assert.That(played.Mean, Is.EqualTo(figures[$"return_{way}_mean"]).Within(1e-4 * Math.Abs(played.Mean)));
        Assert.That(played.Statistics.Deviation, Is.EqualTo(figures[$"return_{way}_sd"]).Within(1e-3 * played.Statistics.Deviation + 1e-6));
        Assert.That(played.MeanLength, Is.EqualTo(figures[$"length_{way}_mean"]).Within(1e-6));
        Assert.That(played.Returns, Has.Count.EqualTo((int)figures["evaluation_episodes"]));
    }
}
