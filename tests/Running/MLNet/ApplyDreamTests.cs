using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.MLNet;
using WorldModels.Runtime;
using WorldModels.Tests.Runtime;
using WorldModels.Tests.Tools;

namespace WorldModels.Tests.MLNet;

/// <summary>What a pipeline imagines from each row is what a dream imagines that starts from it.</summary>
public sealed class ApplyDreamTests : PipelineFixture
{
    private const int Horizon = 4, Batch = 8;

    private static readonly ApplyDreamOptions All = new() { Horizon = Horizon, Batch = Batch, Seed = 7 };

    /// <summary>Twenty rows: two batches, and half of one.</summary>
    [Test]
    public void DiscreteDreamsAreThoseOfADream()
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, 20);
        IDataView imagined = Context.Transforms.ApplyDream(bundle, "X", All with
        {
            Actions = "U",
            Rewards = "R",
            Continues = "C",
            Returns = "G",
            Discount = 0.9,
        }).Fit(Data(rows)).Transform(Data(rows));
        long[][] actions = Column<long[]>(imagined, "U");
        float[][] rewards = Column<float[]>(imagined, "R"), continues = Column<float[]>(imagined, "C");
        float[] returns = Column<float>(imagined, "G");
        using WorldModel world = WorldModel.Load(bundle);
        using Dream dream = world.Dream(Batch, Horizon);
        for (int first = 0; first < 20; first += Batch)
        {
            // What is no row any more is the last one again.
            dream.Start([.. Enumerable.Range(first, Batch).SelectMany(row => rows[Math.Min(row, 19)].X)]);
            DreamBatch expected = dream.Run(7 + (ulong)(first / Batch));
            for (int row = first; row < Math.Min(first + Batch, 20); row++)
            {
                double sum = 0, weight = 1;
                for (int t = 0; t < Horizon; t++)
                {
                    Assert.That(actions[row][t], Is.EqualTo(expected.Actions(t)[row - first]));
                    Assert.That(rewards[row][t], Is.EqualTo(expected.Rewards(t)[row - first]));
                    Assert.That(continues[row][t], Is.EqualTo(expected.Continues(t)[row - first]));
                    sum += weight * rewards[row][t];
                    weight *= 0.9 * continues[row][t];
                }
                Assert.That(returns[row], Is.EqualTo(sum).Within(1e-5));
            }
        }
        Assert.That(returns.Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public void ContinuousDreamsHaveValues()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
        Row[] rows = Rows(3, Batch);
        IDataView imagined = Context.Transforms.ApplyDream(bundle, "X", All with { Actions = "U", Values = "V", Returns = "G" })
            .Fit(Data(rows)).Transform(Data(rows));
        Assert.That(imagined.Schema["U"].Type, Is.EqualTo(new VectorDataViewType(NumberDataViewType.Single, Horizon)));
        float[][] actions = Column<float[]>(imagined, "U"), values = Column<float[]>(imagined, "V");
        float[] returns = Column<float>(imagined, "G");
        using WorldModel world = WorldModel.Load(bundle);
        using Dream dream = world.Dream(Batch, Horizon, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values });
        dream.Start([.. rows.SelectMany(row => row.X)]);
        DreamBatch expected = dream.Run(7);
        for (int row = 0; row < Batch; row++)
        {
            Assert.That(actions[row], Is.EqualTo(Enumerable.Range(0, Horizon).Select(t => expected.ContinuousActions(t)[row])));
            Assert.That(values[row], Is.EqualTo(Enumerable.Range(0, Horizon + 1).Select(t => expected.Values(t)[row])));
            Assert.That(returns[row], Is.EqualTo(Enumerable.Range(0, Horizon).Sum(t => expected.Rewards(t)[row])).Within(1e-4));
        }
    }

    [Test]
    public void AWorldWithoutAPolicyIsPlayedAtRandom()
    {
        string bundle = Keep(PendulumBundle.Write());
        IDataView data = Data(Rows(3, 40));
        IDataView imagined = Context.Transforms.ApplyDream(bundle, "X", All with { Actions = "U", Rewards = "R" })
            .Fit(data).Transform(data);
        float[][] actions = Column<float[]>(imagined, "U");
        Assert.That(actions.SelectMany(action => action).Distinct().Count(), Is.EqualTo(40 * Horizon), "no batch draws what another drew");
        Assert.That(actions.SelectMany(action => action), Has.All.InRange(-1f, 1f));
    }

    /// <summary>Both a policy's column and a dream's in one chain: neither runs for the other.</summary>
    [Test]
    public void ControllersAndDreamsChain()
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, Lengths);
        EstimatorChain<DreamTransformer> chain = Context.Transforms.ApplyController(bundle, "X", "U", "Episode")
            .Append(Context.Transforms.ApplyDream(bundle, "X", All with { Returns = "G" }));
        using TransformerChain<DreamTransformer> model = chain.Fit(Data(rows));
        IDataView both = model.Transform(Data(rows));
        Assert.That(Column<float>(both, "G"), Has.Length.EqualTo(rows.Length));
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", "Episode").Fit(Data(rows)).Transform(Data(rows));
        Assert.That(Column<long>(both, "U"), Is.EqualTo(Column<long>(acted, "U")));
    }
}
