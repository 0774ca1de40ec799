using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Onnx;

/// <summary>
/// The parameters of a network that is traced: trained weights by name, each an initialiser made once per graph, so that a step unrolled
/// many times has its weights once.
/// </summary>
/// <param name="graph">The graph that the network is traced into.</param>
/// <param name="weights">Trained weights by path ("core/gru/weight_ih"); those that the network does not ask for are left out.</param>
public sealed class SymbolicParameters(Graph graph, IReadOnlyDictionary<string, WeightArray> weights) : ParameterStore<Symbol>
{
    private readonly Dictionary<string, Symbol> _parameters = [];
    private readonly Dictionary<string, (Symbol Symbol, float[] Values)> _constants = [];

    /// <exception cref="ShapeException">There is no such weight, or it has another shape than the network expects.</exception>
    public override Symbol Parameter(string path, ReadOnlySpan<int> shape, Init init)
    {
        if (!weights.TryGetValue(path, out WeightArray? weight))
        {
            throw new ShapeException(
                $"Graph '{graph.Name}': there is no weight '{path}'{Similar(path)}. Give the weights this network was trained with.");
        }

        if (!weight.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new ShapeException($"Graph '{graph.Name}': the network expects '{path}' of shape {Show(shape.ToArray())}, the weights "
                + $"have {Show(weight.Shape)}. Give the weights and the configuration of the same network.");
        }

        if (!_parameters.TryGetValue(path, out Symbol? symbol))
            _parameters.Add(path, symbol = graph.Weight(path, weight));
        return symbol;
    }

    /// <inheritdoc/>
    public override Symbol Constant(string path, ReadOnlySpan<float> values, ReadOnlySpan<int> shape)
    {
        _ = new WeightArray(values.ToArray(), shape);
        if (!_constants.TryGetValue(path, out (Symbol Symbol, float[] Values) constant))
        {
            _constants.Add(path, constant = (graph.Constant(path, values, shape), values.ToArray()));
        }
        else if (!constant.Values.AsSpan().SequenceEqual(values)
            || constant.Symbol.Shape != AxisSize.Show([.. shape.ToArray().Select(d => (AxisSize)d)]))
        {
            throw new ShapeException(
                $"Graph '{graph.Name}': the constant '{path}' is asked for twice with different values: rename one of them.");
        }

        return constant.Symbol;
    }

    public override void Push(string scope) => graph.Names.Push(scope);

    public override void Pop() => graph.Names.Pop();

    private string Similar(string path)
    {
        string last = path[(path.LastIndexOf('/') + 1)..];
        string[] names = [.. weights.Keys.Where(n => n.EndsWith(last, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Take(3)];
        return names.Length == 0 ? $" among {weights.Count}" : $" (there is {string.Join(", ", names.Select(n => $"'{n}'"))})";
    }

    private static string Show(IEnumerable<int> shape) => $"({string.Join(", ", shape)})";
}
