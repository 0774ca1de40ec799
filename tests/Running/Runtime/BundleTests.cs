using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>Every way a bundle on disk can be wrong gives one message that says what and what to do.</summary>
public sealed class BundleTests : BundleFixture
{
    private static readonly RuntimeOptions Unhashed = new() { VerifyHashes = false };

    [Test]
    public void LoadsWhatItSaved()
    {
        string directory = Keep(Fixtures.Latent());
        Manifest manifest = Manifest.Load(directory);
        manifest.Save(directory);
        Manifest again = Manifest.Load(directory);
        Assert.That(again.ToJson(), Is.EqualTo(manifest.ToJson()));
        TensorSpec noise = again.Graphs["dream"].Inputs[2];
        Assert.That((noise.Stream, noise.Noise), Is.EqualTo(("act/noise", (NoiseKind?)NoiseKind.Gumbel)));
        Assert.That(again.Graphs["imagine"].Outputs[0].Shape, Is.EqualTo(new Dim[] { "batch", 6 }));
        Assert.That(again.Training!.Figures["return"], Is.EqualTo(1.5));
        Assert.That(Directory.EnumerateFiles(directory, "*.tmp"), Is.Empty);
    }

    [Test]
    public void TheJsonIsTheDocumentedOne()
    {
        string json = Manifest.Load(Keep(Fixtures.Grid())).ToJson();
        Assert.That(json.ReplaceLineEndings("\n"), Does.StartWith("{\n  \"schema\": 1,\n  \"name\": \"grid\","));
        string flat = string.Concat(json.Where(c => !char.IsWhiteSpace(c)));
        Assert.That(flat, Does.Contain("""observation":{"shape":[2,3],"low":0,"high":1},"action":{"kind":"discrete","count":3}"""));
        Assert.That(flat, Does.Contain(
            """{"name":"frame","role":"state","dtype":"float32","shape":["batch",2,3],"initial":"starts"}"""));
        Assert.That(flat, Does.Contain("""parity":{"file":"parity.npz","tolerance":0.0001,"horizon":5,"nearTies":0.0001}"""));
    }

    [TestCase("\"schema\": 1", "\"schema\": 2", "expected manifest schema 1, found 2: update WorldModels.Runtime")]
    [TestCase("\"schema\": 1", "\"schema\": 0", "expected manifest schema 1, found 0: export the bundle again")]
    [TestCase("\"schema\": 1,", "", "expected manifest schema 1, found none")]
    [TestCase("\"role\": \"reward\"", "\"role\": \"prize\"", "expected one of observation, action, state, noise, reward, continue")]
    [TestCase("\"opset\": 17", "\"opset\": 17, \"opset\": 18", "'opset' appears twice")]
    [TestCase("\"opset\": 17", "\"opset\": null", "'opset' is null")]
    [TestCase("\"opset\": 17", "\"opsett\": 17", "opsett")]
    [TestCase("\"name\": \"grid\",", "", "name")]
    [TestCase("\"opset\": 17,", "", "opset")]
    [TestCase("\"tolerance\": 0.0001,", "", "tolerance")]
    [TestCase("\"files\":", "\"filez\":", "file")]
    [TestCase("\"batch\",", "1.5,", "expected a dimension")]
    [TestCase("\"opset\": 17", "\"opset\": 17 17", "line ")]
    public void RefusesJsonThatIsNoManifest(string was, string becomes, string expected)
    {
        string directory = Keep(Fixtures.Grid());
        string path = Path.Combine(directory, Manifest.FileName);
        string json = File.ReadAllText(path);
        int at = json.IndexOf(was, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThan(0));
        File.WriteAllText(path, json[..at] + becomes + json[(at + was.Length)..]);
        Refused(directory, path, expected);
    }

    [Test]
    public void RefusesAManifestCutShort()
    {
        string directory = Keep(Fixtures.Grid());
        string path = Path.Combine(directory, Manifest.FileName);
        File.WriteAllText(path, File.ReadAllText(path)[..200]);
        Refused(directory, "not a valid manifest: line ", "Copy or export the bundle again");
    }

    [Test]
    public void RefusesWhatIsNotABundle()
    {
        Refused(Path.Combine(Path.GetTempPath(), "worldmodels-nowhere"), "There is no directory", "manifest.json");
        string empty = Keep(Directory.CreateTempSubdirectory("worldmodels-empty").FullName);
        Refused(empty, "is not a bundle", "manifest.json");
    }

