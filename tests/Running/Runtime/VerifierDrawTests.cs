using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// Draws inside a graph, as a categorical latent makes them: 8 groups of 4 classes a row, sampled by Gumbel-max, whose one-hot result is a
/// state. The reference is what ONNX Runtime says, but for what each test changes in it.
/// </summary>
internal sealed class VerifierDrawTests : BundleFixture
{
    private const int Groups = 8, Classes = 4, Size = 6, Horizon = 5, Row = 2, Group = 3;

    /// <summary>Changes the inputs of a step before it runs, knowing its logits; then the outputs, which the next step is fed.</summary>
    private delegate void ChangeStep(int step, Dictionary<string, NpyArray> inputs, Func<IReadOnlyDictionary<string, NpyArray>> run,
        ref IReadOnlyDictionary<string, NpyArray> outputs);

    [Test]
    public void EveryGroupIsADraw([Values] bool flatNoise)
    {
        VerificationReport report = BundleVerifier.Verify(Write(10, flatNoise: flatNoise));
        Assert.That(report.Passed, Is.True, report.ToString());
        Assert.That(report.Graphs.Select(g => (g.Draws, g.NearTies)), Is.EqualTo(new[] { (10L * Groups, 0), (10L * Groups * Horizon, 0) }));
        Assert.That(report.ToString(), Does.Contain("near ties 0 of 400 draws"));
    }

