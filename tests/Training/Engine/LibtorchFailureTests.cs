using System.Runtime.InteropServices;
using TorchSharp;
using WorldModels.Models;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Engine;

/// <summary>A mistake in a network is an exception, never the end of the process; a user reads one line, and loses nothing.</summary>
public sealed class LibtorchFailureTests
{
    [TestCase(new long[] { 2, 3 }, new long[] { 4, 5 }, "cannot multiply (2, 3) by (4, 5)")]
    [TestCase(new long[] { 2, 2, 3 }, new long[] { 3, 3, 5 }, "cannot multiply (2, 2, 3) by (3, 3, 5)")]
    [TestCase(new long[] { 3 }, new long[] { 3, 4 }, "cannot multiply (3) by (3, 4)")]
    public void AProductThatDoesNotFitIsRefused(long[] left, long[] right, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(() => new EagerTensor(zeros(left)).MatMul(zeros(right)), Throws.ArgumentException.With.Message.EqualTo(message));
    }

    [TestCase(ScalarType.Float32, ScalarType.Int64)]
    [TestCase(ScalarType.Bool, ScalarType.Bool)]
    public void AProductThatLibtorchDoesNotKnowIsRefused(ScalarType left, ScalarType right)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(() => new EagerTensor(zeros([2, 3], left)).MatMul(zeros([3, 4], right)), Throws.TypeOf<ExternalException>());
        Assert.That(() => new EagerTensor(zeros([5, 2, 3], left)).MatMul(zeros([5, 3, 4], right)), Throws.TypeOf<ExternalException>());
    }

    [Test]
    public void AProductTooLargeForMemoryIsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        ExternalException failure = Assert.Throws<ExternalException>(() => _ = new EagerTensor(zeros(1 << 20, 1)).MatMul(zeros(1, 1 << 24)));
        Assert.That(Libtorch.Explain(failure), Does.StartWith("There is not enough memory"));
    }

    [TestCase(new long[] { 5, 1, 2, 3 }, new long[] { 4, 3, 6 }, new long[] { 5, 4, 2, 6 })]
    [TestCase(new long[] { 5, 4, 2, 3 }, new long[] { 3, 6 }, new long[] { 5, 4, 2, 6 })]
    [TestCase(new long[] { 2, 3 }, new long[] { 7, 1, 3, 6 }, new long[] { 7, 1, 2, 6 })]
    public void AProductThatFitsIsMatmuls(long[] left, long[] right, long[] expected)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor a, Tensor b) = (randn(left), randn(right));
        Tensor product = new EagerTensor(a).MatMul(b).Value;
        Assert.That(product.shape, Is.EqualTo(expected));
        Assert.That(product.allclose(a.matmul(b), 1e-5, 1e-6));
    }

    private static readonly Dictionary<string, Func<EagerTensor, EagerTensor>> Mistakes = new()
    {
        ["add"] = x => x + X(2, 4), ["where"] = x => (x > 0).Where(x, X(4)), ["and"] = x => x.And(X(7)), ["sum"] = x => x.Sum(3),
        ["mean"] = x => x.Mean(3), ["mean of whole numbers"] = x => x.Cast(DType.Int64).Mean(0), ["max"] = x => x.Max(3),
        ["softmax"] = x => x.Softmax(3), ["log-softmax"] = x => x.LogSoftmax(3), ["argmax"] = x => x.ArgMax(3),
        ["one-hot of floats"] = x => x.OneHot(3), ["one-hot"] = x => (x.Cast(DType.Int64) + 5).OneHot(3),
        ["gather"] = x => x.Gather((x * 0 + 9).Cast(DType.Int64)), ["gather by floats"] = x => x.Gather(x),
        ["linear"] = x => x.Linear(X(5, 4), X(5)), ["linear's bias"] = x => x.Linear(X(5, 3), X(4)),
        ["conv"] = x => X(1, 3, 8, 8).Conv2d(X(4, 2, 3, 3), X(4), Window.Square(3)),
        ["conv's window"] = x => X(1, 3, 2, 2).Conv2d(X(4, 3, 3, 3), X(4), Window.Square(3)),
        ["conv-transpose"] = x => X(1, 3, 8, 8).ConvTranspose2d(X(2, 4, 3, 3), X(4), Window.Square(3)),
        ["max-pool"] = x => X(1, 3, 2, 2).MaxPool2d(Window.Square(9)), ["layer-norm"] = x => x.LayerNorm(X(4), X(4), 1e-3),
        ["reshape"] = x => x.Reshape(4, 2), ["expand"] = x => x.Expand(4, 4), ["transpose"] = x => x.Transpose(0, 0),
        ["transpose's rank"] = x => x.Transpose(0, 1, 2), ["slice"] = x => x.Slice(5, 0, 1), ["split"] = x => x.Split(1, 1, 1)[0],
        ["concat"] = x => x.Concat(X(4, 4)), ["pad"] = x => X(3).Pad2d(1, 1, 1, 1), ["upsample"] = x => X(3).Upsample2d(2),
        ["straight-through"] = x => Through(x), ["gru"] = x => Gru(x), ["backward"] = x => Backward(x),
    };

    private static IEnumerable<string> Names => Mistakes.Keys;

    [TestCaseSource(nameof(Names))]
    public void AMistakeIsAnException(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(() => Mistakes[name](X(2, 3)), Throws.InstanceOf<Exception>());
    }

    [Test]
    public void AUserReadsOneLineAndKeepsTheCheckpoint()
    {
        using TemporaryRun run = new TemporaryRun("a2c", new A2COptions { Updates = 6, CheckpointEvery = 2 });
        using FailingTrainer trainer = new FailingTrainer(failAt: 5);
        UserException failure = Assert.Throws<UserException>(
            () => new TrainingRun(run.Folder, trainer, TemporaryRun.Progress).Train(CancellationToken.None));
        Assert.That(failure.Message, Does.StartWith("libtorch failed while training, at update 5: mat1 and mat2 shapes cannot be multiplied")
            .And.Contain("The checkpoint of update 4 is kept").And.Contain($"--resume {run.Folder.Path}").And.Not.Contain("\n"));
        Assert.That(failure.InnerException, Is.TypeOf<ExternalException>());

        using FailingTrainer cured = new FailingTrainer(failAt: -1);
        TrainingRun resumed = new TrainingRun(run.Folder, cured, TemporaryRun.Progress);
        Assert.That(resumed.Train(CancellationToken.None), Is.EqualTo(RunOutcome.Finished));
        Assert.That((resumed.Updates, cured.Done), Is.EqualTo((6L, 2)), "it goes on from update 4");
    }

    [Test]
    public void MemoryThatThereIsNotIsSaid()
    {
        ExternalException failure = Assert.Throws<ExternalException>(() => zeros(1L << 50).Dispose());
        Assert.That(Libtorch.Explain(failure), Does.StartWith("There is not enough memory for this run.").And.Contain("--set"));
        Assert.That(Libtorch.Explain(new System.ComponentModel.Win32Exception(2)), Is.Null, "a program that cannot be started is not libtorch");
    }

    private static EagerTensor X(params long[] shape) => ones(shape);

    private static EagerTensor Through(EagerTensor x) => EagerTensor.StraightThrough(x, () => X(7));

    private static EagerTensor Gru(EagerTensor x) => EagerTensor.GruCell(x, X(2, 4), X(12, 9), X(12, 4), X(12), X(12));

    private static EagerTensor Backward(EagerTensor x)
    {
        x.Value.sum().backward();
        return x;
    }

    private sealed class FailingTrainer(long failAt) : ITrainer
    {
        public int Done { get; private set; }

        public TrainOptions Options { get; } = new A2COptions { Updates = 6, CheckpointEvery = 2 };

        public EagerParameters Parameters { get; } = new(0);

        public Timings Timings { get; } = new();

        public long Frames => Done;

        public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop) { }

        public IReadOnlyDictionary<string, double> Update(long update, bool measure)
        {
            using DisposeScope scope = NewDisposeScope();
            if (update == failAt)
                _ = zeros(2, 3).mm(zeros(4, 5));
            Done++;
            return new Dictionary<string, double>();
        }

        public void Save(Checkpoint checkpoint) { }

        public void Load(Checkpoint checkpoint) { }

        public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => new Dictionary<string, double>();

        public BundleDefinition Bundle() => throw new NotSupportedException();

        public void Dispose() => Parameters.Dispose();
    }
}
