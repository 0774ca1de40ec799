using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Train;
using static TorchSharp.torch;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>A transformer as a dynamics: the pass over all tokens and the step with a cache are the same function.</summary>
public sealed class TransformerDynamicsTests
{
    private const int Rows = 3, Actions = 2, Variables = 3, Classes = 4, Latent = Variables * Classes;

    // An embedding as large as the latent is its logits, so that what is observed decides on the latents.
    private static readonly TransformerConfig Sizes = new()
    {
        Variables = Variables, Classes = Classes, Embedding = Latent, Actions = Actions, Window = 3, Width = 8, Layers = 2, Heads = 2,
        FeedForward = 12, Dropout = 0, Posterior = new(0, 0), Prior = new(1, 6),
    };

    private DisposeScope _scope = null!;
    private EagerParameters _parameters = null!;

    [SetUp]
    public void Open() => (_scope, _parameters) = (NewDisposeScope(), new(4));

    [TearDown]
    public void Close()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    /// <summary>
    /// Rows begin anew at different steps, and there are eight times as many steps as the window has: states, cache and position agree, and
    /// where episodes go on, what is imagined is what was foretold.
    /// </summary>
    [Test]
    public void AStepWithTheCacheIsTheFullPass([Values] TransformerForm form, [Values] TokenForm tokens, [Values(0, 1)] int tokenLayers)
    {
        const int Length = 24;
        IDynamics<EagerTensor> dynamics = Make(Sizes with { Form = form, Tokens = tokens, TokenLayers = tokenLayers });
        RecordedSequence<EagerTensor> sequence = Draw(dynamics, Length, (2, 0), (7, 1), (8, 1), (20, 0));
        Tensor noise = randn([Length, Rows, Latent], generator: new Generator(5));
        FilteredSequence<EagerTensor> filtered = dynamics.ObserveSequence(sequence with { Noise = _ => noise });
        State<EagerTensor> state = sequence.Start;
        Tensor divergence = 0, foretold = 0;
        for (int t = 0; t < Length; t++)
        {
            Tensor keep = sequence.Keep.Value[t];
            state = dynamics.Reset(state, keep.reshape(Rows, 1));
            IDistribution<EagerTensor> prior = dynamics.Imagine(state, sequence.Actions.Value[t], noise[t]).Distribution;
            LatentStep<EagerTensor> step = dynamics.Observe(state, sequence.Actions.Value[t], sequence.Embeddings.Value[t], noise[t]);
            state = step.State;
            foreach (string name in state.Names)
                AssertSame(state[name].Value, filtered.States[name].Value[t], $"{name} at step {t}");
            Tensor counts = t == 0 ? keep * 0 : keep;
            divergence += (-prior.LogProb(step.Distribution.Mean).Value * counts).sum();
            foretold += counts.sum();
        }
        Assert.That(filtered.Losses["latent"].Value.item<float>(), Is.EqualTo((divergence / foretold).item<float>()).Within(1e-4));
    }

    /// <summary>In the first steps of an episode, as many as the window has; what lies before it, whatever it is, does not count.</summary>
    [Test]
    public void AStepWithoutTheCacheIsTheSameWithinTheWindow([Values] TransformerForm form, [Values] TokenForm tokens)
    {
        const int Window = 5;
        TransformerDynamics<EagerTensor> dynamics = Make(Sizes with { Form = form, Tokens = tokens, Window = Window });
        Generator random = new(7);
        using IDisposable guard = no_grad();
        Tensor latents = randn([Rows, Window, Latent], generator: random), actions = randn([Rows, Window, Actions], generator: random);
        State<EagerTensor> state = EagerState.Zeros(dynamics.State, Rows, CPU);
        for (int t = 0; t < Window; t++)
        {
            Tensor keep = tensor([1f, t == 2 ? 0 : 1, 1], [Rows, 1]);
            state = dynamics.Reset(state, keep);
            Tensor action = randn([Rows, Actions], generator: random), noise = randn([Rows, Latent], generator: random);
            latents = cat([latents.slice(1, 1, Window, 1), state["latent"].Value.unsqueeze(1)], 1);
            actions = cat([actions.slice(1, 1, Window, 1), action.unsqueeze(1)], 1);
            State<EagerTensor> recomputed = dynamics.Recompute(latents, actions, state["position"], noise).State;
            state = dynamics.Imagine(state, action, noise).State;
            foreach (string name in recomputed.Names)
                AssertSame(recomputed[name].Value, state[name].Value, $"{name} at step {t}");
        }
    }

