using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// A bundle's weights, each once in memory for all its sessions, and once more in the order in which ONNX Runtime's kernels read them.
/// Not thread-safe.
/// </summary>
internal sealed class SharedWeights : IDisposable
{
    private readonly Dictionary<string, NativeBlock> _files = [];
    private readonly Dictionary<(string, long, TensorElementType, string), OrtValue> _weights = [];

    /// <summary>What kernels made of the weights.</summary>
    public PrePackedWeightsContainer Packed { get; } = new();

    /// <summary>Gives a session the weights that its graph keeps outside.</summary>
    public void AddTo(SessionOptions session, string graphPath)
    {
        string folder = Path.GetDirectoryName(graphPath)!;
        foreach (ExternalWeight weight in OnnxExternalData.Weights(graphPath))
        {
            if (Value(weight, Path.Combine(folder, weight.Location)) is { } value)
                session.AddInitializer(weight.Name, value);
        }
    }

    public void Dispose()
    {
        Packed.Dispose();
        foreach (OrtValue weight in _weights.Values)
            weight.Dispose();
        foreach (NativeBlock file in _files.Values)
            file.Dispose();
    }

    /// <summary>A weight's value; null where the file cannot hold it, which ONNX Runtime says better.</summary>
    private OrtValue? Value(ExternalWeight weight, string file)
    {
        string shape = string.Join(",", weight.Shape);
        TensorElementType type = (TensorElementType)weight.Type; // ONNX Runtime's numbers are ONNX's.
        if (_weights.TryGetValue((file, weight.Offset, type, shape), out OrtValue? known))
            return known;
        if (SizeOf(type) is not { } size || weight.Shape.Length == 0 || weight.Shape.Any(d => d <= 0))
            return null;
        if (!_files.TryGetValue(file, out NativeBlock? memory))
            _files[file] = memory = Read(file);
        Int128 bytes = weight.Shape.Aggregate((Int128)size, (product, d) => product * d);
        if (weight.Offset < 0 || bytes > memory.Length - weight.Offset)
            return null;
        return _weights[(file, weight.Offset, type, shape)] = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, type, weight.Shape, memory.At(weight.Offset), (long)bytes);
    }

    private NativeBlock Read(string file)
    {
        using FileStream stream = File.OpenRead(file);
        NativeBlock memory = new NativeBlock(stream.Length);
        const int Piece = 1 << 20;
        for (long at = 0; at < memory.Length; at += Piece)
            stream.ReadExactly(memory.Bytes(at, (int)Math.Min(Piece, memory.Length - at)));
        return memory;
    }

    private static int? SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.Float or TensorElementType.Int32 => 4,
        TensorElementType.Int64 => 8,
        TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.Int8 or TensorElementType.UInt8 => 1,
        _ => null,
    };
}
