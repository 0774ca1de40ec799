using System.Globalization;
using MathNet.Numerics.Statistics;
using WorldModels.Environments.MuJoCo;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;

namespace WorldModels.Tests.ED2;

/// <summary>Groups of actuators from what they move (SD2; Wang et al. 2021).</summary>
public sealed class GroupDiscoveryTests
{
    /// <summary>Computed apart from this code, by the published formula.</summary>
    [Test]
    public void TheGoldenMatrix()
    {
        ActuatorTree tree = ActuatorTree.Of([[1, 0, 0, 0.1], [0.8, 0.2, 0, 0], [0, 0, 1, 0.1], [0, 0.1, 0.7, 0.3]], threshold: 0);
        Assert.That(tree.Merges.Select(merge => merge.Relatedness), Is.EqualTo(new[] { 0.6186, 0.5989, -0.9577 }).Within(5e-5));
        Assert.That(tree.Merges.Select(merge => ActionGroups.Text([merge.First, merge.Second])),
            Is.EqualTo(new[] { "0;1", "2;3", "0,1;2,3" }));
        Assert.That(ActionGroups.Text(tree.Groups), Is.EqualTo("0,1;2,3"));
    }

    [TestCase(-1, "0,1,2,3")]
    [TestCase(0.6, "0,1;2;3")]
    [TestCase(0.7, "0;1;2;3")]
    public void TheThresholdCutsTheTree(double threshold, string expected)
    {
        double[][] effects = [[1, 0, 0, 0.1], [0.8, 0.2, 0, 0], [0, 0, 1, 0.1], [0, 0.1, 0.7, 0.3]];
        Assert.That(ActionGroups.Text(ActuatorTree.Of(effects, threshold).Groups), Is.EqualTo(expected));
    }

    /// <summary>The same correlations as of all steps at once; a number that never changes has none, and is left out.</summary>
    [Test]
    public void CorrelationsOfStepsAsTheyCome()
    {
        Random random = new(1);
        ActuatorEffects effects = new(actions: 2, observations: 3);
        List<double>[] actions = [[], []], changes = [[], []];
        for (int step = 0; step < 500; step++)
        {
            float[] action = [random.NextSingle(), random.NextSingle() + 100], before = [random.NextSingle(), 7, random.NextSingle()];
            float[] after = [before[0] + action[0] - 0.5f * action[1], 7, random.NextSingle()];
            effects.Add(action, before, after);
            for (int i = 0; i < 2; i++)
            {
                actions[i].Add(action[i]);
                changes[i].Add((double)after[2 * i] - before[2 * i]);
            }
        }
        double[][] expected = [.. actions.Select(
            action => changes.Select(change => Math.Abs(Correlation.Pearson(action, change))).ToArray())];
        double[][] found = effects.Correlations();
        Assert.That(found.SelectMany(row => row), Is.EqualTo(expected.SelectMany(row => row)).Within(1e-9));
    }

    [Test]
    public void WhatCannotBeSeenIsSaid()
    {
        ActuatorEffects still = new(actions: 2, observations: 1), blind = new(actions: 1, observations: 1);
        for (int step = 0; step < 9; step++)
        {
            still.Add([step, 3], [0], [step]);
            blind.Add([step], [1], [2]);
        }
        Assert.That(still.Correlations, Throws.TypeOf<UserException>().With.Message.Contains("Actuator 1 had one value in all 9 steps"));
        Assert.That(blind.Correlations, Throws.TypeOf<UserException>().With.Message.Contains("No number of the observations changed"));
        Assert.That(() => ActuatorTree.Of([[1, 0], [0, 0]], 0),
            Throws.TypeOf<UserException>().With.Message.Contains("Actuator 1 moves nothing"));
    }

    /// <summary>
    /// Planted blocks come back exactly, whatever the seed: without noise; with noise of more than a step changes; on a body that moves
    /// with the mean of all as far as each mass by itself.
    /// </summary>
    [Test]
    public void PlantedBlocksAreFound(
        [Values(0, 1, 2, 3)] int seed, [Values(0, 0.1, 0.3)] double noise, [Values(0, 0.5, 1)] double shared)
    {
        ActuatorTree tree = PlantedMasses.Tree(noise, shared, noise > 0.1 ? 20_000 : 2000, seed);
        Assert.That(ActionGroups.Text(tree.Groups), Is.EqualTo("0,3;1,4;2,5"));
    }

