using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.MLNet;
using WorldModels.Recordings;

namespace WorldModels.Tests.MLNet;

/// <summary>The sample of the documentation runs: it stands here word for word.</summary>
[NonParallelizable]
public sealed class PipelineSampleTests : PipelineFixture
{
    private string _before = "";

    /// <summary>Goes where the sample may write: a folder with the zoo, and episodes of the zoo's pendulum.</summary>
    [SetUp]
    public void Enter()
    {
        _before = Directory.GetCurrentDirectory();
        string folder = Keep(Directory.CreateTempSubdirectory("worldmodels-sample-").FullName);
        Directory.CreateSymbolicLink(Path.Combine(folder, "models"), Path.Combine(Repository.Root, "models"));
        Directory.CreateDirectory(Path.Combine(folder, "episodes"));
        string data = Path.Combine(Repository.Root, "tests", "Running", "Recordings", "data", "pendulum");
        Context.Data.SaveAsEpisodes(Context.Data.LoadFromRecording(Path.Combine(data, "random-v0")), Path.Combine(folder, "episodes"));
        Directory.SetCurrentDirectory(folder);
    }

    [TearDown]
    public void Leave() => Directory.SetCurrentDirectory(_before);

    [Test]
    public void CatalogSample()
    {
        // <WorldModelsCatalog>
        MLContext mlContext = new();
        IDataView recorded = mlContext.Data.LoadFromRecording("episodes");
        EstimatorChain<DreamTransformer> pipeline = mlContext.Transforms
            .ApplyController("models/zoo/pendulum-dreamer", observation: "observation", action: "U", episode: "episode")
            .Append(mlContext.Transforms.ApplyDream("models/zoo/pendulum-dreamer", "observation", new() { Returns = "G", Batch = 32 }));
        using TransformerChain<DreamTransformer> model = pipeline.Fit(recorded);   // nothing is learned: columns and bundle are checked
        IDataView acted = model.Transform(recorded);                               // lazily, block by block
        mlContext.Model.Save(model, recorded.Schema, "agent.zip");

        mlContext.ComponentCatalog.RegisterWorldModels();                          // once, before pipelines with bundles are loaded
        ITransformer again = mlContext.Model.Load("agent.zip", out DataViewSchema schema);
        mlContext.Data.SaveAsEpisodes(again.Transform(recorded), "relabelled", new() { Action = "U", Actions = ActionAlignment.Taken });
        // </WorldModelsCatalog>

        float[] actions = Column<float>(acted, "U");
        Assert.That(actions, Has.All.InRange(-2f, 2f).And.Some.Not.Zero);
        Assert.That(Column<float>(acted, "G"), Has.Length.EqualTo(actions.Length));
        Assert.That(schema["observation"].Type, Is.EqualTo(recorded.Schema["observation"].Type));
        Recording relabelled = Recording.Read("relabelled");
        Assert.That(relabelled.Episodes.Sum(episode => episode.Records), Is.EqualTo(actions.Length));
        Assert.That(relabelled.Episodes[0].Actions.As<float>()[1], Is.EqualTo(actions[0]).Within(1e-5));
        (again as IDisposable)?.Dispose();
    }

    [Test]
    public void TheDocumentationHasTheSample() => DocumentedSample.AssertSame(
        "WorldModelsCatalog", "tests/Running/MLNet/PipelineSampleTests.cs", "runtime/WorldModels.MLNet/WorldModelsCatalog.cs");
}
