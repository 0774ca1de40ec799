using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>
/// Networks and optimisers against numbers that PyTorch gave for the published ones, with parameters filled by a closed form
/// (golden/nn_forward.json: its rule stands in the file).
/// </summary>
public sealed class NnForwardTests
{
    private const double Tolerance = 1e-4;
    private JsonElement _golden;

    [OneTimeSetUp]
    public void Read() => _golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "Models", "golden", "nn_forward.json"))).RootElement;

    [Test]
    public void ActorCriticAnswersAsRecorded()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(0);
        ActorCritic<EagerTensor> agent = new ActorCritic<EagerTensor>(parameters.Root, new());
        Fill(parameters);
        Assert.That(parameters.Count, Is.EqualTo(201_174));
        (EagerTensor logits, EagerTensor value) = agent.Forward(Input(2, 3, 15, 19));
        JsonElement golden = _golden.GetProperty("actor_critic");
        AssertClose(logits.Value, golden.GetProperty("logits"));
        AssertClose(value.Value, golden.GetProperty("value"));

        Tensor loss = 0.5 * value.Value.square().mean() - logits.Value.log_softmax(1).select(1, 1).mean();
        loss.backward();
        JsonElement check = golden.GetProperty("grad_check");
        AssertClose(loss.item<float>(), check.GetProperty("value").GetDouble());
        AssertClose(Norm(parameters), check.GetProperty("total_grad_norm").GetDouble());
        Tensor gradient = parameters.All["hidden/weight"].grad!;
        AssertClose(gradient.abs().sum().item<float>(), check.GetProperty("fc_weight_grad").GetProperty("abs_sum").GetDouble());
    }

    [Test]
    public void RolloutEncoderAnswersAsRecorded()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(0);
        RolloutEncoder<EagerTensor> encoder = new RolloutEncoder<EagerTensor>(parameters.Root, new() { Rewards = 10 });
        Fill(parameters);
        Tensor frames = Input(3, 2, 3, 15, 19).Value;                                       // (T, B, 3, H, W)
        Tensor goesOn = ones(2);
        EagerTensor Reward(int t) => nn.functional.one_hot(tensor([2L * t % 10, (2L * t + 1) % 10]), 10).to_type(ScalarType.Float32);
        ImaginedStep<EagerTensor>[] rollout = [.. Enumerable.Range(0, 3).Select(t => new ImaginedStep<EagerTensor>(frames[t], Reward(t), goesOn))];
        AssertSampled(encoder.Forward(rollout).Value, _golden.GetProperty("rollout_encoder").GetProperty("hidden"));
    }

    [Test]
    public void BasicBlockAnswersAsRecorded()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(0);
        BasicBlock<EagerTensor> block = new BasicBlock<EagerTensor>(parameters.Root, 4, 3, 2, 5);
        Fill(parameters);
        AssertSampled(block.Forward(Input(2, 4, 15, 19)).Value, _golden.GetProperty("basic_block_small").GetProperty("output"));
    }

    [Test]
    public void FaithfulEnvironmentModelAnswersAsRecorded()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(0);
        EnvironmentModelConfig config = new EnvironmentModelConfig
        {
            Architecture = EnvironmentModelArchitecture.Faithful, Palette = new float[21], Rewards = new float[10],
        };
        FaithfulBody<EagerTensor> body = new FaithfulBody<EagerTensor>(parameters.Root, config);
        Fill(parameters);
        Assert.That(parameters.Count, Is.EqualTo(345_233));
        Prediction<EagerTensor> prediction = body.Predict(Input(2, 8, 15, 19));
        Tensor rows = prediction.Pixels.Value.permute(0, 2, 3, 1).reshape(570, 7);
        JsonElement golden = _golden.GetProperty("env_model");
        AssertSampled(rows, golden.GetProperty("image_logits"));
        AssertClose(prediction.Reward.Value, golden.GetProperty("reward_logits"));

        Tensor image = nn.functional.cross_entropy(rows, arange(570, dtype: ScalarType.Int64).remainder(7));
        Tensor reward = nn.functional.cross_entropy(prediction.Reward.Value, tensor(new long[] { 1, 5 }));
        Tensor loss = image + 0.1 * reward;
        loss.backward();
        JsonElement check = golden.GetProperty("loss_check");
        AssertClose(image.item<float>(), check.GetProperty("image_ce").GetDouble());
        AssertClose(reward.item<float>(), check.GetProperty("reward_ce").GetDouble());
        AssertClose(Norm(parameters), check.GetProperty("total_grad_norm").GetDouble());
    }

    [TestCase(EnvironmentModelArchitecture.Compact, 1, 18_705)]
    [TestCase(EnvironmentModelArchitecture.Compact, 4, 18_705 + 9 * 9 * 32)]    // nine colours more under 3x3 filters
    [TestCase(EnvironmentModelArchitecture.Fixed, 1, 335_505)]                  // two 9x9 kernels instead of 10x10, of 16 by 16 filters
    [TestCase(EnvironmentModelArchitecture.Fixed, 4, 335_505 + 9 * 64)]
    public void AnEnvironmentModelHasItsSize(EnvironmentModelArchitecture architecture, int frames, long count)
    {
        using EagerParameters parameters = new EagerParameters(0);
        _ = new EnvironmentModel<EagerTensor>(
            parameters.Root, new() { Architecture = architecture, Frames = frames, Palette = new float[21], Rewards = new float[10] });
        Assert.That(parameters.Count, Is.EqualTo(count));
    }

    /// <summary>
    /// What a changed cell reaches through the far branch: with the published strides, nothing but what the near branch reaches, unless its
    /// row and column are even; where the branch is fixed, all cells up to four away, and no other.
    /// </summary>
    [Test]
    public void AFixedBlockReachesAllCellsOfItsWindow([Values(1, 6, 7, 13)] int row, [Values(1, 8, 9, 17)] int column)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(Reached(row, column, seesAll: true), Is.EqualTo(Square(row, column, 4)));
        if (row % 2 != 0 || column % 2 != 0)
            Assert.That(Reached(row, column, seesAll: false), Is.EqualTo(Square(row, column, 1)), "published strides");
    }

    /// <summary>Cells of the merged features that differ when one cell goes dark; the map's maximum stays.</summary>
    private static int[] Reached(int row, int column, bool seesAll)
    {
        const int Merged = 64;
        using EagerParameters parameters = new EagerParameters(5);
        BasicBlock<EagerTensor> block = new BasicBlock<EagerTensor>(parameters.Root, 4, 16, 32, Merged, seesAll);
        Tensor lit = ones(1, 4, 15, 19), dark = lit.clone();
        dark.narrow(2, row, 1).narrow(3, column, 1).zero_();
        Tensor difference = (block.Forward(lit).Value - block.Forward(dark).Value).narrow(1, 0, Merged).abs().sum(1);
        float[] cells = difference.contiguous().data<float>().ToArray();
        return [.. Enumerable.Range(0, cells.Length).Where(cell => cells[cell] > 1e-6f)];
    }

    private static int[] Square(int row, int column, int reach) => [.. Enumerable.Range(0, 15 * 19)
        .Where(cell => Math.Abs(cell / 19 - row) <= reach && Math.Abs(cell % 19 - column) <= reach)];

    [TestCase("rmsprop_lr7e4_a099_eps1e5")]
    [TestCase("adam_default")]
    public void OptimisersStepAsRecorded(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter point = nn.Parameter(tensor(new float[] { 1, -2 }));
        using optim.Optimizer optimiser = name.StartsWith("adam", StringComparison.Ordinal)
            ? optim.Adam([point])
            : optim.RMSProp([point], 7e-4, 0.99, 1e-5);
        foreach (JsonElement expected in _golden.GetProperty("optimisers").GetProperty(name).EnumerateArray())
        {
            optimiser.zero_grad();
            point.square().sum().backward();
            optimiser.step();
            AssertClose(point, expected);
        }
    }

    /// <summary>
    /// Parameter t in order of creation, element i: sin(0.37 i + t) / sqrt(numel / shape[0]); vectors 0.1 cos(0.53 i + t).
    /// </summary>
    private static void Fill(EagerParameters parameters)
    {
        using IDisposable guard = no_grad();
        int t = 0;
        foreach (Parameter parameter in parameters.All.Values)
        {
            double scale = 1 / Math.Sqrt((double)parameter.numel() / parameter.shape[0]);
            bool vector = parameter.dim() == 1;
            float[] values = [.. Enumerable.Range(0, (int)parameter.numel())
                .Select(i => (float)(vector ? 0.1 * Math.Cos(0.53 * i + t) : Math.Sin(0.37 * i + t) * scale))];
            parameter.copy_(tensor(values, parameter.shape));
            t++;
        }
    }

    private static EagerTensor Input(params long[] shape) => tensor(
        Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => (float)(0.5 + 0.5 * Math.Sin(0.11 * i))).ToArray(), shape);

    private static double Norm(EagerParameters parameters) =>
        Math.Sqrt(parameters.All.Values.Sum(parameter => (double)parameter.grad!.square().sum().item<float>()));

    private static void AssertSampled(Tensor actual, JsonElement golden)
    {
        float[] values = actual.contiguous().data<float>().ToArray();
        Assert.That(actual.shape, Is.EqualTo(golden.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray()));
        AssertClose(values.Sum(value => Math.Abs((double)value)), golden.GetProperty("abs_sum").GetDouble());
        foreach (JsonProperty sample in golden.GetProperty("at").EnumerateObject())
            AssertClose(values[int.Parse(sample.Name)], sample.Value.GetDouble());
    }

    private static void AssertClose(Tensor actual, JsonElement golden)
    {
        float[] values = actual.contiguous().data<float>().ToArray();
        double[] expected = [.. golden.EnumerateArray().Select(value => value.GetDouble())];
        Assert.That(values, Has.Length.EqualTo(expected.Length));
        for (int i = 0; i < values.Length; i++)
            AssertClose(values[i], expected[i]);
    }

    private static void AssertClose(double actual, double expected) =>
        Assert.That(actual, Is.EqualTo(expected).Within(Tolerance * (0.01 + Math.Abs(expected))));
}
