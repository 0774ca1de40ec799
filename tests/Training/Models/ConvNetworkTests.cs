using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>The image encoder and decoder of PlaNet and Dreamer V1: sizes as published, and one forward pass in both worlds.</summary>
public sealed class ConvNetworkTests
{
    /// <summary>Dreamer V1's, whose decoder reads 30 + 200 numbers; V2's depth of 48 with its 32 x 32 + 200.</summary>
    [TestCase(32, 230, 690_144, 3_795_555)]
    [TestCase(48, 1224, 1_551_312, 9_886_611)]
    public void HaveTheirPublishedSizes(int depth, int feature, long encoder, long decoder)
    {
        PixelConfig config = new() { Depth = depth };
        using EagerParameters first = new(0), second = new(0);
        _ = new ConvEncoder<EagerTensor>(first.Root, config);
        _ = new ConvDecoder<EagerTensor>(second.Root, feature, config);
        Assert.That(first.Count, Is.EqualTo(encoder));
        Assert.That(second.Count, Is.EqualTo(decoder));
    }

    /// <summary>
    /// DreamerV3's layers, counted by hand. Encoder: 25 weights a channel pair, a bias and a gain a channel. Decoder, of a state of 64
    /// deterministic units and 32 others: blocks, a layer of twice the units and the one behind it, and the convolutions.
    /// </summary>
    [Test]
    public void DreamerV3HasItsLayers()
    {
        PixelConfig config = Pooled(64);
        using EagerParameters first = new(0), second = new(0);
        _ = new PooledEncoder<EagerTensor>(first.Root, config);
        _ = new PooledDecoder<EagerTensor>(second.Root, 96, config);
        const long Encoder = 25 * ((3 * 8) + (8 * 12) + (12 * 16) + (16 * 16)) + 2 * (8 + 12 + 16 + 16);
        const long Input = 64 / 8 * 256 + (32 * 20 + 2 * 20) + (20 * 256 + 256) + 16;
        const long Decoder = 25 * ((16 * 16) + (16 * 12) + (12 * 8) + (8 * 3)) + 2 * (16 + 12 + 8) + 3;
        Assert.That(first.Count, Is.EqualTo(Encoder));
        Assert.That(second.Count, Is.EqualTo(Input + Decoder));
    }

    [TestCase(1, 64, 128)]
    [TestCase(3, 64, 128)]
    [TestCase(3, 32, 64)]
    public void TheEncoderShipsAsItTrains(int batch, int size, int embedding) =>
        AssertSame(new Encoder(Strided(size)), [batch, 3, size, size], [batch, embedding]);

    [TestCase(1, 64)]
    [TestCase(3, 64)]
    [TestCase(3, 32)]
    public void TheDecoderShipsAsItTrains(int batch, int size) =>
        AssertSame(new Decoder(Strided(size)), [batch, 96], [batch, 3, size, size]);

    [TestCase(1, 64)]
    [TestCase(3, 32)]
    public void DreamerV3sEncoderShipsAsItTrains(int batch, int size) =>
        AssertSame(new Encoder(Pooled(size)), [batch, 3, size, size], [batch, 256]);

    [TestCase(1, 64)]
    [TestCase(3, 32)]
    public void DreamerV3sDecoderShipsAsItTrains(int batch, int size) =>
        AssertSame(new Decoder(Pooled(size)), [batch, 96], [batch, 3, size, size]);

    /// <summary>The channels of a pixel, [3, 4], over their root mean square, sqrt(12.5).</summary>
    [Test]
    public void ChannelsAreNormalisedPixelByPixel()
    {
        using EagerParameters parameters = new(0);
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor((float[])[3, 0, 4, 1], [1, 2, 1, 2]);
        float[] actual = new ChannelNorm<EagerTensor>(parameters.Root, 2).Forward(x).Value.contiguous().data<float>().ToArray();
        float first = MathF.Sqrt(12.5f + 1e-4f), second = MathF.Sqrt(0.5f + 1e-4f);
        Assert.That(actual, Is.EqualTo((float[])[3 / first, 0, 4 / first, 1 / second]).Within(1e-6));
    }

    private static PixelConfig Strided(int size) => new() { Size = size, Depth = 4 };

    private static PixelConfig Pooled(int size) =>
        new() { Form = PixelForm.Pooled, Size = size, Depth = 4, Units = 10, Deterministic = 64, Activation = Unary.Silu };

    private interface INetwork
    {
        T Run<T>(Parameters<T> p, T x) where T : ITensor<T>;
    }

    private sealed class Encoder(PixelConfig config) : INetwork
    {
        public T Run<T>(Parameters<T> p, T x) where T : ITensor<T> => config.Form == PixelForm.Strided
            ? new ConvEncoder<T>(p["encoder"], config).Forward(x) : new PooledEncoder<T>(p["encoder"], config).Forward(x);
    }

    private sealed class Decoder(PixelConfig config) : INetwork
    {
        public T Run<T>(Parameters<T> p, T x) where T : ITensor<T> => config.Form == PixelForm.Strided
            ? new ConvDecoder<T>(p["decoder"], 96, config).Forward(x) : new PooledDecoder<T>(p["decoder"], 96, config).Forward(x);
    }

    /// <summary>Eager, exported, and exported in the forms that rewrite it.</summary>
    private static void AssertSame(INetwork network, long[] input, long[] output)
    {
        using EagerParameters parameters = new(3);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable guard = no_grad();
        float[] values = [.. Enumerable.Range(0, (int)input.Aggregate((a, b) => a * b)).Select(i => MathF.Sin(0.37f * i))];
        Tensor expected = network.Run(parameters.Root, (EagerTensor)tensor(values, input)).Value.contiguous();
        Assert.That(expected.shape, Is.EqualTo(output));
        float[] wanted = expected.data<float>().ToArray();
        Assert.That(wanted.Max(MathF.Abs), Is.GreaterThan(1e-3));

        Graph graph = new("g");
        Symbol x = graph.Input("x", DType.Float32, ["batch", .. input.Skip(1).Select(size => (AxisSize)(int)size)]);
        graph.Output("y", network.Run(new Parameters<Symbol>(new SymbolicParameters(graph, parameters.ToWeights())), x));
        OnnxModel model = graph.Build();
        foreach (OnnxModel form in new[] { model, ExactForms.Throughput(model), ExactForms.Latency(model) })
        {
            using InferenceSession session = new(ModelWriter.ToBytes(form));
            using OrtValue given = OrtValue.CreateTensorValueFromMemory(values, input);
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["x"], [given], ["y"]);
            Assert.That(results[0].GetTensorTypeAndShape().Shape, Is.EqualTo(output));
            float[] actual = results[0].GetTensorDataAsSpan<float>().ToArray();
            Assert.That(actual.Zip(wanted, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(2e-6 * Math.Max(1, wanted.Max(MathF.Abs))));
        }
    }
}