    [Test]
    public void AFlipThatIsNoNearTieFails([Values] bool flatNoise)
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, flatNoise: flatNoise, change: (int step, Dictionary<string, NpyArray> _,
            Func<IReadOnlyDictionary<string, NpyArray>> _, ref IReadOnlyDictionary<string, NpyArray> outputs) =>
        {
            if (step == 2)
                Flip(outputs, Row, Group, (Drawn(outputs, Row, Group) + 1) % Classes);
        }));
        Assert.That(report.Graphs.Select(g => g.Passed), Is.EqualTo(new[] { true, false }));
        Assert.That(report.Graphs[1].NearTies, Is.Zero);
        Assert.That(report.Graphs[1].Failures[0], Does.StartWith($"draw from 'logits', step 2, row {Row}, group {Group}: another class, ")
            .And.EndsWith("from the best perturbed logit, allowed 1.0e-4"));
        Assert.That(report.Graphs[1].Failures[1], Does.StartWith($"output 'next_z', step 2, row {Row}: differs"));
    }

    [Test]
    public void ANearTieIsCountedAndItsRowJudgedNoFurther([Values] bool flatNoise)
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, flatNoise: flatNoise, change: Tie(5e-5f)));
        Assert.That(report.Passed, Is.True, report.ToString());
        Assert.That(report.Graphs[1].Draws, Is.EqualTo(400 * Groups * Horizon));
        Assert.That(report.Graphs[1].NearTies, Is.EqualTo(1));
        // The row imagines something else from there on when it is fed its own states; all others keep to the reference.
        Assert.That(report.Graphs[1].Drift, Is.LessThan(1e-5));
    }

    [Test]
    public void WhatTheManifestAllowsBeyondTheRuleIsNotAllowed()
    {
        string directory = Write(400, change: Tie(3e-4f));
        Manifest manifest = Manifest.Load(directory);
        (manifest with { Parity = manifest.Parity! with { NearTies = 1e-3 } }).Save(directory);
        VerificationReport report = BundleVerifier.Verify(directory);
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Graphs[1].Failures[0], Does.Contain("another class, 3.0e-4 from the best perturbed logit, allowed 1.0e-4"));
        directory = Write(400, change: Tie(5e-5f));
        manifest = Manifest.Load(directory);
        (manifest with { Parity = manifest.Parity! with { NearTies = 1e-5 } }).Save(directory);
        Assert.That(BundleVerifier.Verify(directory).Passed, Is.False, "but less is");
    }

    [Test]
    public void ThirdClassesAreNoPartOfATie()
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, change: Tie(5e-5f, flipTo: (best, other) => Third(best, other))));
        Assert.That(report.Passed, Is.False);
        Assert.That(report.Graphs[1].NearTies, Is.Zero);
    }

    [Test]
    public void ANearTieExcusesNoOtherFlipOfItsRow()
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, change: Tie(5e-5f, also: outputs =>
            Flip(outputs, Row, Group + 1, (Drawn(outputs, Row, Group + 1) + 1) % Classes))));
        Assert.That(report.Graphs[1].NearTies, Is.EqualTo(1));
        Assert.That(report.Graphs[1].Failures[0],
            Does.StartWith($"draw from 'logits', step 1, row {Row}, group {Group + 1}: another class"));
    }

    [Test]
    public void LogitsThatDifferExcuseNothing()
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, change: Tie(5e-5f, also: outputs =>
            outputs["logits"].As<float>()[Row * Groups * Classes] += 0.1f)));
        Assert.That(report.Graphs[1].Failures, Has.Some.StartsWith($"output 'logits', step 1, row {Row}: differs")
            .And.Some.StartsWith($"output 'next_z', step 1, row {Row}: differs"));
    }

    [Test]
    public void MoreThanOneNearTieInTenThousandDrawsFails()
    {
        VerificationReport report = BundleVerifier.Verify(Write(10, change: Tie(5e-5f)));
        Assert.That(report.Graphs[1].NearTies, Is.EqualTo(1));
        Assert.That(report.Graphs.Select(g => g.Passed), Is.EqualTo(new[] { true, false }));
        Assert.That(report.Graphs[1].Failures.Single(),
            Is.EqualTo("near ties: 1 of 480 draws of all graphs together, allowed 1 of 10,000"));
    }

    /// <summary>Two latents of one shape: which noise and which result belong to which logits, sizes cannot tell.</summary>
    [Test]
    public void DrawsOfOneSizeAreToldApartByWhatTheyDrew()
    {
        VerificationReport report = BundleVerifier.Verify(Write(400, twins: true, change: Tie(5e-5f)));
        Assert.That(report.Passed, Is.True, report.ToString());
        Assert.That(report.Graphs[1].Draws, Is.EqualTo(400 * 2 * Groups * Horizon));
        Assert.That(report.Graphs[1].NearTies, Is.EqualTo(1));
    }

    private static int Third(int best, int other) => Enumerable.Range(0, Classes).First(c => c != best && c != other);

    /// <summary>Lets two classes of a group be tied at step 1 but for a gap, and the reference draw the one that loses here.</summary>
    private static ChangeStep Tie(
        float gap, Func<int, int, int>? flipTo = null, Action<IReadOnlyDictionary<string, NpyArray>>? also = null) =>
        (int step, Dictionary<string, NpyArray> inputs, Func<IReadOnlyDictionary<string, NpyArray>> run,
            ref IReadOnlyDictionary<string, NpyArray> outputs) =>
        {
            if (step != 1)
                return;
            int best = 1, other = 2, start = (Row * Groups + Group) * Classes;
            Span<float> logits = outputs["logits"].As<float>().Slice(start, Classes);
            Span<float> noise = inputs["noise"].As<float>().Slice(start, Classes);
            for (int c = 0; c < Classes; c++)
                noise[c] = (c == best ? 10 : c == other ? 10 - gap : -10) - logits[c];
            outputs = run();
            Assert.That(Drawn(outputs, Row, Group), Is.EqualTo(best));
            Flip(outputs, Row, Group, flipTo?.Invoke(best, other) ?? other);
            outputs["reward"].As<float>()[Row] += 1; // What follows from the draw.
            also?.Invoke(outputs);
        };

    private static int Drawn(IReadOnlyDictionary<string, NpyArray> outputs, int row, int group) =>
        outputs["next_z"].As<float>().Slice((row * Groups + group) * Classes, Classes).IndexOf(1f);

    private static void Flip(IReadOnlyDictionary<string, NpyArray> outputs, int row, int group, int to)
    {
        Span<float> classes = outputs["next_z"].As<float>().Slice((row * Groups + group) * Classes, Classes);
        classes.Clear();
        classes[to] = 1;
    }

    /// <summary>Writes the bundle and what it computes, one step and a rollout.</summary>
    private string Write(int batch, bool flatNoise = false, bool twins = false, ChangeStep? change = null)
    {
        string directory = Keep(Directory.CreateTempSubdirectory("worldmodels-draws").FullName);
        int[] row = flatNoise ? [Groups * Classes] : [Groups, Classes];
        TensorSpec Spec(string name, TensorRole role, params int[] shape) =>
            new() { Name = name, Role = role, Shape = ["batch", .. shape.Select(d => (Dim)d)] };
        List<TensorSpec> inputs =
        [
            Spec("z", TensorRole.State, Groups, Classes) with { Initial = InitialState.Zeros },
            Spec("action", TensorRole.Action) with { Dtype = TensorType.Int64 },
            Spec("noise", TensorRole.Noise, row) with { Noise = NoiseKind.Gumbel },
        ];
        List<TensorSpec> outputs =
        [
            Spec("next_z", TensorRole.State, Groups, Classes) with { Feeds = "z" }, Spec("reward", TensorRole.Reward),
            Spec("logits", TensorRole.Logits, Groups, Classes),
        ];
        if (twins)
        {
            // The other latent comes first among the inputs, and last among the outputs.
            inputs.Insert(0, Spec("noise_of_y", TensorRole.Noise, row) with { Noise = NoiseKind.Gumbel });
            inputs.Add(Spec("y", TensorRole.State, Groups, Classes) with { Initial = InitialState.Zeros });
            outputs.Add(Spec("next_y", TensorRole.State, Groups, Classes) with { Feeds = "y" });
            outputs.Insert(0, Spec("logits_of_y", TensorRole.Logits, Groups, Classes));
        }

        Graph graph = new Graph("imagine");
        Dictionary<string, Symbol> x = inputs.ToDictionary(i => i.Name, i => graph.Input(i.Name, Enum.Parse<DType>($"{i.Dtype}"),
            [.. i.Shape.Select(d => d.IsFixed ? (AxisSize)d.Size : d.Name!)]));
        Parameters<Symbol> weights = new(new SymbolicParameters(graph, new Dictionary<string, WeightArray>
        {
            ["prior/weight"] = new([.. CacheBundle.Draw(Groups * Classes * (Groups * Classes + Size), 9).Select(w => w * 0.3f)],
                Groups * Classes, Groups * Classes + Size),
            ["prior/bias"] = new(CacheBundle.Draw(Groups * Classes, 8), Groups * Classes),
        }));
        Symbol flat = x["z"].Reshape(Axis.Keep, Groups * Classes).Concat(x["action"].OneHot(Size));                  // (B, 38)
        Linear<Symbol> prior = new(weights["prior"], Groups * Classes + Size, Groups * Classes);
        Symbol logits = prior.Forward(flat);                                                                         // (B, 32)
        Symbol[] Draw(Symbol of, string noise)
        {
            Symbol groups = of.Reshape(Axis.Keep, Groups, Classes);                                                  // (B, 8, 4)
            return [(groups + x[noise].Reshape(Axis.Keep, Groups, Classes)).ArgMax(-1).OneHot(Classes), groups];
        }

        Dictionary<string, Symbol> computed = new Dictionary<string, Symbol>();
        (computed["next_z"], computed["logits"]) = Draw(logits, "noise") is [var z, var l] ? (z, l) : default;
        computed["reward"] = (computed["next_z"].Reshape(Axis.Keep, Groups * Classes) * logits).Sum(1);
        if (twins)
        {
            (computed["next_y"], computed["logits_of_y"]) = Draw(logits * 0.5 + x["y"].Reshape(Axis.Keep, Groups * Classes), "noise_of_y")
                is [var y, var m] ? (y, m) : default;
        }

        foreach (TensorSpec output in outputs)
            graph.Output(output.Name, computed[output.Name]);
        ModelWriter.WriteBundle(directory, [graph.Build()]);

        Manifest manifest = new Manifest
        {
            Name = "draws",
            Algorithm = "test",
            Environment = "draws",
            Observation = new() { Shape = [5] },
            Action = ActionSpec.Discrete(Size),
            Parity = new() { Horizon = Horizon },
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["imagine"] = new() { File = "imagine.onnx", Inputs = inputs, Outputs = outputs },
            },
        };
        Npz.Write(Path.Combine(directory, "parity.npz"), new Dictionary<string, NpyArray>());
        (manifest with { Files = Manifest.HashFiles(directory) }).Save(directory);
        Dictionary<string, NpyArray> arrays = new Dictionary<string, NpyArray>();
        using (WorldModel world = WorldModel.Load(directory, new() { Provider = "cpu" }))
            Record(world.Graph("imagine"), batch, change, arrays);
        Npz.Write(Path.Combine(directory, "parity.npz"), arrays);
        (manifest with { Files = Manifest.HashFiles(directory) }).Save(directory);
        return directory;
    }

    private static void Record(GraphRunner imagine, int batch, ChangeStep? change, Dictionary<string, NpyArray> arrays)
    {
        Dictionary<string, NpyArray> states = imagine.Spec.Inputs.Where(i => i.Role == TensorRole.State)
            .ToDictionary(s => s.Name, s => NpyArray.Zeros(NpyType.Float32, batch, Groups, Classes));
        List<(string Name, NpyArray Array)> steps = new List<(string Name, NpyArray Array)>();
        for (int t = 0; t < Horizon; t++)
        {
            Dictionary<string, NpyArray> inputs = new Dictionary<string, NpyArray>(states);
            foreach (TensorSpec noise in imagine.Spec.Inputs.Where(i => i.Role == TensorRole.Noise))
            {
                float[] drawn = new float[batch * Groups * Classes];
                Philox.FillGumbel(new(3, 0, (uint)t, Philox.Stream(noise.Name)), drawn);
                inputs[noise.Name] = NpyArray.Of(drawn, [batch, .. noise.Shape.Skip(1).Select(d => d.Size)]);
            }
            inputs["action"] = NpyArray.Of([.. Enumerable.Range(0, batch).Select(b => (long)(b + t) % Size)], batch);
            IReadOnlyDictionary<string, NpyArray> outputs = imagine.Run(inputs);
            if (t == 0)
                Add("", inputs, outputs);
            change?.Invoke(t, inputs, () => imagine.Run(inputs), ref outputs);
            Add("rollout/", inputs, outputs);
            foreach (TensorSpec output in imagine.Spec.Outputs.Where(o => o.Feeds is not null))
                states[output.Feeds!] = outputs[output.Name];
        }
        foreach (IGrouping<string, (string Name, NpyArray Array)> tensor in steps.GroupBy(s => s.Name))
        {
            bool isRollout = tensor.Key.StartsWith("rollout/", StringComparison.Ordinal);
            NpyArray first = tensor.First().Array;
            NpyArray all = NpyArray.Zeros(first.Type, isRollout ? [Horizon, .. first.Shape] : [.. first.Shape]);
            foreach ((NpyArray step, int i) in tensor.Select((s, i) => (s.Array, i)))
                step.Bytes.CopyTo(all.Bytes[(i * step.Bytes.Length)..]);
            arrays[tensor.Key] = all;
        }

        void Add(string prefix, Dictionary<string, NpyArray> inputs, IReadOnlyDictionary<string, NpyArray> outputs)
        {
            foreach (TensorSpec input in imagine.Spec.Inputs)
                steps.Add(($"{prefix}imagine/inputs/{input.Name}", inputs[input.Name]));
            foreach (TensorSpec output in imagine.Spec.Outputs)
                steps.Add(($"{prefix}imagine/outputs/{output.Name}", outputs[output.Name]));
        }
    }
}
