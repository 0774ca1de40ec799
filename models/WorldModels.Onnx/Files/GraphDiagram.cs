using System.Globalization;
using System.Text;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>
/// A graph as a Mermaid flowchart: inputs at the top, outputs at the bottom, and between them either a box for each visit to a module or
/// every operation inside its modules. Modules are known by the names of nodes, which carry their path ("rssm/gru/Gemm").
/// </summary>
public sealed class GraphDiagram
{
    /// <summary>Boxes that fit a page, beside inputs and outputs.</summary>
    public const int MostBoxes = 24;

    // Operations that are no reason to unfold a box, operators and tensors that are named one by one.
    private const int SmallBox = 8, MostNames = 4, MostTensors = 3;

    private readonly GraphProto _graph;
    private readonly Dictionary<string, TensorProto> _initializers;
    private readonly Dictionary<string, ValueInfoProto> _values = [];
    private readonly Box[] _boxes;
    private readonly bool _full;

    /// <summary>Prepares a diagram.</summary>
    /// <param name="model">The model; its nodes come in an order in which they can be computed, as ONNX demands.</param>
    /// <param name="full">Whether every operation is drawn.</param>
    public GraphDiagram(ModelProto model, bool full)
    {
        (_graph, _full) = (model.Graph, full);
        _initializers = _graph.Initializer.ToDictionary(initializer => initializer.Name);
        foreach (ValueInfoProto value in (IEnumerable<ValueInfoProto>)[.. _graph.Input, .. _graph.ValueInfo, .. _graph.Output])
            _values[value.Name] = value;
        _boxes = full ? [.. _graph.Node.Select(node => new Box(Scope(node), [node]))] : Folded();
    }

    /// <summary>Boxes between inputs and outputs.</summary>
    public int Boxes => _boxes.Length;

    /// <summary>Operations of the graph.</summary>
    public int Operations => _graph.Node.Count;

    /// <summary>The text of the flowchart.</summary>
    public string ToMermaid()
    {
        StringBuilder text = new("flowchart TD\n");
        Dictionary<string, string> makers = [];
        ValueInfoProto[] inputs = [.. _graph.Input.Where(input => !_initializers.ContainsKey(input.Name))];
        for (int i = 0; i < inputs.Length; i++)
        {
            makers[inputs[i].Name] = $"input{i}";
            text.Append($"  input{i}([\"{Label(inputs[i].Name, Tensor(inputs[i].Name))}\"])\n");
        }
        for (int i = 0; i < _boxes.Length; i++)
        {
            foreach (string output in _boxes[i].Nodes.SelectMany(node => node.Output))
                makers[output] = $"box{i}";
        }

        if (_full)
        {
            AppendModules(text, [.. Enumerable.Range(0, _boxes.Length)], depth: 0);
        }
        else
        {
            for (int i = 0; i < _boxes.Length; i++)
                AppendBox(text, i, "  ");
        }

        for (int i = 0; i < _graph.Output.Count; i++)
            text.Append($"  output{i}([\"{Label(_graph.Output[i].Name, Tensor(_graph.Output[i].Name))}\"])\n");
        for (int i = 0; i < _boxes.Length; i++)
            AppendEdges(text, makers, _boxes[i].Nodes.SelectMany(node => node.Input), $"box{i}");
        for (int i = 0; i < _graph.Output.Count; i++)
            AppendEdges(text, makers, [_graph.Output[i].Name], $"output{i}");
        return text.ToString();
    }

    /// <summary>
    /// Nodes that follow each other in one module, as one box; the largest boxes are unfolded into what their modules hold as long as
    /// <see cref="MostBoxes"/> are enough. Since the order of nodes is one in which they can be computed, no two boxes wait for each other.
    /// </summary>
    private Box[] Folded()
    {
        List<Box> boxes = Unfold([.. _graph.Node]);
        while (Larger() is { } larger)
            boxes = larger;
        return [.. boxes];

        List<Box>? Larger() => boxes.Where(box => box.Nodes.Count > SmallBox).OrderByDescending(box => box.Nodes.Count)
            .Select(box => (Box: box, Inside: Unfold(box.Nodes)))
            .Where(one => one.Inside.Count > 1 && boxes.Count - 1 + one.Inside.Count <= MostBoxes)
            .Select(one => boxes.SelectMany(box => box == one.Box ? one.Inside : [box]).ToList()).FirstOrDefault();
    }

