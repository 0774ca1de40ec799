using TorchSharp;
using static TorchSharp.torch;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Making, reading, indexing and freeing tensors.</summary>
public sealed class TensorTests
{
    private static T[] Values<T>(Tensor tensor) where T : unmanaged => tensor.data<T>().ToArray();

    [Test]
    public void Arrays_go_in_and_come_out()
    {
        using var scope = NewDisposeScope();
        Assert.Multiple(() =>
        {
            Assert.That(Values<float>(tensor(new[] { 1f, 2f, 3f, 4f }, [2, 2]).t()), Is.EqualTo(new[] { 1f, 3f, 2f, 4f }));
            Assert.That(Values<long>(from_array(new long[,] { { 1, 2, 3 }, { 4, 5, 6 } }).select(1, 2)), Is.EqualTo(new[] { 3L, 6L }));
            Assert.That(from_array(new byte[2, 3, 4]).shape, Is.EqualTo(new[] { 2L, 3L, 4L }));
            Assert.That(Values<bool>(tensor(new[] { true, false }).logical_not()), Is.EqualTo(new[] { false, true }));
            Assert.That(Values<float>(tensor(new byte[] { 0, 255 }, dtype: float32) / 255), Is.EqualTo(new[] { 0f, 1f }));
            Assert.That(Values<long>(arange(2, 8, 2)), Is.EqualTo(new[] { 2L, 4L, 6L }));
            Assert.That(arange(0, 1, 0.25).dtype, Is.EqualTo(ScalarType.Float32));
            Assert.That(full(2, 2, 7).dtype, Is.EqualTo(ScalarType.Int64));
            Assert.That(tensor(2.5).item<double>(), Is.EqualTo(2.5));
            Assert.That(tensor(2.5f).ToInt32(), Is.EqualTo(2));
            Assert.That((float)tensor(4L), Is.EqualTo(4f));
            Assert.That(eye(2).ToString(), Is.EqualTo("[2x2], type = Float32, device = cpu"));
            Assert.That(tensor(new Memory<float>([1, 2, 3]), [3]).sum().ToSingle(), Is.EqualTo(6f));
            Assert.That(Values<long>(nn.functional.one_hot(tensor(new long[] { 2, 0 }), 3)), Is.EqualTo(new long[] { 0, 0, 1, 1, 0, 0 }));
        });
        var target = zeros(2, 3);
        target.t().data<float>().CopyFrom([1, 2, 3, 4, 5, 6]);
        Assert.That(Values<float>(target), Is.EqualTo(new float[] { 1, 3, 5, 2, 4, 6 }));
        target.bytes = new byte[24];
        Assert.That(target.abs().sum().ToSingle(), Is.Zero);
    }

    [Test]
    public void Operators_broadcast_and_mix_with_numbers()
    {
        using var scope = NewDisposeScope();
        var x = arange(4, float32);
        Assert.Multiple(() =>
        {
            Assert.That(Values<float>(2 * x - 1), Is.EqualTo(new float[] { -1, 1, 3, 5 }));
            Assert.That(Values<float>(1 - x), Is.EqualTo(new float[] { 1, 0, -1, -2 }));
            Assert.That(Values<float>(6 / (x + 1)), Is.EqualTo(new float[] { 6, 3, 2, 1.5f }));
            Assert.That(Values<float>(-x % 3), Is.EqualTo(new float[] { 0, 2, 1, 0 }));
            Assert.That(Values<bool>((x > 0) & ~(x >= 3.0)), Is.EqualTo(new[] { false, true, true, false }));
            Assert.That((x.unsqueeze(1) + x).shape, Is.EqualTo(new[] { 4L, 4L }));
            Assert.That(Values<float>(x.add(x, alpha: 0.5)), Is.EqualTo(new[] { 0, 1.5f, 3, 4.5f }));
            Assert.That(x.div(2, RoundingMode.floor).sum().ToSingle(), Is.EqualTo(2f));
            Assert.That(x.Equals(x.clone()));
        });
    }

