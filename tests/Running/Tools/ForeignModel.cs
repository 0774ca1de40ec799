using System.Runtime.InteropServices;
using Google.Protobuf;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Tests.Tools;

/// <summary>A graph written as other exporters write them: no inner shapes, a batch of any name, weights inside.</summary>
internal sealed class ForeignModel(string batch = "batch_size")
{
    private readonly GraphProto _graph = new() { Name = "main" };

    public ForeignModel Input(string name, params int[] row)
    {
        _graph.Input.Add(Value(name, DataType.Float, row));
        return this;
    }

    public ForeignModel Output(string name, DataType type, params int[] row)
    {
        _graph.Output.Add(Value(name, type, row));
        return this;
    }

    public ForeignModel Output(string name, params int[] row) => Output(name, DataType.Float, row);

    public ForeignModel Weight(string name, int[] shape, params float[] values)
    {
        _graph.Initializer.Add(new TensorProto
        {
            Name = name, DataType = (int)DataType.Float, Dims = { shape.Select(d => (long)d) },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        });
        return this;
    }

    public ForeignModel Node(string op, string[] inputs, string output, params (string Name, long Value)[] attributes)
    {
        NodeProto node = new() { OpType = op, Input = { inputs }, Output = { output } };
        node.Attribute.AddRange(attributes.Select(a => new AttributeProto
        {
            Name = a.Name, I = a.Value, Type = AttributeProto.Types.AttributeType.Int,
        }));
        _graph.Node.Add(node);
        return this;
    }

    /// <summary>Takes the first row alone, in a way that no shape tells.</summary>
    public ForeignModel FirstRow(string input, string output)
    {
        foreach ((string name, long value) in (ReadOnlySpan<(string, long)>)[("from", 0), ("one", 1)])
        {
            _graph.Initializer.Add(new TensorProto
            {
                Name = name, DataType = (int)DataType.Int64, Dims = { 1 }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes([value])),
            });
        }
        return Node("ReduceSum", [input], "sum", ("keepdims", 0)).Node("Cast", ["sum"], "whole", ("to", (long)DataType.Int64))
            .Node("Mul", ["whole", "from"], "zero").Node("Add", ["zero", "one"], "to").Node("Slice", [input, "from", "to", "from"], output);
    }

    public void Save(string path)
    {
        ModelProto model = new() { IrVersion = 8, Graph = _graph, OpsetImport = { new OperatorSetIdProto { Version = 17 } } };
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, model.ToByteArray());
    }

    /// <summary>Writes a policy for the pendulum, observation to action, as a bundle without a reference.</summary>
    public string Bundle(Manifest? other = null)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-foreign-").FullName;
        Save(Path.Combine(directory, "act.onnx"));
        Manifest manifest = new()
        {
            Name = "foreign",
            Algorithm = "test",
            Environment = "pendulum",
            Observation = new() { Shape = [3], Low = -8, High = 8 },
            Action = ActionSpec.Continuous([1], -2, 2),
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["act"] = new()
                {
                    File = "act.onnx",
                    Inputs = [new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", 3] }],
                    Outputs = [new() { Name = "action", Role = TensorRole.Action, Shape = ["batch", 1] }],
                },
            },
        };
        ((other ?? manifest) with { Files = Manifest.HashFiles(directory) }).Save(directory);
        return directory;
    }

    /// <summary>A linear policy for the pendulum.</summary>
    public static ForeignModel Linear(
        float scale, string observation = "observation", string action = "action", string batch = "batch_size") =>
        new ForeignModel(batch).Input(observation, 3).Weight("w", [3, 1], 0, -scale, -scale / 4).Node("MatMul", [observation, "w"], action)
            .Output(action, 1);

    private ValueInfoProto Value(string name, DataType type, int[] row)
    {
        TensorShapeProto shape = new();
        shape.Dim.Add(int.TryParse(batch, out int rows) ? new TensorShapeProto.Types.Dimension { DimValue = rows }
            : new TensorShapeProto.Types.Dimension { DimParam = batch });
        shape.Dim.AddRange(row.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }
}
