using Microsoft.ML.OnnxRuntime;
using WorldModels.Models;

namespace WorldModels.Tests.Onnx;

/// <summary>Models in ONNX Runtime. A declared shape that disagrees with the one it infers fails the load instead of warning.</summary>
internal static class Ort
{
    public static InferenceSession Load(byte[] model)
    {
        using SessionOptions options = Options();
        return new InferenceSession(model, options);
    }

    public static InferenceSession Load(string path)
    {
        using SessionOptions options = Options();
        return new InferenceSession(path, options);
    }

    public static Nd[] Run(InferenceSession session, params Nd[] inputs)
    {
        OrtValue[] values = [.. inputs.Select(Value)];
        try
        {
            using RunOptions options = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, session.InputNames, values, session.OutputNames);
            return [.. outputs.Select(Array)];
        }
        finally
        {
            foreach (OrtValue value in values)
                value.Dispose();
        }
    }

    public static void AssertClose(Nd actual, Nd expected, double tolerance, string what)
    {
        Assert.That(actual.Type, Is.EqualTo(expected.Type), what);
        Assert.That(actual.Shape, Is.EqualTo(expected.Shape), what);
        for (int i = 0; i < expected.Values.Length; i++)
        {
            double allowed = tolerance * Math.Max(1, Math.Abs(expected.Values[i]));
            Assert.That(actual.Values[i], Is.EqualTo(expected.Values[i]).Within(allowed), $"{what}, element {i}");
        }
    }

    private static SessionOptions Options()
    {
        SessionOptions options = new() { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.strict_shape_type_inference", "1");
        return options;
    }

    private static OrtValue Value(Nd x)
    {
        long[] shape = [.. x.Shape.Select(d => (long)d)];
        return x.Type switch
        {
            DType.Float32 => OrtValue.CreateTensorValueFromMemory([.. x.Values.Select(v => (float)v)], shape),
            DType.Int64 => OrtValue.CreateTensorValueFromMemory([.. x.Values.Select(v => (long)v)], shape),
            _ => OrtValue.CreateTensorValueFromMemory([.. x.Values.Select(v => v != 0)], shape),
        };
    }

    private static Nd Array(OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        int[] shape = [.. info.Shape.Select(d => (int)d)];
        return info.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float =>
                Of(DType.Float32, shape, value.GetTensorDataAsSpan<float>(), v => v),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => Of(DType.Int64, shape, value.GetTensorDataAsSpan<long>(), v => v),
            _ => Of(DType.Bool, shape, value.GetTensorDataAsSpan<bool>(), v => v ? 1 : 0),
        };
    }

    private static Nd Of<T>(DType type, int[] shape, ReadOnlySpan<T> values, Func<T, double> number) =>
        new() { Type = type, Shape = shape, Values = [.. values.ToArray().Select(number)] };
}