    /// <summary>Of each head's looks a share each, of the steps of the episode alone: as many as there were, up to the window.</summary>
    [Test]
    public void AttentionIsSharedOutAmongTheStepsOfTheEpisode([Values] TransformerForm form, [Values] TokenForm tokens)
    {
        TransformerConfig config = Sizes with { Form = form, Tokens = tokens };
        IDynamics<EagerTensor> dynamics = Make(config);
        AttentionShape shape = config.Attention!;
        Generator random = new(8);
        using IDisposable guard = no_grad();
        State<EagerTensor> state = EagerState.Zeros(dynamics.State, Rows, CPU);
        for (int t = 0; t < 7; t++)
        {
            state = dynamics.Reset(state, tensor([1f, t == 4 ? 0 : 1, 1], [Rows, 1]));
            Tensor action = randn([Rows, Actions], generator: random);
            Tensor weights = dynamics.Attention(state, action).Value;
            Assert.That(weights.shape, Is.EqualTo(new long[] { Rows, shape.Layers, shape.Heads, shape.Window }));
            AssertSame(weights.sum(-1), ones(Rows, shape.Layers, shape.Heads), $"step {t}");
            for (int row = 0; row < Rows; row++)
            {
                int steps = Math.Min(shape.Window, 1 + (row == 1 && t >= 4 ? t - 4 : t));
                Assert.That(weights[row].gt(0).sum().item<long>(), Is.EqualTo(steps * shape.Layers * shape.Heads), $"row {row}, step {t}");
                Assert.That(weights[row].slice(-1, shape.Window - steps, shape.Window, 1).gt(0).all().item<bool>(), "the newest");
            }
            state = dynamics.Imagine(state, action, randn([Rows, Latent], generator: random)).State;
        }
    }

    [Test]
    public void AnEpisodeThatBeginsKnowsNothingOfTheOneBefore([Values] TransformerForm form)
    {
        IDynamics<EagerTensor> dynamics = Make(Sizes with { Form = form });
        RecordedSequence<EagerTensor> sequence = Draw(dynamics, 8, (4, 1));
        Tensor other = sequence.Embeddings.Value.clone();
        other.slice(0, 3, 4, 1).neg_();
        Tensor before = dynamics.ObserveSequence(sequence).States["hidden"].Value;
        Tensor after = dynamics.ObserveSequence(sequence with { Embeddings = other }).States["hidden"].Value;
        AssertSame(before[4][1], after[4][1], "row 1 began at step 4");
        AssertSame(before[3], after[3], "nothing of a step is foretold by itself");
        Assert.That((before[4][0] - after[4][0]).abs().max().item<float>(), Is.GreaterThan(1e-3f), "row 0 went on");
    }

    /// <summary>Every parameter learns of the losses, and the observation's none of what is foretold but by consistency.</summary>
    [Test]
    public void LossesReachWhatTheyAreFor([Values] TransformerForm form)
    {
        IDynamics<EagerTensor> dynamics = Make(Sizes with { Form = form, EntropyFloor = 1 });
        RecordedSequence<EagerTensor> sequence = Draw(dynamics, 8, (4, 1));
        Tensor embeddings = sequence.Embeddings.Value.requires_grad_();
        FilteredSequence<EagerTensor> filtered = dynamics.ObserveSequence(sequence with { Embeddings = embeddings });
        filtered.Losses["latent"].Value.backward(retain_graph: true);
        Assert.That(embeddings.grad is null || embeddings.grad.abs().max().item<float>() == 0, "posteriors do not move for it");
        foreach ((string path, Tensor parameter) in _parameters.All.Select(pair => (pair.Key, (Tensor)pair.Value)))
            Assert.That(parameter.grad!.abs().max().item<float>(), Is.GreaterThan(0), path);
        Tensor before = _parameters.All["transformer/layer0/inner/weight"].grad!.clone();
        (filtered.Losses["consistency"].Value + filtered.Losses["entropy"].Value).backward();
        Assert.That(embeddings.grad!.abs().max().item<float>(), Is.GreaterThan(0));
        AssertSame(_parameters.All["transformer/layer0/inner/weight"].grad!, before, "the transformer does not move for consistency");
    }