    /// <summary>Nodes by the modules inside the one that all of them are in; one box if there are none.</summary>
    private static List<Box> Unfold(List<NodeProto> nodes)
    {
        int depth = CommonScope(nodes).Length + 1;
        List<List<NodeProto>> runs = [];
        foreach (NodeProto node in nodes)
        {
            if (runs.Count > 0 && Scope(runs[^1][^1]).Take(depth).SequenceEqual(Scope(node).Take(depth)))
                runs[^1].Add(node);
            else
                runs.Add([node]);
        }
        return [.. runs.Select(run => new Box(CommonScope(run), run))];
    }

    private static string[] CommonScope(List<NodeProto> nodes)
    {
        string[] common = nodes.Count > 0 ? Scope(nodes[0]) : [];
        foreach (NodeProto node in nodes)
            common = [.. common.Zip(Scope(node)).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)];
        return common;
    }

    private static string[] Scope(NodeProto node) => node.Name.Split('/')[..^1];

    /// <summary>Boxes of one module, each inner module as a frame of its own.</summary>
    private void AppendModules(StringBuilder text, int[] boxes, int depth)
    {
        string indent = new(' ', 2 * depth + 2);
        foreach (int box in boxes.Where(box => _boxes[box].Scope.Length == depth))
            AppendBox(text, box, indent);
        foreach (IGrouping<string, int> module in boxes.Where(box => _boxes[box].Scope.Length > depth).GroupBy(box => _boxes[box].Scope[depth]))
        {
            int[] inside = [.. module];
            text.Append($"{indent}subgraph module{depth}_{inside[0]}[\"{Escape(module.Key)}\"]\n");
            AppendModules(text, inside, depth + 1);
            text.Append($"{indent}end\n");
        }
    }

    private void AppendBox(StringBuilder text, int index, string indent)
    {
        Box box = _boxes[index];
        string[] operators = [.. box.Nodes.Select(node => node.OpType)];
        string content = operators.Length <= MostNames ? string.Join(", ", operators) : $"{operators.Length} operations";
        string[] lines = _full || box.Scope.Length == 0 ? [content] : [string.Join('/', box.Scope), content];
        long weights = box.Nodes.SelectMany(node => node.Input).Distinct().Sum(Weights);
        if (weights > 0)
            lines = [.. lines, $"{weights.ToString("N0", CultureInfo.InvariantCulture)} weights"];
        text.Append($"{indent}box{index}[\"{Label(lines)}\"]\n");
    }

    /// <summary>One edge from each maker of what something reads, with the shapes that are known.</summary>
    private void AppendEdges(StringBuilder text, Dictionary<string, string> makers, IEnumerable<string> read, string reader)
    {
        IEnumerable<IGrouping<string, string>> sources = read.Distinct().Where(makers.ContainsKey).GroupBy(value => makers[value]).Where(source => source.Key != reader);
        foreach (IGrouping<string, string> source in sources)
        {
            string[] tensors = [.. source.Select(Tensor).Where(tensor => tensor.Length > 0)];
            string label = Label(tensors.Length <= MostTensors ? tensors : [$"{tensors.Length} tensors"]);
            text.Append(label.Length > 0 ? $"  {source.Key} -->|\"{label}\"| {reader}\n" : $"  {source.Key} --> {reader}\n");
        }
    }

    /// <summary>Elements of a trained weight; constants, which numbers in the code became, are none.</summary>
    private long Weights(string name) =>
        _initializers.TryGetValue(name, out TensorProto? weight) && !name.StartsWith("constant/", StringComparison.Ordinal)
            ? weight.Dims.Aggregate(1L, (product, size) => product * size) : 0;

    /// <summary>Shape of a value, before it its type unless that is float32; nothing where the graph does not tell.</summary>
    private string Tensor(string name)
    {
        if (_values.GetValueOrDefault(name)?.Type?.TensorType is not { Shape: { } shape } tensor)
            return "";
        string dims = string.Join(", ", shape.Dim.Select(dim => dim.DimParam is { Length: > 0 } axis ? axis : $"{dim.DimValue}"));
        DataType type = (DataType)tensor.ElemType;
        return type == DataType.Float ? $"[{dims}]" : $"{Protos.NameOf(type)} [{dims}]";
    }

    private static string Label(params IEnumerable<string> lines) =>
        string.Join("<br/>", lines.Where(line => line.Length > 0).Select(Escape));

    /// <summary>Text that Mermaid shows as it is, inside quotes.</summary>
    private static string Escape(string text) => text.Replace("#", "#35;", StringComparison.Ordinal)
        .Replace("\"", "#quot;", StringComparison.Ordinal).Replace("<", "#lt;", StringComparison.Ordinal)
        .Replace(">", "#gt;", StringComparison.Ordinal).Replace("`", "#96;", StringComparison.Ordinal);

    /// <summary>What is drawn as one: some nodes, and the path of the module around them.</summary>
    private sealed record Box(string[] Scope, List<NodeProto> Nodes);
}
