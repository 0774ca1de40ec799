using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.MLNet;
using WorldModels.Runtime;
using WorldModels.Tests.Runtime;
using WorldModels.Tests.Tools;

namespace WorldModels.Tests.MLNet;

/// <summary>A policy in a pipeline acts as a controller with a row for each episode, however the rows are read and dealt.</summary>
public sealed class ApplyControllerTests : PipelineFixture
{
    private const float Near = 1e-5f;

    [Test]
    public void ActionsAreThoseOfAControllerWithARowForEachEpisode(
        [Values(null, 9UL)] ulong? seed, [Values(1, 3, 1024)] int batch, [Values(1, 13, 41, null)] int? readAhead)
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, Lengths);
        Acted expected = Act(bundle, rows, Lengths, seed);
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", "Episode", options: new()
        {
            Seed = seed,
            Batch = batch,
            ReadAhead = readAhead,
            Value = "V",
            Logits = "L",
        }).Fit(Data(rows)).Transform(Data(rows));
        Assert.That(Column<long>(acted, "U"), Is.EqualTo(expected.Actions));
        Assert.That(Column<float>(acted, "V"), Is.EqualTo(expected.Values).Within(Near));
        Assert.That(Column<float[]>(acted, "L").SelectMany(logits => logits), Is.EqualTo(expected.Logits).Within(Near));
        Assert.That(Column<long>(acted, "Number"), Is.EqualTo(Enumerable.Range(0, rows.Length)), "rows stay in order");
        Assert.That(Column<long>(acted, "U"), Is.EqualTo(expected.Actions), "a second pass starts anew");
    }

    [Test]
    public void EpisodesBySeedAreNotAllTheSame()
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, 30);
        long[] Actions(ulong? seed) => Column<long>(Context.Transforms.ApplyController(bundle, "X", "U", options: new() { Seed = seed })
            .Fit(Data(rows)).Transform(Data(rows)), "U");
        long[] first = Actions(1);
        Assert.That(Actions(1), Is.EqualTo(first));
        Assert.That(Actions(2), Is.Not.EqualTo(first));
        Assert.That(Actions(null), Is.Not.EqualTo(first));
    }

    /// <summary>A policy that carries the numbers of a trained model, with continuous actions.</summary>
    [Test]
    public void ContinuousActionsOfOneNumberAreASingle([Values(null, 9UL)] ulong? seed)
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
        Row[] rows = Rows(3, Lengths);
        float[] expected = ActAlone(bundle, rows, Lengths, seed);
        BundleEstimator<ControllerTransformer> policy =
            Context.Transforms.ApplyController(bundle, "X", "U", "Episode", options: new() { Seed = seed, ReadAhead = 30 });
        using ControllerTransformer transformer = policy.Fit(Data(rows));
        Assert.That(Column<float>(transformer.Transform(Data(rows)), "U"), Is.EqualTo(expected).Within(1e-4f));
    }

    [Test]
    public void WithoutAnEpisodeColumnAllRowsAreOneEpisode([Values(null, 4UL)] ulong? seed, [Values(1, 7, 1024)] int batch)
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, 60);
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", options: new() { Seed = seed, Batch = batch })
            .Fit(Data(rows)).Transform(Data(rows));
        Assert.That(Column<long>(acted, "U"), Is.EqualTo(Act(bundle, rows, [60], seed).Actions));
    }

    [Test]
    public void WithoutMemoryAllRowsAreABatch([Values(1, 7, 1024)] int batch)
    {
        string bundle = Keep(Fixtures.Reach());
        Row[] rows = Rows(3, Lengths);
        using Controller controller = Controller.Load(bundle);
        float[] expected = new float[2 * rows.Length];
        controller.Act([.. rows.SelectMany(row => row.X)], expected);
        float[] values = controller.Values.ToArray();
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", options: new() { Batch = batch, Value = "V" })
            .Fit(Data(rows)).Transform(Data(rows));
        Assert.That(acted.Schema["U"].Type, Is.EqualTo(new VectorDataViewType(NumberDataViewType.Single, 2)));
        Assert.That(Column<float[]>(acted, "U").SelectMany(action => action), Is.EqualTo(expected).Within(Near));
        Assert.That(Column<float>(acted, "V"), Is.EqualTo(values).Within(Near));
    }

    /// <summary>Draws of a policy without memory are those of one row, call by call.</summary>
    [Test]
    public void WithoutMemoryDrawsAreStillThoseOfTheRecord([Values(1, 7, 1024)] int batch, [Values] bool episodes)
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c");
        Row[] rows = Rows(3 * 15 * 19, 2, 3, 1);
        int[] lengths = episodes ? [2, 3, 1] : [6];
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", episodes ? "Episode" : null, options: new()
        {
            Batch = batch,
            Seed = 3,
        }).Fit(Data(rows)).Transform(Data(rows));
        Assert.That(Column<long>(acted, "U"), Is.EqualTo(Act(bundle, rows, lengths, 3).Actions));
    }

    [TestCase("Episode")]
    [TestCase("Name")]
    [TestCase("Key")]
    [TestCase("Real")]
    [TestCase("Truth")]
    public void EpisodesAreToldApartByColumnsOfManyTypes(string column)
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, 4, 6);
        IEstimator<ITransformer> columns = Context.Transforms.Conversion.MapValueToKey("Key", "Name")
            .Append(Context.Transforms.Conversion.ConvertType("Real", "Episode", DataKind.Double))
            .Append(Context.Transforms.Conversion.ConvertType("Truth", "Episode", DataKind.Boolean));
        IDataView data = columns.Fit(Data(rows)).Transform(Data(rows));
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", column, options: new() { Seed = 4 })
            .Fit(data).Transform(data);
        Assert.That(Column<long>(acted, "U"), Is.EqualTo(Act(bundle, rows, [4, 6], 4).Actions));
    }

    [Test]
    public void ImagesOfBytesAreObservationsOfZeroToOne()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c");
        Random draws = new Random(2);
        Row[] rows = [.. Enumerable.Range(0, 5).Select(_ => new Row { X = new float[855], Image = new byte[855] })];
        foreach (Row row in rows)
        {
            draws.NextBytes(row.Image);
            for (int i = 0; i < row.X.Length; i++)
                row.X[i] = row.Image[i] / 255f;
        }
        ApplyControllerOptions logits = new() { Logits = "L" };
        float[] FromColumn(string column) => [.. Column<float[]>(Context.Transforms.ApplyController(bundle, column, "U", options: logits)
            .Fit(Data(rows)).Transform(Data(rows)), "L").SelectMany(values => values)];
        Assert.That(FromColumn("Image"), Is.EqualTo(FromColumn("X")).And.Not.Empty);
    }

    /// <summary>Nobody looks at the actions, so that the NaN in an observation does not matter.</summary>
    [Test]
    public void APolicyRunsOnlyWhereSomebodyLooksAtIt()
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, 4, 6);
        rows[7].X[2] = float.NaN;
        IDataView acted = Context.Transforms.ApplyController(bundle, "X", "U", "Episode").Fit(Data(rows)).Transform(Data(rows));
        Assert.That(Column<long>(acted, "Number"), Has.Length.EqualTo(10));
        GraphOutputException error = Assert.Throws<GraphOutputException>(() => Column<long>(acted, "U"))!;
        Assert.That(error.Message, Does.StartWith("Column 'U' has no action for row 7 of the data (column 'X')").And.Contain("NaN at 2"));
    }

    /// <summary>The rows of one pass do not disturb another that runs beside it.</summary>
    [Test]
    public void PassesRunSideBySide()
    {
        string bundle = Keep(Fixtures.Latent());
        Row[] rows = Rows(5, Lengths);
        using ControllerTransformer policy = Context.Transforms.ApplyController(bundle, "X", "U", "Episode", options: new() { Seed = 2 })
            .Fit(Data(rows));
        IDataView acted = policy.Transform(Data(rows));
        long[] expected = Act(bundle, rows, Lengths, 2).Actions;
        Parallel.For(0, 8, _ => Assert.That(Column<long>(acted, "U"), Is.EqualTo(expected)));
    }

    [Test]
    public void ATrainerLearnsFromActions()
    {
        string bundle = Keep(PendulumBundle.Write(agent: true, world: false));
        Row[] rows = Rows(3, 200);
        IDataView data = Data(rows);
        using TransformerChain<RegressionPredictionTransformer<Microsoft.ML.Trainers.LinearRegressionModelParameters>> student =
            Context.Transforms.ApplyController(bundle, "X", "Label").AppendCacheCheckpoint(Context)
                .Append(Context.Regression.Trainers.Sdca(featureColumnName: "X", l2Regularization: 0.01f)).Fit(data);
        RegressionMetrics metrics = Context.Regression.Evaluate(student.Transform(data));
        Assert.That(metrics.RSquared, Is.GreaterThan(0.5), "the sign of the velocity, by a line");
        Assert.That(student.LastTransformer.Model.Weights[2], Is.GreaterThan(10 * Math.Abs(student.LastTransformer.Model.Weights[0])));
    }

    /// <summary>A controller with a row for each episode, called for each record.</summary>
    private static Acted Act(string bundle, Row[] rows, int[] lengths, ulong? seed)
    {
        int size = rows[0].X.Length, classes = 0;
        ControllerOptions options = new() { Batch = lengths.Length, Seed = seed ?? 0, Deterministic = seed is null };
        using Controller controller = Controller.Load(bundle, options);
        long[] actions = new long[rows.Length];
        float[] values = new float[rows.Length], logits = new float[rows.Length * 16], seen = new float[lengths.Length * size];
        long[] taken = new long[lengths.Length];
        for (int step = 0; step < lengths.Max(); step++)
        {
            for (int episode = 0, first = 0; episode < lengths.Length; first += lengths[episode++])
                rows[first + Math.Min(step, lengths[episode] - 1)].X.CopyTo(seen, episode * size);
            controller.Act(seen, taken);
            classes = controller.Logits.Length / lengths.Length;
            for (int episode = 0, first = 0; episode < lengths.Length; first += lengths[episode++])
            {
                if (step >= lengths[episode])
                    continue;
                actions[first + step] = taken[episode];
                if (controller.Values.Length > 0)
                    values[first + step] = controller.Values[episode];
                controller.Logits.Slice(episode * classes, classes).CopyTo(logits.AsSpan((first + step) * classes));
            }
        }
        return new(actions, values, logits[..(rows.Length * classes)]);
    }

    /// <summary>The same of continuous actions of one number, each episode in its row.</summary>
    private static float[] ActAlone(string bundle, Row[] rows, int[] lengths, ulong? seed)
    {
        ControllerOptions options = new() { Batch = lengths.Length, Seed = seed ?? 0, Deterministic = seed is null };
        using Controller controller = Controller.Load(bundle, options);
        float[] actions = new float[rows.Length], taken = new float[lengths.Length], seen = new float[3 * lengths.Length];
        for (int step = 0; step < lengths.Max(); step++)
        {
            for (int episode = 0, first = 0; episode < lengths.Length; first += lengths[episode++])
                rows[first + Math.Min(step, lengths[episode] - 1)].X.CopyTo(seen, episode * 3);
            controller.Act(seen, taken);
            for (int episode = 0, first = 0; episode < lengths.Length; first += lengths[episode++])
            {
                if (step < lengths[episode])
                    actions[first + step] = taken[episode];
            }
        }
        return actions;
    }

    private sealed record Acted(long[] Actions, float[] Values, float[] Logits);
}