    /// <summary>
    /// An episode begins with a latent and an action of zeros, whose gradient ten layers of normalisation do not let grow without bounds.
    /// </summary>
    [Test]
    public void GradientsOfManyLayersStaySmall([Values] TransformerForm form, [Values] TokenForm tokens)
    {
        IDynamics<EagerTensor> dynamics = Make(Sizes with { Form = form, Tokens = tokens, Layers = 10 });
        dynamics.ObserveSequence(Draw(dynamics, 8, (0, 1), (4, 1))).Losses["latent"].Value.backward();
        double norm = Math.Sqrt(_parameters.All.Values
            .Where(parameter => parameter.grad is not null).Sum(parameter => parameter.grad!.square().sum().item<float>()));
        Assert.That(norm, Is.InRange(1e-3, 100));
    }

    /// <summary>What is dropped is drawn with the sequence's noise: another draw is another pass, the same one is the same.</summary>
    [Test]
    public void DropoutIsAFunctionOfTheNoise()
    {
        IDynamics<EagerTensor> dynamics = Make(Sizes with { Dropout = 0.5 });
        RecordedSequence<EagerTensor> sequence = Draw(dynamics, 6);
        Tensor Pass(ulong seed)
        {
            Generator random = new(seed);
            return dynamics.ObserveSequence(sequence with
            {
                Noise = shape => NoiseDraws.Of(Bundles.NoiseKind.Gumbel, [.. shape.Select(size => (long)size)], random, CPU),
            }).States["hidden"].Value;
        }
        AssertSame(Pass(1), Pass(1), "the same noise");
        Assert.That((Pass(1) - Pass(2)).abs().max().item<float>(), Is.GreaterThan(0.01f));
        State<EagerTensor> zeros = EagerState.Zeros(dynamics.State, Rows, CPU);
        LatentStep<EagerTensor> Imagine() => dynamics.Imagine(zeros, sequence.Actions.Value[0], randn(Rows, Latent) * 0);
        AssertSame(Imagine().State["hidden"].Value, Imagine().State["hidden"].Value, "nothing is dropped where states are imagined");
    }

