using System.Globalization;
using Google.Protobuf;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.AttributeProto.Types;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>Short forms for the messages of a graph.</summary>
internal static class Protos
{
    public static DataType Element(DType type) => type switch
    {
        DType.Float32 => DataType.Float,
        DType.Int64 => DataType.Int64,
        DType.Bool => DataType.Bool,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };

    public static ValueInfoProto Value(string name, DType type, ReadOnlySpan<AxisSize> dims)
    {
        TensorShapeProto shape = new();
        foreach (AxisSize dim in dims)
        {
            shape.Dim.Add(dim.Name is { } param
                ? new TensorShapeProto.Types.Dimension { DimParam = param }
                : new TensorShapeProto.Types.Dimension { DimValue = dim.Value });
        }
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)Element(type), Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    public static TensorInfo Info(ValueInfoProto value)
    {
        TypeProto.Types.Tensor tensor = value.Type.TensorType;
        DType type = (DataType)tensor.ElemType switch
        {
            DataType.Float => DType.Float32,
            DataType.Int64 => DType.Int64,
            DataType.Bool => DType.Bool,
            DataType other => throw new NotSupportedException($"'{value.Name}' holds {other}, not Float, Int64 or Bool."),
        };
        return new TensorInfo(value.Name, type, Dims(value));
    }

    public static AxisSize[] Dims(ValueInfoProto value) =>
        [.. value.Type.TensorType.Shape.Dim.Select(d => d.DimParam is { Length: > 0 } name ? AxisSize.Dynamic(name) : (int)d.DimValue)];

    public static TensorProto Initializer(string name, DType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        TensorProto tensor = new() { Name = name, DataType = (int)Element(type), RawData = ByteString.CopyFrom(data) };
        foreach (int size in shape)
            tensor.Dims.Add(size);
        return tensor;
    }

    /// <summary>Name of an element type, as people write it.</summary>
    public static string NameOf(DataType type) => type.ToString().ToLowerInvariant() switch { "float" => "float32", var name => name };

    /// <summary>Name of the initialiser that is a number: one for all its uses.</summary>
    public static string NameOf(float value) => $"constant/{Text(value)}";

    /// <inheritdoc cref="NameOf(float)"/>
    public static string NameOf(long value) => $"constant/int64/{value.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Name of the initialiser that is a vector.</summary>
    public static string NameOf(ReadOnlySpan<long> values) => $"constant/int64/[{string.Join(',', values.ToArray())}]";

    /// <inheritdoc cref="NameOf(ReadOnlySpan{long})"/>
    public static string NameOf(ReadOnlySpan<float> values) => $"constant/[{string.Join(',', values.ToArray().Select(Text))}]";

    /// <summary>An initialiser whose data lies outside the graph; the writer says where.</summary>
    public static TensorProto ExternalInitializer(string name, IReadOnlyList<int> shape) =>
        new() { Name = name, DataType = (int)DataType.Float, Dims = { shape.Select(d => (long)d) }, DataLocation = DataLocation.External };

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, I = value, Type = AttributeType.Int };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, F = value, Type = AttributeType.Float };

    public static AttributeProto Attribute(string name, string value) =>
        new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeType.String };

    public static AttributeProto Attribute(string name, ReadOnlySpan<int> values) =>
        new() { Name = name, Ints = { values.ToArray().Select(v => (long)v) }, Type = AttributeType.Ints };

    public static AttributeProto Attribute(string name, IEnumerable<long> values) =>
        new() { Name = name, Ints = { values }, Type = AttributeType.Ints };

    public static AttributeProto Attribute(string name, IEnumerable<float> values) =>
        new() { Name = name, Floats = { values }, Type = AttributeType.Floats };

    public static AttributeProto Attribute(string name, IEnumerable<string> values) =>
        new() { Name = name, Strings = { values.Select(ByteString.CopyFromUtf8) }, Type = AttributeType.Strings };

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
