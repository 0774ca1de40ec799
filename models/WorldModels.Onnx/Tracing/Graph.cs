using System.Globalization;
using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// An ONNX graph while a network is traced into it: running the network on its <see cref="Symbol"/>s adds nodes, with shapes checked on
/// the way. Not thread-safe.
/// </summary>
/// <example><code>
/// var graph = new Graph("act");
/// var p = new Parameters&lt;Symbol&gt;(new SymbolicParameters(graph, weights));
/// Symbol x = graph.Input("observation", DType.Float32, "batch", 8);
/// graph.Output("action", new Linear&lt;Symbol&gt;(p["actor"], 8, 2).Forward(x));
/// ModelWriter.Write("act.onnx", graph.Build());
/// </code></example>
public sealed class Graph
{
    /// <summary>IR version of the files: the one of opset 15 to 17.</summary>
    public const int IrVersion = 8;

    private const string LearnedDomain = "ai.onnx.ml";
    private const int LearnedOpset = 3;     // of the same release as opset 15 to 17

    private readonly GraphProto _proto = new();
    private readonly Dictionary<string, Symbol> _constants = [];
    private readonly Dictionary<string, Symbol> _transposed = [];
    private readonly Dictionary<string, WeightArray> _weights = [];
    private readonly List<(string Name, Symbol Value)> _outputs = [];

