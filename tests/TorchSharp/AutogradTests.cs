using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Gradients against finite differences, and the ways to ask for them.</summary>
public sealed class AutogradTests
{
    private static readonly (string Name, Func<Tensor, Tensor> F)[] Functions =
    [
        ("matmul", x => x.matmul(x.t())),
        ("linear", x => nn.functional.linear(x, x[..2], x.sum(1)[..2])),
        ("softmax", x => x.softmax(-1).square()),
        ("log_softmax", x => nn.functional.log_softmax(x, -1) * x),
        ("logsumexp", x => x.logsumexp(1)),
        ("layer_norm", x => nn.functional.layer_norm(x, [4]).pow(3)),
        ("gelu", x => nn.functional.gelu(x) + nn.functional.silu(x) + nn.functional.elu(x, 1) + nn.functional.softplus(x)),
        ("tanh", x => x.tanh().sigmoid().log().exp().sqrt()),
        ("reductions", x => x.mean([0]) + x.std(0) + x.amax([0]) + x.cumsum(0).sum(dim: 0)),
        ("slices", x => x[1..3, TensorIndex.Ellipsis].transpose(0, 1).reshape(2, 4) * x.select(0, 0)),
        ("gather", x => x.gather(1, tensor(new long[] { 0, 2, 1 }, [3, 1])) + x.index_select(1, tensor(new long[] { 3, 3 }))),
        ("where", x => torch.where(x > 0, x * 2, x.square()) + torch.minimum(x, -x) + x.clamp(-0.5, 0.5)),
        ("cat", x => torch.cat([x, x.flip(1)], -1) + torch.stack([x, 2 * x], 0).reshape(3, 8)),
        ("conv", x => nn.functional.conv2d(x.reshape(1, 1, 3, 4), x[..2, ..2].reshape(1, 1, 2, 2), padding: [1, 1])),
        ("conv_transpose", x => nn.functional.conv_transpose2d(x.reshape(1, 1, 3, 4), x[..2, ..2].reshape(1, 1, 2, 2), strides: [2, 2])),
        ("pool", x => nn.functional.max_pool2d(x.reshape(1, 1, 3, 4), 2) + nn.functional.avg_pool2d(x.reshape(1, 1, 3, 4), 2)),
        ("interpolate", x => nn.functional.interpolate(x.reshape(1, 1, 3, 4), scale_factor: [2, 2], mode: InterpolationMode.Bilinear)),
        ("pad", x => nn.functional.pad(x, (1, 2)).square()),
        ("einsum", x => einsum("ij,kj->ik", x, x * x)),
        ("cross_entropy", x => nn.functional.cross_entropy(x, tensor(new long[] { 0, 3, 1 }))),
        ("losses", x => nn.functional.smooth_l1_loss(x, ones_like(x)) + nn.functional.huber_loss(x, zeros_like(x))),
        ("attention", x => nn.functional.scaled_dot_product_attention(x, x, x, is_casual: true)),
    ];

    [Test]
    public void Gradients_agree_with_finite_differences([ValueSource(nameof(Names))] string name)
    {
        using var scope = NewDisposeScope();
        var f = Functions.Single(c => c.Name == name).F;
        manual_seed(7);
        var x = randn(3, 4, ScalarType.Float64, requires_grad: true);
        var weights = randn(f(x).shape, ScalarType.Float64);
        (f(x) * weights).sum().backward();
        double[] gradient = x.grad!.data<double>().ToArray();

        const double step = 1e-6;
        double Value(int i, double h)
        {
            using var _ = no_grad();
            var moved = x.detach().clone();
            moved.data<double>()[i / 4, i % 4] += h;
            return (f(moved) * weights).sum().ToDouble();
        }
        for (int i = 0; i < 12; i++)
            Assert.That(gradient[i], Is.EqualTo((Value(i, step) - Value(i, -step)) / (2 * step)).Within(1e-6), $"element {i}");
    }

    [TestCase(1, 0, 1, 0)]
    [TestCase(2, 1, 1, 1)]
    [TestCase(3, 2, 2, 0)]
    public void Transposed_convolutions_agree_whichever_way_they_are_computed(int stride, int padding, int dilation, int extra)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var x = randn(2, 5, 6, 7, requires_grad: true);
        var (w, b) = (randn(5, 16, 4, 3, requires_grad: true), randn(16, requires_grad: true));
        Tensor[] Results(ScalarType type)
        {
            // Double precision goes straight to libtorch's operator.
            var y = nn.functional.conv_transpose2d(x.to(type), w.to(type), b.to(type), [stride, stride], [padding, padding], [extra, extra],
                [dilation, dilation]);
            return [y, .. autograd.grad([y.square().sum()], [x, w, b])];
        }
        foreach (var (single, twice) in Results(ScalarType.Float32).Zip(Results(ScalarType.Float64)))
            Assert.That(single.to(float64).allclose(twice.to(float64), rtol: 1e-4, atol: 1e-3));
    }

    private static IEnumerable<string> Names => Functions.Select(f => f.Name);

    [Test]
    public void Second_derivatives_and_unused_inputs()
    {
        using var scope = NewDisposeScope();
        var x = tensor(3.0, requires_grad: true);
        var unused = tensor(1.0, requires_grad: true);
        var y = x.pow(4);
        var first = autograd.grad([y], [x], create_graph: true)[0];
        var second = autograd.grad([first], [x], retain_graph: true)[0];
        Assert.Multiple(() =>
        {
            Assert.That(first.ToDouble(), Is.EqualTo(108));
            Assert.That(second.ToDouble(), Is.EqualTo(108));
            Assert.That(autograd.grad([y], [x, unused], allow_unused: true)[1], Is.Null);
            Assert.That(x.grad, Is.Null);
        });
    }

    [Test]
    public void Backward_takes_gradients_and_inputs()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (ones(2, requires_grad: true), ones(2, requires_grad: true));
        (a * b).backward([tensor(new[] { 1f, 2f })], inputs: [a]);
        Assert.That(a.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 2f }));
        Assert.That(b.grad, Is.Null);
    }

    [Test]
    public void No_grad_is_left_as_it_was_entered()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        using (no_grad())
        {
            using (enable_grad()) Assert.That((x * 2).requires_grad);
            Assert.That((x * 2).requires_grad, Is.False);
            x.add_(1);
        }
        Assert.That(is_grad_enabled());
        Assert.That(() => x.add_(1), Throws.InstanceOf<ExternalException>().With.Message.Contains("in-place"));
        Assert.That((x * 2).detach().requires_grad, Is.False);
    }
}
