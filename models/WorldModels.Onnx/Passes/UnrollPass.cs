using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// K steps of a step graph in one graph: K copies of its nodes over the same weights, each reading the states that the one before made. One
/// run replaces K, which counts where a run is short: at batch 1, and on devices that capture a graph and replay it.
/// </summary>
/// <remarks>
/// Inputs and outputs of step t end in ".t" (0 to K-1), states of every step among the outputs, since trajectories are kept. States to
/// begin with, and inputs that all steps share, keep their names.
/// </remarks>
public static class UnrollPass
{
    /// <summary>Unrolls a step.</summary>
    /// <param name="step">The graph of one step.</param>
    /// <param name="steps">K.</param>
    /// <param name="feeds">Outputs that become an input of the next step: output's name to input's name.</param>
    /// <param name="shared">Inputs that are the same at every step (such as a flag).</param>
    /// <returns>A model called after the step and K, such as "dream-15".</returns>
    /// <exception cref="ArgumentException">A name is not the step's, or a state has another type or shape than what feeds it.</exception>
    public static OnnxModel Apply(OnnxModel step, int steps, IReadOnlyDictionary<string, string> feeds,
        params IReadOnlyCollection<string> shared)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        Check(step, feeds, shared);
        return new Unrolling(step, steps, feeds, shared).Run();
    }

    private static void Check(OnnxModel step, IReadOnlyDictionary<string, string> feeds, IReadOnlyCollection<string> shared)
    {
        Dictionary<string, TensorInfo> inputs = step.Inputs.ToDictionary(i => i.Name), outputs = step.Outputs.ToDictionary(o => o.Name);
        if (step.Proto.Graph.Node.FirstOrDefault(n => PrunePass.Uses(n).Skip(n.Input.Count).Any()) is { } branch)
            throw new ArgumentException($"Graph '{step.Name}' has a branch or loop, '{branch.Name}', which cannot be unrolled.");
        foreach (string name in feeds.Values.Concat(shared).Where(name => !inputs.ContainsKey(name)))
            throw new ArgumentException($"Graph '{step.Name}' has no input '{name}'; it has {string.Join(", ", inputs.Keys)}.");
        foreach ((string output, string input) in feeds)
        {
            if (!outputs.TryGetValue(output, out TensorInfo? from))
                throw new ArgumentException($"Graph '{step.Name}' has no output '{output}'; it has {string.Join(", ", outputs.Keys)}.");
            TensorInfo to = inputs[input];
            if (from.Type != to.Type || !from.Dims.SequenceEqual(to.Dims))
            {
                throw new ArgumentException($"Graph '{step.Name}': output '{output}' is {from.Type} {AxisSize.Show([.. from.Dims])} "
                    + $"and cannot feed '{input}', which is {to.Type} {AxisSize.Show([.. to.Dims])}.");
            }
        }
        if (feeds.Values.GroupBy(input => input).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Graph '{step.Name}': '{twice.Key}' is fed by two outputs.");
        if (shared.FirstOrDefault(feeds.Values.Contains) is { } both)
            throw new ArgumentException($"Graph '{step.Name}': '{both}' is fed, it cannot be the same at every step.");
    }

    private sealed class Unrolling(
        OnnxModel step, int steps, IReadOnlyDictionary<string, string> feeds, IReadOnlyCollection<string> shared)
    {
        private readonly GraphProto _from = step.Proto.Graph;
        private readonly Dictionary<string, string> _fedBy = feeds.ToDictionary(f => f.Value, f => f.Key);
        private readonly HashSet<string> _inputs = [.. step.Inputs.Select(i => i.Name)], _outputs = [.. step.Outputs.Select(o => o.Name)];

        public OnnxModel Run()
        {
            HashSet<string> fixedValues = Fixed();
            ModelProto proto = step.Proto.Clone();
            GraphProto to = proto.Graph;
            to.Name = $"{step.Name}-{steps}";
            foreach (StringStringEntryProto fact in proto.MetadataProps.Where(f => IsOfAStep(f.Key)).ToArray())
                proto.MetadataProps.Remove(fact);
            to.Node.Clear();
            to.ValueInfo.Clear();
            to.Input.Clear();
            to.Output.Clear();
            to.Input.AddRange(_from.Input.Where(i => _fedBy.ContainsKey(i.Name) || shared.Contains(i.Name)).Select(i => i.Clone()));
            for (int t = 0; t < steps; t++)
            {
                string Name(string value) => value.Length == 0 || fixedValues.Contains(value) ? value : NameAt(value, t);
                to.Input.AddRange(_from.Input.Where(i => !_fedBy.ContainsKey(i.Name) && !shared.Contains(i.Name)).Select(Declared));
                to.Output.AddRange(_from.Output.Select(Declared));
                bool IsNew(string value) => t == 0 || !fixedValues.Contains(value);
                to.ValueInfo.AddRange(_from.ValueInfo.Where(v => IsNew(v.Name)).Select(Declared));
                foreach (NodeProto node in _from.Node.Where(n => IsNew(n.Output[0])))
                {
                    NodeProto copy = node.Clone();
                    copy.Name = fixedValues.Contains(node.Output[0]) ? node.Name : Labelled(node.Name, t);
                    for (int i = 0; i < copy.Input.Count; i++)
                        copy.Input[i] = Name(copy.Input[i]);
                    for (int i = 0; i < copy.Output.Count; i++)
                        copy.Output[i] = Name(copy.Output[i]);
                    to.Node.Add(copy);
                }

                ValueInfoProto Declared(ValueInfoProto value)
                {
                    ValueInfoProto copy = value.Clone();
                    copy.Name = Name(value.Name);
                    return copy;
                }
            }
            return new OnnxModel(proto, step.Weights);
        }

        /// <summary>What is the same at every step: constants, shared inputs, and what is computed from these alone.</summary>
        private HashSet<string> Fixed()
        {
            HashSet<string> known = [.. _from.Initializer.Select(i => i.Name), .. shared];
            foreach (NodeProto node in _from.Node)
            {
                if (node.Input.All(i => i.Length == 0 || known.Contains(i)) && !node.Output.Any(_outputs.Contains))
                    known.UnionWith(node.Output);
            }
            return known;
        }

        /// <summary>Whether a fact is one of a tensor that has another name at every step.</summary>
        private bool IsOfAStep(string key) => _inputs.Where(i => !_fedBy.ContainsKey(i) && !shared.Contains(i)).Concat(_outputs)
            .Any(name => key.EndsWith("." + name, StringComparison.Ordinal));

        private string NameAt(string value, int t)
        {
            if (_fedBy.TryGetValue(value, out string? output))
                return t == 0 ? value : $"{output}.{t - 1}";
            return _inputs.Contains(value) || _outputs.Contains(value) ? $"{value}.{t}" : Labelled(value, t);
        }

        private static string Labelled(string name, int t) => $"t{t:00}/{name}";
    }
}
