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

    [TestCase(1)]
    [TestCase(3)]
    public void TheEncoderShipsAsItTrains(int batch) =>
        AssertSame(new Encoder(), [batch, 3, PixelConfig.Size, PixelConfig.Size], [batch, 128]);

    [TestCase(1)]
    [TestCase(3)]
    public void TheDecoderShipsAsItTrains(int batch) =>
        AssertSame(new Decoder(), [batch, 7], [batch, 3, PixelConfig.Size, PixelConfig.Size]);

    private interface INetwork
    {
        T Run<T>(Parameters<T> p, T x) where T : ITensor<T>;
    }

    private sealed class Encoder : INetwork
    {
        public T Run<T>(Parameters<T> p, T x) where T : ITensor<T> => new ConvEncoder<T>(p["encoder"], new() { Depth = 4 }).Forward(x);
    }

    private sealed class Decoder : INetwork
    {
        public T Run<T>(Parameters<T> p, T x) where T : ITensor<T> => new ConvDecoder<T>(p["decoder"], 7, new() { Depth = 4 }).Forward(x);
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
