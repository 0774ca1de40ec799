using System.Text;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>What a planner refuses, and what a manifest says of planning. That it plans: see the end-to-end tests.</summary>
public sealed class PlannerTests : BundleFixture
{
    [Test]
    public void RefusesWhatCannotPlan()
    {
        Refused(() => Planner.Load(Keep(Fixtures.Reach())).Dispose(), "cannot plan, it lacks a graph 'observe' and a graph 'imagine'",
            "it has graphs: act. It has a policy: use Controller.Load, or WorldModel.Controller");
        string mute = Keep(Fixtures.Latent(m => m.WithGraph("imagine",
            g => g with { Outputs = [.. g.Outputs.Where(t => t.Role != TensorRole.Reward)] })));
        Refused(() => Planner.Load(mute).Dispose(), "it lacks an output of role reward in graph imagine");
        string blind = Keep(Fixtures.Latent(m => m.WithGraph("observe",
            g => g with { Inputs = [.. g.Inputs.Where(t => t.Role != TensorRole.Observation)] })));
        Refused(() => Planner.Load(blind).Dispose(), "it lacks an input of role observation in graph observe");
        Refused(() => Planner.Load(Keep(Fixtures.Latent())).Dispose(), "has discrete actions, and this planner searches continuous ones");
    }

    /// <summary>NaN in an observation would otherwise stay in the row's state, and refuse all that follows.</summary>
    [Test]
    public void ARefusedDecisionLeavesNoTrace()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
        using Planner planner = Planner.Load(
            bundle, new() { Batch = 2, Horizon = 3, Candidates = 8, Elites = 2, Iterations = 2, Threads = 1, Tile = 0 });
        float[] actions = new float[2];
        Assert.That(() => planner.Act([1, 0, 0, float.NaN, 0, 0], actions), Throws.TypeOf<BundleException>().With.Message.Contains("Row 1"));
        planner.Act([1, 0, 0, 1, 0, 0], actions);
        Assert.That(actions, Has.All.InRange(-2f, 2f));
        Assert.That(() => planner.Act([1, 0, 0, float.NaN, 0, 0], actions), Throws.TypeOf<BundleException>());
        Assert.That(() => planner.Executed(actions), Throws.TypeOf<BundleException>(), "there is no decision that it could be of");
        planner.Act([1, 0, 0, 1, 0, 0], actions);
        Assert.That(actions, Has.All.InRange(-2f, 2f));
    }

    [Test]
    public void TheManifestSaysHowToPlan()
    {
        PlannerSpec spec = new PlannerSpec { Horizon = 6, Candidates = 64, Elites = 8, Iterations = 3 };
        Manifest manifest = Manifest.Load(Keep(Fixtures.Latent(m => m with { Planner = spec })));
        Assert.That(manifest.Planner, Is.EqualTo(spec));
        Assert.That(Manifest.Parse(Encoding.UTF8.GetBytes(manifest.ToJson())).Planner, Is.EqualTo(spec));
        Assert.That(Manifest.Load(Keep(Fixtures.Latent())).Planner, Is.Null, "bundles that say nothing are as good");
        string wrong = Keep(Fixtures.Latent(m => m with { Planner = spec with { Elites = 65, Iterations = 0 } }));
        Assert.That(() => Manifest.Load(wrong), Throws.TypeOf<InvalidDataException>()
            .With.Message.Contains("planner: elites must be from 1 to the 64 candidates, found 65")
            .And.Message.Contains("planner: iterations must be at least 1, found 0"));
        string half = manifest.ToJson().Replace("\"elites\": 8,", "");
        Assert.That(() => Manifest.Parse(Encoding.UTF8.GetBytes(half)),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("elites"));
    }
}