    [Test]
    public void Index_expressions_read_and_write()
    {
        using var scope = NewDisposeScope();
        var x = arange(24, float32).reshape(2, 3, 4);
        Assert.Multiple(() =>
        {
            Assert.That(x[1, 2, 3].ToSingle(), Is.EqualTo(23f));
            Assert.That(x[1].shape, Is.EqualTo(new[] { 3L, 4L }));
            Assert.That(Values<float>(x[TensorIndex.Ellipsis, 0]), Is.EqualTo(new float[] { 0, 4, 8, 12, 16, 20 }));
            Assert.That(Values<float>(x[0, 1.., ^1]), Is.EqualTo(new float[] { 7, 11 }));
            Assert.That(x[.., TensorIndex.None, 0..2].shape, Is.EqualTo(new[] { 2L, 1L, 2L, 4L }));
            Assert.That(Values<float>(x[TensorIndex.Slice(step: 2), 0, TensorIndex.Slice(1, 4, 2)]), Is.EqualTo(new float[] { 1, 3 }));
            Assert.That(Values<float>(x[x > 21]), Is.EqualTo(new float[] { 22, 23 }));
            Assert.That(Values<float>(x[0, TensorIndex.Tensor(tensor(new long[] { 2, 0 })), 1]), Is.EqualTo(new float[] { 9, 1 }));
        });
        x[0, .., 1..3] = zeros(3, 2);
        x[1, 0, 0] = tensor(-1f);
        x.index_put_(5, x < 0);
        Assert.That(x[0].sum().ToSingle(), Is.EqualTo(0 + 3 + 4 + 7 + 8 + 11f));
        Assert.That(x[1, 0, 0].ToSingle(), Is.EqualTo(5f));
    }

    [Test]
    public void Scopes_free_what_is_not_moved_out()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        Tensor kept;
        using (var outer = NewDisposeScope())
        {
            using (var inner = NewDisposeScope())
            {
                var a = ones(2);
                var b = a + 1;
                Assert.That(inner.DisposablesCount, Is.EqualTo(2));
                a.Dispose();
                Assert.That(inner.DisposablesCount, Is.EqualTo(1));
                kept = b.MoveToOuterDisposeScope();
                Assert.That((inner.DisposablesCount, outer.DisposablesCount), Is.EqualTo((0, 1)));
                inner.Attach(zeros(3));
                var parameter = nn.Parameter(zeros(4));
                Assert.That(inner.Contains(parameter) && inner.DisposablesCount == 2);
            }
            Assert.That(kept.sum().ToSingle(), Is.EqualTo(4f));
            Assert.That(outer.DisposablesCount, Is.EqualTo(2));
            outer.DisposeEverythingBut(kept);
            Assert.That(outer.DisposablesCount, Is.EqualTo(1));
            kept.DetachFromDisposeScope();
        }
        Assert.That(kept.IsInvalid, Is.False);
        Assert.That(Tensor.TotalCount, Is.EqualTo(before + 1));
        kept.Dispose();
        Assert.That(torch.CurrentDisposeScope, Is.Null);
    }

    [Test]
    public void Training_for_long_takes_no_more_memory()
    {
        using var all = NewDisposeScope();
        var net = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 64));
        var optimiser = optim.Adam(net.parameters());
        var x = randn(256, 64);
        void Steps(int n)
        {
            for (int i = 0; i < n; i++)
            {
                using var scope = NewDisposeScope();
                optimiser.zero_grad();
                nn.functional.mse_loss(net.call(x), x).backward();
                nn.utils.clip_grad_norm_(net.parameters(), 1);
                optimiser.step();
            }
        }
        Steps(20);
        long tensors = Tensor.TotalCount, memory = Environment.WorkingSet;
        Steps(300);                                              // each step makes about a megabyte
        Assert.That(Tensor.TotalCount, Is.EqualTo(tensors));
        Assert.That(Environment.WorkingSet - memory, Is.LessThan(60 << 20));
        optimiser.Dispose();
    }

    [Test]
    public void Finalizers_free_what_nobody_disposed()
    {
        long before = Tensor.TotalCount;
        Leak();
        for (int i = 0; i < 10 && Tensor.TotalCount > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(before));

        static void Leak()
        {
            for (int i = 0; i < 100; i++) _ = zeros(10);
        }
    }
}
