using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using WorldModels.Tests.Algebra;
using WorldModels.Tests.Train;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Engine;

/// <summary>
/// Nothing that libtorch works on is freed meanwhile: while another thread collects garbage, every operation, gradient, loss and optimiser
/// gives what it gives without. The bare TorchSharp 0.107.0 throws, answers wrongly or ends the process within seconds. The environment
/// variable WORLDMODELS_STRESS_SECONDS makes it longer.
/// </summary>
public sealed class ArgumentLifetimeTests
{
    private static readonly string[] Trainings =
    [
        "a2c updates=10",
        "environment-model updates=10 frames=600",
        "environment-model updates=4 frames=600 architecture=faithful",
        "dreamer env=pendulum updates=8 collectEvery=4",
        "dreamer env=cartpole updates=8 collectEvery=4",
        "planet env=cartpole-swingup updates=8 collectEvery=4 overshooting=3",
        "i2a updates=6 world=simulator",
    ];

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(double.Parse(
        Environment.GetEnvironmentVariable("WORLDMODELS_STRESS_SECONDS") ?? "16", CultureInfo.InvariantCulture));

    [Test]
    public void EveryOperationAndItsGradient()
    {
        Dictionary<string, float[][]> expected = AlgebraCases.All.Keys.ToDictionary(name => name, Compute);
        long calls = 0, failures = 0;
        string first = "";
        Stopwatch clock = Stopwatch.StartNew();
        using (GarbageCollector collector = new())
        {
            while (clock.Elapsed < Time / 2)
            {
                foreach ((string name, float[][] values) in expected)
                {
                    calls++;
                    string? failure = Failure(() => Compute(name), values);
                    failures += failure is null ? 0 : 1;
                    if (first.Length == 0 && failure is not null)
                        first = $"{name}: {failure}";
                }
            }
        }

        TestContext.Out.WriteLine($"{calls:N0} operations with their gradients, {failures:N0} wrong {first}");
        Assert.That(failures, Is.Zero, first);
    }

    /// <summary>What reads or joins tensors that nothing else holds.</summary>
    [Test]
    public void TensorsThatNothingElseHolds()
    {
        const int Size = 400_000;
        long reads = 0;
        Stopwatch clock = Stopwatch.StartNew();
        using (GarbageCollector collector = new())
        {
            for (; clock.Elapsed < Time / 8; reads++)
            {
                Assert.That(full([Size], 7f).data<float>().ToArray().AsSpan().ContainsAnyExcept(7f), Is.False, "a vector");
                Assert.That(full([2, Size / 2], 7f).data<float>().ToArray().AsSpan().ContainsAnyExcept(7f), Is.False, "a matrix");
                Assert.That(Enumerable.Range(0, 20).All(_ => full([3], 5f).mean().item<float>() == 5), "a number");
                Assert.That(cat([full([9], 1f), full([9], 2f)]).sum().item<float>(), Is.EqualTo(27), "joined");
                Assert.That(stack([full([9], 1f), full([9], 2f)]).sum().item<float>(), Is.EqualTo(27), "stacked");
                Assert.That(linalg.vector_norm(full([9], 1f), 2).item<float>(), Is.EqualTo(3).Within(1e-5), "a norm");
            }
        }

        TestContext.Out.WriteLine($"{reads:N0} rounds");
    }

    [TestCaseSource(nameof(Trainings))]
    public void EveryLossAndStep(string training)
    {
        double[][] expected = Train(training);
        int rounds = 0;
        Stopwatch clock = Stopwatch.StartNew();
        using (GarbageCollector collector = new())
        {
            do
            {
                Assert.That(Train(training), Is.EqualTo(expected), $"round {rounds}, {collector.Collections} collections");
                rounds++;
            }
            while (clock.Elapsed < Time / 2 / Trainings.Length);
        }

        TestContext.Out.WriteLine($"{rounds:N0} times the same {expected.Length} updates");
    }

    /// <summary>What an operation gives, and the gradients of its inputs. No dispose scope: the collector frees it all.</summary>
    private static float[][] Compute(string name)
    {
        manual_seed(1);
        // In libtorch's memory: arrays of .NET lie anywhere, and by how they lie the last bits of products differ on some processors.
        Tensor[] inputs = [.. AlgebraCases.All[name].Draw(batch: 3).Select(input => input.clone())];
        foreach (Tensor input in inputs)
        {
            if (input.is_floating_point())
                _ = input.requires_grad_();
        }

        Tensor result = AlgebraCases.Apply(name, [.. inputs.Select(input => new EagerTensor(input))]).Value;
        if (result.requires_grad)
            (result * 0.5 + result.square()).sum().backward();
        return [Numbers(result), .. inputs.Select(input => input.grad is { } gradient ? Numbers(gradient) : [])];
    }

    private static float[] Numbers(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();

    private static string? Failure(Func<float[][]> compute, float[][] expected)
    {
        try
        {
            return compute().Zip(expected).All(pair => pair.First.SequenceEqual(pair.Second)) ? null : "another result";
        }
        catch (Exception exception) when (exception is ExternalException or InvalidOperationException)
        {
            return exception.Message.Split('\n')[0];
        }
    }

    /// <summary>All that the updates of a new training measure.</summary>
    private static double[][] Train(string training)
    {
        string[] words = training.Split(' ');
        string? environment = words.FirstOrDefault(word => word.StartsWith("env=", StringComparison.Ordinal))?[4..];
        Algorithm algorithm = Algorithm.Find(words[0]);
        string[] set = [.. words[1..].Where(word => !word.StartsWith("env=", StringComparison.Ordinal))];
        TrainOptions options = algorithm.Resolve("debug", environment, seed: 3, set);
        using TemporaryRun run = new(algorithm.Name, options);
        using ITrainer trainer = algorithm.Create(options, CPU, run.Folder);
        trainer.Prepare(run.Folder, TemporaryRun.Progress, CancellationToken.None);
        return [.. Enumerable.Range(0, (int)options.Updates).Select(update => trainer.Update(update, measure: true).Values.ToArray())];
    }
}