    /// <summary>In ONNX Runtime, on its own states and cache, beside the eager steps on theirs; some rows begin anew on the way.</summary>
    [Test]
    public void TwoHundredExportedStepsAreTheEagerOnes([Values] TransformerForm form)
    {
        const int Steps = 200;
        TransformerConfig config = Sizes with { Form = form, Unimix = 0.01 };
        IDynamics<EagerTensor> dynamics = Make(config);
        using InferenceSession session = new(ModelWriter.ToBytes(Export(config)));
        using IDisposable guard = no_grad();
        State<EagerTensor> eager = EagerState.Zeros(dynamics.State, Rows, CPU);
        Tensor[] shipped = [.. eager.Values.Select(value => value.Value)];
        Generator random = new(6);
        for (int t = 0; t < Steps; t++)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor keep = tensor([.. Enumerable.Range(0, Rows).Select(row => t % (30 + 17 * row) == 29 ? 0f : 1f)], [Rows, 1]);
            Tensor action = randn([Rows, Actions], generator: random);
            Tensor noise = NoiseDraws.Of(Bundles.NoiseKind.Gumbel, [Rows, Latent], random, CPU);
            eager = dynamics.Imagine(dynamics.Reset(eager, keep), action, noise).State
                .Map(value => value.Value.MoveToOuterDisposeScope());
            Tensor[] inputs = [.. shipped, keep, action, noise];
            Dictionary<string, OrtValue> feeds = inputs.Select((input, i) => ($"x{i}", ToOrt(input))).ToDictionary();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(
                new RunOptions(), feeds, [.. eager.Names.Select(name => $"next_{name}")]);
            for (int i = 0; i < shipped.Length; i++)
            {
                shipped[i] = FromOrt(results[i]).MoveToOuterDisposeScope();
                AssertSame(shipped[i], eager.Values[i].Value, $"{eager.Names[i]} at step {t}");
            }
        }
    }

    [TestCase(9, 2, 3, "cannot be divided by 2 heads")]
    [TestCase(8, 2, 1, "A window of 1 steps")]
    public void SizesThatDoNotFitAreNamed(int width, int heads, int window, string message) => Assert.That(
        () => Make(Sizes with { Width = width, Heads = heads, Window = window }), Throws.ArgumentException.With.Message.Contains(message));

    /// <summary>
    /// TWM's, but for the token of rewards (512 parameters), without its tables of actions (256 each), and the example's; both without the
    /// vectors that say what a token is.
    /// </summary>
    [Test]
    public void ThePublishedTransformersHaveTheirSizes()
    {
        const int Kinds = 2 * 256;
        ShapeCounter twm = new();
        _ = new TransformerDynamics<EagerTensor>(new Parameters<EagerTensor>(twm)["twm"], new() { Actions = 18, Posterior = new(2, 512) });
        long posterior = twm.Below("twm/posterior");
        Assert.That(posterior, Is.EqualTo(786_944 + 262_656 + 525_312), "of the observation model");
        // Rewards and discounts have 4 layers of 256 units and one to a number each.
        Assert.That(twm.Count - posterior - 256 * 18 + 2 * (4 * 65_792 + 257) + 512 - Kinds, Is.EqualTo(10_777_858));
        ShapeCounter example = new();
        _ = new TransformerDynamics<EagerTensor>(new Parameters<EagerTensor>(example)["gpt"], new()
        {
            Variables = 8, Classes = 8, Embedding = 64, Actions = 2, Form = TransformerForm.Gpt, Tokens = TokenForm.Add, Window = 3,
            Layers = 4, TokenLayers = 1, Posterior = new(0, 0), Prior = new(3, 512), FeedForwardActivation = Unary.Gelu, Activation = Unary.Elu,
        });
        long layer = 4 * (256 * 256 + 256) + 2 * (256 * 1024) + 1024 + 256 + 4 * 256 + 3 * 256;
        long tokens = (64 + 2) * 256 + 2 * (256 + 256 * 256 + 256), prior = 256 * 512 + 512 + 2 * (512 * 512 + 512) + 512 * 64 + 64;
        Assert.That(example.Count - Kinds, Is.EqualTo(4 * layer + tokens + prior));
    }

    private TransformerDynamics<EagerTensor> Make(TransformerConfig config) => new(_parameters.Root["transformer"], config);

    private static RecordedSequence<EagerTensor> Draw(IDynamics<EagerTensor> dynamics, int length, params (int Step, int Row)[] begins)
    {
        Generator random = new(3);
        Tensor keep = ones(length, Rows);
        foreach ((int step, int row) in begins)
            keep[step, row] = 0;
        Tensor actions = randn([length, Rows, Actions], generator: random) * keep.unsqueeze(-1);
        return new(
            EagerState.Zeros(dynamics.State, Rows, CPU), actions, 3 * randn([length, Rows, Latent], generator: random), keep,
            begins.Select(begin => begin.Step).ToHashSet(), shape => zeros([.. shape.Select(size => (long)size)]));
    }

    private OnnxModel Export(TransformerConfig config)
    {
        Graph graph = new("imagine");
        TransformerDynamics<Symbol> dynamics = new(
            new Parameters<Symbol>(new SymbolicParameters(graph, _parameters.ToWeights()))["transformer"], config);
        int inputs = 0;
        Symbol Input(DType type, params int[] row) => graph.Input(
            $"x{inputs++}", type, ["batch", .. row.Select(axis => (AxisSize)axis)]);
        State<Symbol> state = new(
            [.. dynamics.State.Select(spec => spec.Name)], [.. dynamics.State.Select(spec => Input(spec.Type, spec.Shape))]);
        state = dynamics.Reset(state, Input(DType.Float32, 1));
        State<Symbol> next = dynamics.Imagine(state, Input(DType.Float32, Actions), Input(DType.Float32, Latent)).State;
        for (int i = 0; i < next.Names.Count; i++)
            graph.Output(StateNames.Next(next.Names[i]), next.Values[i]);
        return graph.Build();
    }

    private static OrtValue ToOrt(Tensor tensor) => tensor.dtype == ScalarType.Int64
        ? OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<long>().ToArray(), tensor.shape)
        : OrtValue.CreateTensorValueFromMemory(tensor.contiguous().data<float>().ToArray(), tensor.shape);

    private static Tensor FromOrt(OrtValue value)
    {
        long[] shape = value.GetTensorTypeAndShape().Shape;
        return value.GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
            ? tensor(value.GetTensorDataAsSpan<long>().ToArray(), shape) : tensor(value.GetTensorDataAsSpan<float>().ToArray(), shape);
    }

    private static void AssertSame(Tensor found, Tensor expected, string what)
    {
        Assert.That(found.shape, Is.EqualTo(expected.shape), what);
        Assert.That((found.to(ScalarType.Float32) - expected.to(ScalarType.Float32)).abs().max().item<float>(), Is.LessThan(1e-4f), what);
    }
}
