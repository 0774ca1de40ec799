using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;
using WorldModels.MLNet;
using WorldModels.Tests.Runtime;

namespace WorldModels.Tests.MLNet;

/// <summary>Pipelines with bundles are saved and loaded by ML.NET itself.</summary>
public sealed class ModelFileTests : PipelineFixture
{
    [Test]
    public void APipelineIsLoadedWithItsOptions([Values] bool packed)
    {
        string bundle = Fixtures.Latent();
        string file = Path.Combine(Keep(Directory.CreateTempSubdirectory("worldmodels-model-").FullName), "model.zip");
        IDataView data = Data(5);
        EstimatorChain<DreamTransformer> pipeline = Context.Transforms.CopyColumns("Y", "X")
            .Append(Context.Transforms.ApplyController(bundle, "Y", "U", "Episode", packed, new() { Seed = 3, Batch = 4, Value = "V" }))
            .Append(Context.Transforms.ApplyDream(bundle, "Y", new() { Horizon = 3, Batch = 5, Returns = "G", Seed = 8 }, packed));
        using TransformerChain<DreamTransformer> model = pipeline.Fit(data);
        Context.Model.Save(model, data.Schema, file);
        IDataView expected = model.Transform(data);
        long[] actions = Column<long>(expected, "U");
        float[] values = Column<float>(expected, "V"), returns = Column<float>(expected, "G");
        Assert.That(actions.Distinct().Count(), Is.GreaterThan(1));
        using (ZipArchive zip = ZipFile.OpenRead(file))
            Assert.That(zip.Entries.Count(entry => entry.Name.Contains("Bundle")), Is.EqualTo(packed ? 2 : 0));
        if (packed)
            Directory.Delete(bundle, recursive: true);      // the file has all
        else
            Keep(bundle);
        string[] before = Unpacked();
        MLContext other = new();
        other.ComponentCatalog.RegisterWorldModels();
        other.ComponentCatalog.RegisterWorldModels();
        ITransformer loaded = other.Model.Load(file, out DataViewSchema schema);
        Assert.That(schema.Select(column => column.Name), Is.EqualTo(data.Schema.Select(column => column.Name)));
        IDataView again = loaded.Transform(data);
        Assert.That(Column<long>(again, "U"), Is.EqualTo(actions));
        Assert.That(Column<float>(again, "V"), Is.EqualTo(values));
        Assert.That(Column<float>(again, "G"), Is.EqualTo(returns));
        Assert.That(Unpacked().Except(before).Count(), Is.EqualTo(packed ? 2 : 0));
        using (MemoryStream copy = new())
        {
            other.Model.Save(loaded, schema, copy);
            copy.Position = 0;
            using IDisposable third = (IDisposable)other.Model.Load(copy, out _);
            Assert.That(Column<long>(((ITransformer)third).Transform(data), "U"), Is.EqualTo(actions), "what was loaded is saved again");
        }
        ((IDisposable)loaded).Dispose();
        Assert.That(Unpacked(), Is.EqualTo(before));
    }

    [Test]
    public void AnotherBundleInThePlaceOfTheOneThatWasSavedIsRefused()
    {
        string bundle = Fixtures.Latent();
        IDataView data = Data(5);
        using ControllerTransformer policy = Context.Transforms.ApplyController(bundle, "X", "U").Fit(data);
        using MemoryStream file = new();
        Context.Model.Save(policy, data.Schema, file);
        Fixtures.Write(bundle, Manifest.Load(bundle) with { Name = "another" });
        Refused(() => Load(file).Transform(data), $"saved with bundle '{bundle}' when the SHA-256 of its manifest.json was ",
            "; now it is ", "another bundle stands there", "Put the former one back");
        Directory.Delete(bundle, recursive: true);
        Refused(() => Load(file).GetOutputSchema(data.Schema), $"There is no directory '{bundle}'");
    }

    [Test]
    public void AContextThatDoesNotKnowOfBundlesCannotLoadThem()
    {
        IDataView data = Data(5);
        using ControllerTransformer policy = Context.Transforms.ApplyController(Keep(Fixtures.Latent()), "X", "U").Fit(data);
        using MemoryStream file = new();
        Context.Model.Save(policy, data.Schema, file);
        file.Position = 0;
        Assert.That(() => new MLContext().Model.Load(file, out _), Throws.Exception);
    }

    private static ITransformer Load(Stream file)
    {
        file.Position = 0;
        MLContext other = new();
        other.ComponentCatalog.RegisterWorldModels();
        return other.Model.Load(file, out _);
    }

    private static string[] Unpacked() => [.. Directory.EnumerateDirectories(Path.GetTempPath(), "worldmodels-pipeline-*").Order()];
}