    [Test]
    public void RefusesMissingAndChangedFilesInOneMessage()
    {
        string directory = Keep(Fixtures.Latent());
        File.Delete(Path.Combine(directory, "act.onnx"));
        string weights = Path.Combine(directory, "weights.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Refused(directory, "2 problems", "act.onnx is missing", "weights.safetensors is damaged or was changed (expected sha256", "found");
    }

    [Test]
    public void RefusesGraphsCutShort()
    {
        string directory = Keep(Fixtures.Grid());
        string path = Path.Combine(directory, "imagine.onnx");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        Refused(directory, "imagine.onnx is cut short");
        // Without hashes, or with the hash of the damaged file, ONNX Runtime's own refusal is passed on.
        Refused(directory, Unhashed, "imagine.onnx cannot be opened by ONNX Runtime", "copy the bundle again");
    }

    [Test]
    public void RefusesWeightsCutShort()
    {
        string directory = Keep(Fixtures.Latent());
        string path = Path.Combine(directory, "weights.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..300]);
        Refused(directory, Unhashed, ".onnx cannot be opened by ONNX Runtime", "weights are damaged or cut short");
    }

    [Test]
    public void RefusesWeightsThatAreNotListed()
    {
        string directory = Keep(Fixtures.Latent(m => m with
        {
            Files = m.Files.Where(f => f.Key != "weights.safetensors").ToDictionary(f => f.Key, f => f.Value),
        }));
        Refused(directory, "imagine.onnx keeps weights in 'weights.safetensors', which is not listed in files",
            "weights.safetensors is in the directory but not in the manifest");
    }

    /// <summary>Ways to write the same file that any protobuf reader takes, and that must not hide a weight from the check.</summary>
    [TestCase("value before key")]
    [TestCase("an unknown group")]
    public void RefusesUnlistedWeightsHoweverTheFileIsWritten(string way)
    {
        string directory = Keep(Fixtures.Latent(m => m with
        {
            Files = m.Files.Where(f => f.Key != "weights.safetensors").ToDictionary(f => f.Key, f => f.Value),
        }));
        string path = Path.Combine(directory, "imagine.onnx");
        byte[] bytes = File.ReadAllBytes(path), key = [0x0A, 8, .. "location"u8], value = [0x12, 19, .. "weights.safetensors"u8];
        byte[] usual = [.. key, .. value], other = [.. value, .. key];
        Assert.That(bytes.AsSpan().IndexOf(usual), Is.Positive);
        if (way == "an unknown group")
        {
            bytes = [0xA3, 0x06, 0xA4, 0x06, .. bytes];      // field 100 begins and ends
        }
        else
        {
            for (int at; (at = bytes.AsSpan().IndexOf(usual)) >= 0;)
                other.CopyTo(bytes, at);
        }

        File.WriteAllBytes(path, bytes);
        Refused(directory, Unhashed, "imagine.onnx keeps weights in 'weights.safetensors', which is not listed in files");
    }

    [Test]
    public void RefusesGraphFilesThatAreNotListed()
    {
        string directory = Keep(Fixtures.Grid());
        File.Copy(Path.Combine(directory, "imagine.onnx"), Path.Combine(directory, "extra.onnx"));
        Refused(directory, "extra.onnx is in the directory but not in the manifest");
        Refused(Keep(Fixtures.Grid(m => m.WithGraph("imagine", g => g with { File = "other.onnx" }))),
            "graph imagine: 'other.onnx' is not listed in files");
    }

    [TestCase("../imagine.onnx")]
    [TestCase("sub/../../imagine.onnx")]
    [TestCase("/etc/hostname")]
    [TestCase("C:\\weights.bin")]
    [TestCase("./imagine.onnx")]
    public void RefusesPathsThatLeaveTheDirectory(string file)
    {
        string directory = Keep(Fixtures.Grid(m => m with { Files = new Dictionary<string, string>(m.Files) { [file] = new('0', 64) } }));
        Refused(directory, $"'{file}' leaves the bundle's directory");
    }

    [Test]
    public void RefusesTensorsThatTheGraphDoesNotHave()
    {
        TensorSpec Change(TensorSpec t) => t.Name switch
        {
            "reward" => t with { Name = "prize" },
            "continue" => t with { Shape = ["batch", 1] },
            "noise" => t with { Shape = ["batch", 2, 4] },
            _ => t,
        };
        string directory = Keep(Fixtures.Grid(m => m.WithGraph("imagine", g => g with
        {
            Inputs = [.. g.Inputs.Select(Change)],
            Outputs = [.. g.Outputs.Select(Change)],
        })));
        Refused(directory, "imagine.onnx is not what the manifest says: 4 problems",
            "input 'noise': manifest says float32 [batch, 2, 4], the graph has float32 [batch, 2, 3]",
            "output 'prize' is not in the graph, which has: next_frame, reward, continue, logits",
            "output 'continue': manifest says float32 [batch, 1], the graph has float32 [batch]",
            "output 'reward' is in the graph (float32 [batch]) but not in the manifest");
    }

    [Test]
    public void RefusesTypesThatTheGraphDoesNotHave()
    {
        string directory = Keep(Fixtures.Latent(m => m.WithGraph("observe", g => g with
        {
            Inputs = [.. g.Inputs.Select(t => t.Role == TensorRole.IsFirst ? t with { Dtype = TensorType.Bool } : t)],
        })));
        Refused(directory, "input 'is_first': manifest says bool [batch], the graph has float32 [batch]");
    }

    private static IEnumerable<TestCaseData> Contradictions()
    {
        static TestCaseData Case(string tensor, Func<TensorSpec, TensorSpec> change, string expected) =>
            new TestCaseData(tensor, change, expected).SetArgDisplayNames(tensor, expected);
        yield return Case("frame", t => t with { Initial = null }, "(state): expected a state input with \"initial\" and no \"feeds\"");
        yield return Case("frame", t => t with { Shape = [5, 2, 3] }, "expected axis 0 named \"batch\", found float32 [5, 2, 3]");
        yield return Case("next_frame", t => t with { Feeds = null }, "(state): expected a state output with \"feeds\"");
        yield return Case("next_frame", t => t with { Feeds = "h" }, "feeds 'h', but no graph has a state input of that name; there are: ");
        yield return Case("next_frame", t => t with { Shape = ["batch", 6] }, "expected float32 [batch, 2, 3], found float32 [batch, 6]");
        yield return Case("noise", t => t with { Noise = null }, "(noise): expected a float32 input with its \"noise\" distribution");
        yield return Case("action", t => t with { Dtype = TensorType.Float32 }, "(action): expected int64 [batch], as the action space is");
        yield return Case("action", t => t with { Role = TensorRole.Reward }, "(reward): expected a float32 output [batch]");
        yield return Case("reward", t => t with { Shape = ["batch", 2] }, "expected a float32 output [batch], found float32 [batch, 2]");
        yield return Case("reward", t => t with { Noise = NoiseKind.Gumbel }, "(reward): expected no \"noise\"");
        yield return Case("continue", t => t with { Feeds = "frame" }, "(continue): expected no \"initial\" and no \"feeds\"");
        yield return Case("logits", t => t with { Axis = 3 }, "(logits): expected an axis of classes");
        yield return Case("continue", t => t with { Role = TensorRole.Reward },
            "expected at most one of role reward among the outputs, found 'reward', 'continue'");
        yield return Case("logits", t => t with { Name = "reward" }, "tensor name 'reward' appears 2 times, expected once");
    }

    [TestCaseSource(nameof(Contradictions))]
    public void RefusesContradictions(string tensor, Func<TensorSpec, TensorSpec> change, string expected)
    {
        IReadOnlyList<TensorSpec> Change(IReadOnlyList<TensorSpec> all) => [.. all.Select(t => t.Name == tensor ? change(t) : t)];
        string directory = Keep(Fixtures.Grid(m =>
        {
            Manifest changed = m.WithGraph("imagine", g => g with { Inputs = Change(g.Inputs), Outputs = Change(g.Outputs) });
            Assert.That(() => changed.Save(Path.GetTempPath()), Throws.TypeOf<InvalidDataException>(), "nor is it saved");
            return changed;
        }));
        Refused(directory, "graph imagine:", expected);
    }

    [Test]
    public void RefusesStatesThatGraphsDisagreeOn() => Refused(
        Keep(Fixtures.Latent(m => m.WithGraph("decode", g => g with
        {
            Inputs = [g.Inputs[0] with { Shape = ["batch", 7] }, g.Inputs[1]],
        }))),
        "state 'h': graph observe has float32 [batch, 6]", "graph decode has float32 [batch, 7]");

    [Test]
    public void RefusesImpossibleSpaces() => Refused(
        Keep(Fixtures.Reach(m => m with { Action = ActionSpec.Continuous([2], 1, -1), Observation = new() { Shape = [0] } })),
        "observation.shape must hold sizes of at least 1, found [0]", "action: continuous needs a shape and low < high");

    [Test]
    public void NamesTravelAndHaveToBeAsManyAsThereAreNumbers()
    {
        string named = Keep(Fixtures.Reach(m => m with
        {
            Action = m.Action with { Names = ["θ̇", "force"] },
        }));
        Assert.That(Manifest.Load(named).Action.Names, Is.EqualTo(new[] { "θ̇", "force" }));
        Assert.That(Manifest.Load(named).Observation.Names, Is.Null);
        Refused(
            Keep(Fixtures.Reach(m => m with
            {
                Action = m.Action with { Names = ["force"] },
                Observation = m.Observation with { Names = ["a", " "] },
            })),
            "action.names must hold 2 names or be left out, found [force]", "observation.names must hold");
    }

    [Test]
    public void RefusesTheWrongUseOfABundle()
    {
        string policy = Keep(Fixtures.Reach());
        Refused(policy, "has no world model: expected a graph 'imagine' or 'dream', found act", "Controller.Load");
        string model = Keep(Fixtures.Grid());
        Refused(() => Controller.Load(model).Dispose(), "has no policy: expected a graph 'control' or 'act'");
        using WorldModel world = WorldModel.Load(model);
        Refused(() => world.Graph("decode"), "has no graph 'decode'; it has: imagine");
    }

    [Test]
    public void RefusesImpossibleRuntimeOptions()
    {
        string directory = Keep(Fixtures.Grid());
        Assert.That(() => WorldModel.Load(directory, new() { Threads = -1 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => WorldModel.Load(directory, new() { Device = -1 }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void SaysWhichGraphsRun()
    {
        Manifest latent = Manifest.Load(Keep(Fixtures.Latent())), reach = Manifest.Load(Keep(Fixtures.Reach()));
        Assert.That(latent.DreamGraphs, Is.EqualTo(new[] { "dream" }));
        Assert.That(latent.Without("dream").DreamGraphs, Is.EqualTo(new[] { "act", "imagine" }));
        Assert.That(latent.PolicyGraphs, Is.EqualTo(new[] { "control" }));
        Assert.That(latent.Without("control").PolicyGraphs, Is.EqualTo(new[] { "observe", "act" }));
        Assert.That(latent.Without("control", "act").PolicyGraphs, Is.Empty);
        Assert.That(reach.PolicyGraphs, Is.EqualTo(new[] { "act" }));
    }

    [Test]
    public void RefusesStartsThatDoNotFit()
    {
        string directory = Keep(Fixtures.Grid());
        Dictionary<string, NpyArray> starts = new Dictionary<string, NpyArray> { ["observation"] = NpyArray.Zeros(NpyType.Float32, 4, 6) };
        Npz.Write(Path.Combine(directory, "starts.npz"), starts);
        Fixtures.Write(directory, Manifest.Load(directory, verifyHashes: false) with { Files = Manifest.HashFiles(directory) });
        using WorldModel world = WorldModel.Load(directory);
        Refused(() => world.Dream(2, 2).Dispose(), "array 'observation': expected [4, 2, 3], found float32 [4, 6]");
    }

    [Test]
    public void AGraphRunnerNamesEveryWrongInput()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Grid()));
        Dictionary<string, NpyArray> inputs = new Dictionary<string, NpyArray>
        {
            ["frame"] = NpyArray.Zeros(NpyType.Float32, 2, 2, 3),
            ["action"] = NpyArray.Zeros(NpyType.Int64, 3),
            ["nois"] = NpyArray.Zeros(NpyType.Float32, 2, 2, 3),
        };
        Refused(() => world.Graph("imagine").Run(inputs), "input 'action': expected batch 2",
            "input 'noise' is missing: expected float32 [batch, 2, 3]", "there is no input 'nois'; there are: frame, action, noise");
        inputs["action"] = NpyArray.Of([0L, 2]);
        inputs["noise"] = inputs["nois"];
        inputs.Remove("nois");
        Assert.That(world.Graph("imagine").Run(inputs)["reward"].Shape, Is.EqualTo(new[] { 2 }));
    }

    private static void Refused(string directory, params string[] expected) => Refused(directory, new RuntimeOptions(), expected);

    private static void Refused(string directory, RuntimeOptions options, params string[] expected) =>
        Refused(() => WorldModel.Load(directory, options).Dispose(), expected);
}