    /// <param name="name">Name of the graph and of its file in a bundle ("imagine").</param>
    /// <param name="opset">Version of the ONNX operators, 15 to 17. 15 is the newest that Unity reads.</param>
    public Graph(string name, int opset = 17)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (opset is < 15 or > 17)
            throw new ArgumentOutOfRangeException(nameof(opset), opset, "Graphs are written for opset 15, 16 or 17.");
        Name = _proto.Name = name;
        Opset = opset;
    }

    /// <summary>Name of the graph, and of its file in a bundle.</summary>
    public string Name { get; }

    /// <summary>Version of the ONNX operators.</summary>
    public int Opset { get; }

    /// <summary>Facts for readers of the file, written to its <c>metadata_props</c> in order of key.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    internal NameScopes Names { get; } = new();

    /// <summary>
    /// Adds an input. A dynamic axis is given by its name, a fixed one by its size: <c>Input("x", DType.Float32, "batch", 8)</c>.
    /// </summary>
    public Symbol Input(string name, DType type, params ReadOnlySpan<AxisSize> dims)
    {
        Reserve(name, "input");
        _proto.Input.Add(Protos.Value(name, type, dims));
        return new Symbol(this, name, type, dims);
    }

    /// <summary>Declares an output. Its name must differ from every input's ("next_state" beside "state").</summary>
    public void Output(string name, Symbol value)
    {
        Own(value, $"output '{name}'");
        Reserve(name, "output");
        _outputs.Add((name, value));
    }

    /// <summary>
    /// The finished model: nodes and initialisers that no output needs are gone, every value has its shape declared. The graph can grow
    /// further and be built again.
    /// </summary>
    public OnnxModel Build()
    {
        if (_outputs.Count == 0)
            throw new InvalidOperationException($"Graph '{Name}' has no output: call Output before Build.");
        GraphProto graph = _proto.Clone();
        Dictionary<string, string> renamed = [];
        foreach ((string name, Symbol value) in _outputs)
        {
            bool computed = graph.Node.Any(node => node.Output.Contains(value.Name));
            if (!computed || !renamed.TryAdd(value.Name, name))
                graph.Node.Add(new NodeProto { Name = name, OpType = "Identity", Input = { value.Name }, Output = { name } });
            graph.Output.Add(Protos.Value(name, value.Type, value.Dims));
        }
        Rename(graph, renamed);
        PrunePass.Apply(graph);

        ModelProto model = new()
        {
            IrVersion = IrVersion,
            ProducerName = "WorldModels",
            ProducerVersion = typeof(Graph).Assembly.GetName().Version?.ToString(3) ?? "",
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Version = Opset } },
        };
        if (graph.Node.Any(node => node.Domain == LearnedDomain))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = LearnedDomain, Version = LearnedOpset });
        model.MetadataProps.AddRange(Metadata.Select(pair => new StringStringEntryProto { Key = pair.Key, Value = pair.Value }));
        return new OnnxModel(model, graph.Initializer.Where(i => _weights.ContainsKey(i.Name))
            .ToDictionary(i => i.Name, i => _weights[i.Name]));
    }

    /// <summary>An exception whose message starts with where in the network it happened.</summary>
    internal ShapeException Error(string message)
    {
        string scope = Names.Current;
        return new ShapeException(scope.Length == 0 ? $"graph '{Name}': {message}" : $"{scope}: {message}");
    }

    internal void Own(Symbol value, string what)
    {
        if (!ReferenceEquals(value.Graph, this))
            throw Error($"{what} takes a tensor of graph '{value.Graph.Name}': make every tensor and parameter from one graph");
    }

    internal Symbol Add(string op, ReadOnlySpan<Symbol?> inputs, DType type, ReadOnlySpan<AxisSize> dims,
        params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = AddNode(op, inputs, attributes, out NodeProto node);
        node.Output.Add(name);
        return Value(name, type, dims);
    }

    /// <summary>A node of ONNX's machine-learning operators (trees and such), from floats to floats.</summary>
    internal Symbol AddLearned(string op, Symbol input, ReadOnlySpan<AxisSize> dims, params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = AddNode(op, [input], attributes, out NodeProto node);
        node.Domain = LearnedDomain;
        node.Output.Add(name);
        return Value(name, DType.Float32, dims);
    }

    internal Symbol[] AddMany(string op, ReadOnlySpan<Symbol?> inputs, DType type, AxisSize[][] dims,
        params ReadOnlySpan<AttributeProto> attributes)
    {
        string name = AddNode(op, inputs, attributes, out NodeProto node);
        Symbol[] values = [.. dims.Select((d, i) => Value($"{name}:{i}", type, d))];
        node.Output.AddRange(values.Select(v => v.Name));
        return values;
    }

    /// <summary>A trained weight, whose data stays outside the graph.</summary>
    internal Symbol Weight(string name, WeightArray weight)
    {
        Reserve(name, "parameter");
        _weights.Add(name, weight);
        _proto.Initializer.Add(Protos.ExternalInitializer(name, weight.Shape));
        return new Symbol(this, name, DType.Float32, [.. weight.Shape.Select(d => (AxisSize)d)]);
    }

    /// <summary>A fixed tensor inside the graph.</summary>
    internal Symbol Constant(string name, ReadOnlySpan<float> values, ReadOnlySpan<int> shape)
    {
        Reserve(name, "constant");
        return Initializer(name, DType.Float32, shape, MemoryMarshal.AsBytes(values));
    }

    /// <summary>A number of the given type; one initialiser for all its uses.</summary>
    internal Symbol Scalar(double value, DType type)
    {
        if (type == DType.Float32)
            return Shared(Protos.NameOf((float)value), type, [], BitConverter.GetBytes((float)value));
        if (type == DType.Bool || value != Math.Truncate(value))
        {
            throw Error(string.Create(CultureInfo.InvariantCulture,
                $"cannot use the number {value:R} with a tensor of {type}: cast the tensor first"));
        }

        return Shared(Protos.NameOf((long)value), type, [], BitConverter.GetBytes((long)value));
    }

    /// <summary>A vector of floats or integers, as axes, shapes and scales are given to operators; shared like numbers.</summary>
    internal Symbol Vector(params ReadOnlySpan<long> values) =>
        Shared(Protos.NameOf(values), DType.Int64, [values.Length], MemoryMarshal.AsBytes(values));

    /// <inheritdoc cref="Vector(ReadOnlySpan{long})"/>
    internal Symbol Vector(params ReadOnlySpan<float> values) =>
        Shared(Protos.NameOf(values), DType.Float32, [values.Length], MemoryMarshal.AsBytes(values));

    /// <summary>A (O, I) weight as (I, O), transposed once however often it is used.</summary>
    internal Symbol TransposeOf(Symbol weight)
    {
        if (!_transposed.TryGetValue(weight.Name, out Symbol? transposed))
            _transposed.Add(weight.Name, transposed = weight.Transpose(1, 0));
        return transposed;
    }

    private string AddNode(string op, ReadOnlySpan<Symbol?> inputs, ReadOnlySpan<AttributeProto> attributes, out NodeProto node)
    {
        node = new NodeProto { Name = Names.Unique(op), OpType = op };
        foreach (Symbol? input in inputs)
        {
            if (input is not null)
                Own(input, op);
            node.Input.Add(input?.Name ?? "");
        }
        node.Attribute.AddRange(attributes.ToArray());
        _proto.Node.Add(node);
        return node.Name;
    }

    private Symbol Value(string name, DType type, ReadOnlySpan<AxisSize> dims)
    {
        _proto.ValueInfo.Add(Protos.Value(name, type, dims));
        return new Symbol(this, name, type, dims);
    }

    private Symbol Shared(string name, DType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        if (_constants.TryGetValue(name, out Symbol? constant))
            return constant;
        Reserve(name, "constant");
        constant = Initializer(name, type, shape, data);
        _constants.Add(name, constant);
        return constant;
    }

    private Symbol Initializer(string name, DType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        _proto.Initializer.Add(Protos.Initializer(name, type, shape, data));
        return new Symbol(this, name, type, [.. shape.ToArray().Select(d => (AxisSize)d)]);
    }

    private void Reserve(string name, string what)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!Names.Reserve(name))
            throw new ArgumentException($"Graph '{Name}': the {what} '{name}' has a name that is taken: choose another.", nameof(name));
    }

    private static void Rename(GraphProto graph, Dictionary<string, string> renamed)
    {
        foreach (NodeProto node in graph.Node)
        {
            Rename(node.Input);
            Rename(node.Output);
        }
        for (int i = graph.ValueInfo.Count - 1; i >= 0; i--)
        {
            if (renamed.ContainsKey(graph.ValueInfo[i].Name))
                graph.ValueInfo.RemoveAt(i);        // outputs are declared as such
        }

        void Rename(IList<string> names)
        {
            for (int i = 0; i < names.Count; i++)
            {
                if (renamed.TryGetValue(names[i], out string? to))
                    names[i] = to;
            }
        }
    }
}
