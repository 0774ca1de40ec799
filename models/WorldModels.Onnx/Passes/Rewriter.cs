using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>
/// A copy of a model that a pass changes: who makes and who reads each value, its shape, the numbers of its constants. Every value has its
/// shape declared, what is added too, so that <see cref="CostPass"/> counts the result.
/// </summary>
internal sealed class Rewriter
{
    private readonly ModelProto _model;
    private readonly Dictionary<string, WeightArray> _weights;
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly Dictionary<string, ValueInfoProto> _values;
    private readonly HashSet<string> _names;
    private ILookup<string, NodeProto>? _consumers;
    private Dictionary<string, NodeProto>? _producers;

    /// <exception cref="InvalidDataException">A value has no declared type and shape.</exception>
    public Rewriter(OnnxModel model)
    {
        _model = model.Proto.Clone();
        _weights = new(model.Weights);
        _initializers = Graph.Initializer.ToDictionary(i => i.Name);
        _values = Graph.Input.Concat(Graph.ValueInfo).Concat(Graph.Output).ToDictionary(v => v.Name);
        _names = [.. Graph.Node.Select(n => n.Name), .. _initializers.Keys, .. _values.Keys];
        if (Graph.Node.SelectMany(n => n.Output).FirstOrDefault(o => o.Length > 0 && !_values.ContainsKey(o)) is { } unknown)
        {
            throw new InvalidDataException(
                $"Graph '{model.Name}' declares no type and shape of '{unknown}': export it again, or infer its shapes first.");
        }
    }

    /// <summary>The graph as it is now; its nodes are in order again after <see cref="Build"/>.</summary>
    public GraphProto Graph => _model.Graph;

    /// <summary>The nodes of these operators as they are now.</summary>
    public NodeProto[] Nodes(params string[] operators) => [.. Graph.Node.Where(n => operators.Contains(n.OpType))];

    /// <summary>The node that makes a value; null for inputs, weights and constants.</summary>
    public NodeProto? Producer(string value) =>
        (_producers ??= Graph.Node.SelectMany(n => n.Output.Select(o => (Value: o, Node: n))).ToDictionary(p => p.Value, p => p.Node))
        .GetValueOrDefault(value);

    /// <summary>The nodes that read a value; one that reads it twice is here twice.</summary>
    public IEnumerable<NodeProto> Consumers(string value) =>
        (_consumers ??= Graph.Node.SelectMany(n => PrunePass.Uses(n).Select(i => (Value: i, Node: n))).ToLookup(p => p.Value, p => p.Node))
        [value];

    /// <summary>Whether nothing but these nodes reads a value.</summary>
    public bool OnlyReadBy(string value, params NodeProto[] nodes) => !IsOutput(value) && Consumers(value).All(nodes.Contains);

    /// <summary>Whether a name is a weight's or a constant's.</summary>
    public bool IsConstant(string name) => _initializers.ContainsKey(name);

    /// <summary>Element type of a value or constant; undefined for an input that is left out.</summary>
    public DataType TypeOf(string name)
    {
        if (_initializers.TryGetValue(name, out TensorProto? initializer))
            return (DataType)initializer.DataType;
        return name.Length == 0 ? DataType.Undefined : (DataType)_values[name].Type.TensorType.ElemType;
    }

    /// <summary>Whether the graph gives this value away.</summary>
    public bool IsOutput(string value) => Graph.Output.Any(o => o.Name == value);

    /// <summary>Sizes of a value or constant.</summary>
    public AxisSize[] Dims(string name) => _initializers.TryGetValue(name, out TensorProto? initializer)
        ? [.. initializer.Dims.Select(d => (AxisSize)(int)d)]
        : Protos.Dims(_values[name]);

    /// <summary>The numbers of a weight or of a constant of floats; null for anything else.</summary>
    public WeightArray? Floats(string name)
    {
        if (_weights.TryGetValue(name, out WeightArray? weight))
            return weight;
        return _initializers.TryGetValue(name, out TensorProto? constant)
            && constant is { DataType: (int)DataType.Float, RawData.Length: > 0 }
            ? new WeightArray(MemoryMarshal.Cast<byte, float>(constant.RawData.Span).ToArray(), [.. constant.Dims.Select(d => (int)d)])
            : null;
    }

    /// <summary>A weight computed from others and named after them: the same name has the same numbers in every graph.</summary>
    public string Weight(string name, Func<WeightArray> compute)
    {
        if (_names.Add(name))
        {
            WeightArray weight = compute();
            _weights.Add(name, weight);
            Declare(Protos.ExternalInitializer(name, weight.Shape));
        }
        return name;
    }

    /// <summary>A number.</summary>
    public string Number(float value)
    {
        string name = Protos.NameOf(value);
        if (_names.Add(name))
            Declare(Protos.Initializer(name, DType.Float32, [], MemoryMarshal.AsBytes([value])));
        return name;
    }

    /// <summary>A constant of another type.</summary>
    public string Constant(string name, Func<TensorProto> make)
    {
        if (_names.Add(name))
            Declare(make());
        return name;
    }

