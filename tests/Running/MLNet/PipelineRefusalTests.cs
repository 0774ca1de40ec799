using Microsoft.ML;
using WorldModels.MLNet;
using WorldModels.MLNet.Internals;
using WorldModels.Tests.Runtime;
using WorldModels.Tests.Tools;

namespace WorldModels.Tests.MLNet;

/// <summary>What does not fit is refused when a pipeline is put together or fitted, in one message that names it.</summary>
public sealed class PipelineRefusalTests : PipelineFixture
{
    [Test]
    public void AMissingColumn()
    {
        IDataView data = Data(5);
        Refuse(Policy("Y"), data, "There is no column 'Y' of observations: the data have X, Image, Episode, Name, Number, Single. Name");
        Refuse(Policy("X", "Game"), data, "There is no column 'Game' of episodes: the data have X, ");
    }

    [Test]
    public void AColumnOfAnotherWidth() => Refused(() => Policy("X").Fit(Data(4)),
        "Column 'X' is Vector<Single, 4>, and the observations of bundle", "are Vector<Single, 5> (shape 5).", "name another column");

    [Test]
    public void AColumnOfAnotherType()
    {
        IDataView data = Data(5);
        Refuse(Policy("Name"), data, "Column 'Name' is String, and the observations", "Vector<Single, 5>");
        Refuse(Policy("Image"), data, "Column 'Image' is Vector<Byte", "Vector<Single, 5>");
        Refuse(Policy("Single"), data, "Column 'Single' is Single", "Vector<Single, 5>");
        Refuse(Policy("X", "X"), data, "Column 'X' is", "episodes are told apart by numbers, text, keys or Booleans, one a row");
    }

    [Test]
    public void ABundleThatIsNotThereOrHasNoPolicyOrWorld()
    {
        Refused(() => Context.Transforms.ApplyController("nowhere", "X", "U"), "There is no directory 'nowhere'");
        string world = Keep(PendulumBundle.Write()), policy = Keep(PendulumBundle.Write(agent: true, world: false));
        Refused(() => Context.Transforms.ApplyController(world, "X", "U"), "has no policy: expected a graph 'control' or 'act', ",
            "found observe", "ApplyDream");
        Refused(() => Context.Transforms.ApplyDream(policy, "X", new() { Returns = "G" }),
            "has no world model: expected a graph 'imagine' or 'dream', found act", "ApplyController");
    }

    [Test]
    public void AColumnThatTheBundleCannotFill()
    {
        string world = Keep(PendulumBundle.Write(agent: true));
        Refused(() => Context.Transforms.ApplyController(world, "X", "U", options: new() { Value = "V" }),
            "column 'V' is to hold values", "gives none", "Leave the column out");
        Refused(() => Context.Transforms.ApplyController(world, "X", "U", options: new() { Logits = "L" }), "column 'L' is to hold logits");
        Refused(() => Context.Transforms.ApplyDream(world, "X", new() { Continues = "C" }),
            "column 'C' is to hold continuations", "predicts none");
        Refused(() => Context.Transforms.ApplyDream(world, "X", new() { Values = "V" }),
            "column 'V' is to hold values", "expected a graph 'value'");
        Assert.That(() => Context.Transforms.ApplyDream(world, "X", new()),
            Throws.ArgumentException.With.Message.Contains("at least one of"));
    }

    [Test]
    public void SingleRowsAndWrongGettersAndWhatIsDisposed()
    {
        IDataView data = Data(5);
        ControllerTransformer policy = Policy("X").Fit(data);
        Assert.That(() => policy.GetRowToRowMapper(data.Schema),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("Controller.Load"));
        IDataView acted = policy.Transform(data);
        Assert.That(() => Read<float>(acted, "U"), Throws.InvalidOperationException.With.Message.Contains("'U' is Int64"));
        policy.Dispose();
        Assert.That(() => policy.Transform(data), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => Column<long>(acted, "U"), Throws.TypeOf<ObjectDisposedException>());
    }

    private static void Read<T>(IDataView data, string column)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema[column]]);
        cursor.GetGetter<T>(data.Schema[column]);
    }

    private BundleEstimator<ControllerTransformer> Policy(string observation, string? episode = null) =>
        Context.Transforms.ApplyController(Keep(Fixtures.Latent()), observation, "U", episode);

    /// <summary>Refused by fitting alone, and before anything else of a chain is fitted.</summary>
    private void Refuse(IEstimator<ITransformer> policy, IDataView data, params string[] expected)
    {
        Refused(() => policy.Fit(data), expected);
        SchemaShape shape = ModelFile.ShapeOf(data.Schema);
        Refused(() => Context.Transforms.CopyColumns("Copy", "X").Append(policy).GetOutputSchema(shape), expected[0][..10]);
    }
}