    /// <summary>Where it fails: of masses that mostly move with the body that bears them, it finds directions, not masses.</summary>
    [TestCase(0)]
    [TestCase(1)]
    public void ASharedBodyThatMovesMoreThanItsPartsHidesThem(int seed) => Assert.That(
        ActionGroups.Text(PlantedMasses.Tree(noise: 0, shared: 3, steps: 20_000, seed).Groups), Is.EqualTo("0,1,2;3,4,5"));

    /// <summary>
    /// Two actuators are divided by every threshold from 0 on; what tells pendulums that share nothing from an arm is the cosine of what
    /// they move.
    /// </summary>
    [TestCase("two-pendulums-swingup", 0, 0.05)]
    [TestCase("finger-spin", 0.3, 0.7)]
    [TestCase("reacher-easy", 0.3, 0.7)]
    public void TwoActuatorsAreToldBySimilarity(string environment, double least, double most)
    {
        GroupDiscovery found = Find(environment, threshold: 0);
        double similarity = found.Tree.Similarities[0][1];
        TestContext.Out.WriteLine($"{environment}: similarity {similarity:F4}");
        Assert.That(similarity, Is.InRange(least, most));
        Assert.That(found.Tree.Merges.Single().Relatedness, Is.EqualTo(similarity - 1).Within(1e-12));
        StringWriter written = new();
        found.Write(written);
        Assert.That(written.ToString(), Does.Contain($"Their similarity is {similarity:0.0000}").And.Contain("cannot decide"));
    }

    /// <summary>Each pendulum's torque moves its own speed, and nothing of the other.</summary>
    [Test]
    public void EffectsOfPendulumsSideBySide()
    {
        double[][] effects = [.. Find("two-pendulums-swingup", threshold: 0).Effects.Select(row => row.ToArray())];
        Assert.That(effects.Select(row => row.Max()), Is.All.GreaterThan(0.3));
        Assert.That(effects[0].Zip(effects[1], Math.Min), Is.All.LessThan(0.05));
    }

    /// <summary>
    /// The published groups, from our physics, as a run of the preset finds them; the walker's at a lower threshold, of its merges the
    /// third is at -0.03, the next at -0.24.
    /// </summary>
    [TestCase("cheetah-run", 0)]
    [TestCase("hopper-stand", 0)]
    [TestCase("walker-walk", -0.1)]
    [TestCase("humanoid-walk", 0)]
    public void ThePublishedGroups(string environment, double threshold)
    {
        string expected = ActionGroups.Listed(ActionGroups.Published, environment, seed: 0);
        Assert.That(Find(environment, threshold).Tree.Groups.Select(group => string.Join(',', group)), Is.EquivalentTo(
            expected.Split(';').Select(group => string.Join(',', group.Split(',').Select(int.Parse).Order()))));
    }

    /// <summary>From a folder of episodes, as a run of another algorithm keeps them.</summary>
    [Test]
    public void RecordedEpisodesWillDo()
    {
        using TinyRuns runs = new();
        string played = runs["played"];
        TrainTool.Succeed("ed2", "--env", "two-pendulums-swingup", "--preset", "debug", "--run", played, "--no-export", "--set",
            "groups=vanilla", "worldAlone=true", "updates=1", "prefill=3000");
        ToolResult result = TrainTool.Succeed(
            "ed2", "--dataset", Path.Combine(played, "replay"), "--discover", "--preset", "debug", "--run", runs["found"]);
        Assert.That(result.Output, Does.Contain("{actuator 0} + {actuator 1}").And.Match(@"Their similarity is 0\.[01][0-9]+ "));
    }

    /// <summary>What a run of the small preset finds, whose actions last several steps.</summary>
    private static GroupDiscovery Find(string environment, double threshold)
    {
        if (MuJoCoSuite.Problem is { } problem)
            Assert.Ignore(problem);
        MuJoCoSuite.Register();
        ED2Options options = (ED2Options)Algorithm.Find("ed2").Resolve(
            "small", environment, seed: null, [string.Create(CultureInfo.InvariantCulture, $"discoveryThreshold={threshold}")]);
        Assert.That(options.ActionRepeat, Is.GreaterThan(1));
        return GroupDiscovery.Of(options, run: null);
    }
}