    /// <summary>A vector of whole numbers.</summary>
    public string Vector(params long[] values)
    {
        string name = Protos.NameOf(values);
        if (_names.Add(name))
            Declare(Protos.Initializer(name, DType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values)));
        return name;
    }

    /// <summary>Adds a node that makes a new value of floats.</summary>
    /// <returns>The value, which is called like the node.</returns>
    public string Add(string scope, string op, string[] inputs, AxisSize[] dims, params AttributeProto[] attributes)
    {
        NodeProto node = AddNode(scope, op, inputs, attributes);
        node.Output.Add(node.Name);
        AddValue(Protos.Value(node.Name, DType.Float32, dims), DataType.Float);
        return node.Name;
    }

    /// <summary>Adds a node that makes new values of the types it says.</summary>
    /// <returns>The values.</returns>
    public string[] Add(
        string scope, string op, string[] inputs, (DataType Type, AxisSize[] Dims)[] outputs, params AttributeProto[] attributes)
    {
        NodeProto node = AddNode(scope, op, inputs, attributes);
        for (int i = 0; i < outputs.Length; i++)
        {
            string name = i == 0 ? node.Name : $"{node.Name}:{i}";
            node.Output.Add(name);
            AddValue(Protos.Value(name, DType.Float32, outputs[i].Dims), outputs[i].Type);
        }
        return [.. node.Output];
    }

    /// <summary>A value as another type, cast in one place for all that read it so.</summary>
    public string Cast(string value, DataType type)
    {
        string name = $"{value}/{Protos.NameOf(type)}";
        if (!_names.Add(name))
            return name;
        Graph.Node.Add(new NodeProto
        {
            Name = name, OpType = "Cast", Input = { value }, Output = { name }, Attribute = { Protos.Attribute("to", (long)type) },
        });
        Forget();
        AddValue(Protos.Value(name, DType.Float32, Dims(value)), type);
        return name;
    }

    /// <summary>
    /// Declares that a node makes another type. An output of the graph keeps its own, cast from what the node makes, which
    /// <paramref name="readers"/> read directly.
    /// </summary>
    public void Retype(NodeProto node, int output, DataType type, Predicate<NodeProto> readers)
    {
        string value = node.Output[output];
        if (!IsOutput(value))
        {
            _values[value].Type.TensorType.ElemType = (int)type;
            return;
        }
        string made = $"{value}/{Protos.NameOf(type)}";
        foreach (NodeProto reader in Consumers(value).Where(r => readers(r)).ToArray())
            reader.Input[reader.Input.IndexOf(value)] = made;
        node.Output[output] = made;
        _names.Add(made);
        AddValue(Protos.Value(made, DType.Float32, Dims(value)), type);
        Forget();
        Define(value, value, "Cast", [made], Protos.Attribute("to", (long)DataType.Float));
    }

    /// <summary>Has a new node make a value that is there: who reads it does not notice. The node that made it is removed.</summary>
    public void Define(string value, string scope, string op, string[] inputs, params AttributeProto[] attributes)
    {
        if (Producer(value) is { } former)
            Graph.Node.Remove(former);
        AddNode(scope, op, inputs, attributes).Output.Add(value);
        Forget();
    }

    /// <summary>Has a node read another value.</summary>
    public void SetInput(NodeProto node, int at, string value)
    {
        while (node.Input.Count <= at)
            node.Input.Add("");
        node.Input[at] = value;
        Forget();
    }

    /// <summary>The changed model: nodes in order, without what no output needs any more.</summary>
    public OnnxModel Build()
    {
        Sort();
        PrunePass.Apply(Graph);
        return new OnnxModel(_model,
            Graph.Initializer.Where(i => _weights.ContainsKey(i.Name)).ToDictionary(i => i.Name, i => _weights[i.Name]));
    }

    private NodeProto AddNode(string scope, string op, string[] inputs, AttributeProto[] attributes)
    {
        string wanted = scope.Length == 0 ? op : $"{scope}/{op}", name = wanted;
        for (int i = 1; !_names.Add(name); i++)
            name = $"{wanted}_{i}";
        NodeProto node = new() { Name = name, OpType = op, Input = { inputs }, Attribute = { attributes } };
        Graph.Node.Add(node);
        Forget();
        return node;
    }

    private void AddValue(ValueInfoProto value, DataType type)
    {
        value.Type.TensorType.ElemType = (int)type;
        _values.Add(value.Name, value);
        Graph.ValueInfo.Add(value);
    }

    private void Declare(TensorProto initializer)
    {
        _initializers.Add(initializer.Name, initializer);
        Graph.Initializer.Add(initializer);
    }

    private void Forget() => (_producers, _consumers) = (null, null);

    /// <summary>Each node after those it reads, otherwise in the order they were in.</summary>
    private void Sort()
    {
        List<NodeProto> sorted = [];
        HashSet<NodeProto> placed = new(ReferenceEqualityComparer.Instance);
        NodeProto[] nodes = [.. Graph.Node];
        foreach (NodeProto node in nodes)
            Place(node);
        Graph.Node.Clear();
        Graph.Node.AddRange(sorted);

        void Place(NodeProto node)
        {
            if (!placed.Add(node))
                return;
            foreach (string input in PrunePass.Uses(node))
            {
                if (Producer(input) is { } before)
                    Place(before);
            }
            sorted.Add(node);
        }
    }
}
