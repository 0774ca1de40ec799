using WorldModels.Models;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>Trees whose leaves add up to outputs, as one operator of ONNX's machine-learning operators computes them.</summary>
/// <param name="Features">Numbers in a row.</param>
/// <param name="Base">What each output is without any tree.</param>
/// <param name="Trees">The trees, one for each output at least: ONNX Runtime leaves the base out of an output that has none.</param>
public sealed record Forest(int Features, IReadOnlyList<float> Base, IReadOnlyList<Tree> Trees)
{
    /// <summary>The operator.</summary>
    public const string Operator = "TreeEnsembleRegressor";

    private const string Branch = "BRANCH_LEQ", Leaf = "LEAF";

    /// <summary>Adds the forest to a graph: rows (B, F) to outputs (B, T).</summary>
    /// <exception cref="ShapeException">The rows have another width.</exception>
    public Symbol Apply(Symbol rows)
    {
        if (rows.Rank != 2 || rows.Size(1) != Features)
            throw rows.Graph.Error($"a forest over {Features} numbers was given {rows.Shape}; expected (batch, {Features})");
        if (Enumerable.Range(0, Base.Count).Except(Trees.Select(tree => tree.Target)).Any())
            throw new InvalidOperationException("An output of the forest has no tree; give it one of a single leaf.");
        List<long> treeIds = [], nodeIds = [], features = [], lefts = [], rights = [], leafTrees = [], leafNodes = [], targets = [];
        List<string> modes = [];
        List<float> values = [], weights = [];
        for (int t = 0; t < Trees.Count; t++)
        {
            Tree tree = Trees[t];
            for (int b = 0; b < tree.Branches; b++)
                Node(t, b, Branch, tree.Feature[b], tree.Threshold[b], NodeOf(tree, tree.Left[b]), NodeOf(tree, tree.Right[b]));
            for (int leaf = 0; leaf < tree.Leaf.Count; leaf++)
            {
                Node(t, tree.Branches + leaf, Leaf, 0, 0, 0, 0);
                leafTrees.Add(t);
                leafNodes.Add(tree.Branches + leaf);
                targets.Add(tree.Target);
                weights.Add(tree.Leaf[leaf]);
            }
        }
        return rows.Graph.AddLearned(Operator, rows, [rows.Dims[0], Base.Count],
            Protos.Attribute("nodes_treeids", treeIds), Protos.Attribute("nodes_nodeids", nodeIds),
            Protos.Attribute("nodes_modes", modes), Protos.Attribute("nodes_featureids", features),
            Protos.Attribute("nodes_values", values), Protos.Attribute("nodes_truenodeids", lefts),
            Protos.Attribute("nodes_falsenodeids", rights), Protos.Attribute("target_treeids", leafTrees),
            Protos.Attribute("target_nodeids", leafNodes), Protos.Attribute("target_ids", targets),
            Protos.Attribute("target_weights", weights), Protos.Attribute("n_targets", Base.Count), Protos.Attribute("base_values", [.. Base]));

        void Node(int tree, int node, string mode, int feature, float value, int left, int right)
        {
            treeIds.Add(tree);
            nodeIds.Add(node);
            modes.Add(mode);
            features.Add(feature);
            values.Add(value);
            lefts.Add(left);
            rights.Add(right);
        }
    }

    /// <summary>The forest of a graph that <see cref="Apply"/> wrote; null if there is none in it.</summary>
    public static Forest? Find(GraphProto graph)
    {
        NodeProto? node = graph.Node.FirstOrDefault(node => node.OpType == Operator);
        if (node is null)
            return null;
        long[] trees = Whole("nodes_treeids"), features = Whole("nodes_featureids"), lefts = Whole("nodes_truenodeids");
        long[] rights = Whole("nodes_falsenodeids"), leafTrees = Whole("target_treeids"), targets = Whole("target_ids");
        float[] thresholds = Real("nodes_values"), weights = Real("target_weights");
        bool[] isBranch = [.. Attribute("nodes_modes").Strings.Select(mode => mode.ToStringUtf8() == Branch)];
        ILookup<long, int> leavesOf = Enumerable.Range(0, leafTrees.Length).ToLookup(i => leafTrees[i]);
        List<Tree> found = [];
        foreach (IGrouping<long, int> nodes in Enumerable.Range(0, trees.Length).GroupBy(i => trees[i]))
        {
            int[] branches = [.. nodes.Where(i => isBranch[i])];
            int[] leaves = [.. leavesOf[nodes.Key]];
            found.Add(new((int)targets[leaves[0]], [.. branches.Select(i => (int)features[i])], [.. branches.Select(i => thresholds[i])],
                [.. branches.Select(i => Child(lefts[i], branches.Length))], [.. branches.Select(i => Child(rights[i], branches.Length))],
                [.. leaves.Select(i => weights[i])]));
        }
        int width = graph.Input.Sum(input => input.Type.TensorType.Shape.Dim.Skip(1).Aggregate(1, (size, dim) => size * (int)dim.DimValue));
        return new(width, Real("base_values"), found);

        AttributeProto Attribute(string name) => node.Attribute.First(attribute => attribute.Name == name);
        long[] Whole(string name) => [.. Attribute(name).Ints];
        float[] Real(string name) => [.. Attribute(name).Floats];
        static int Child(long node, int branches) => node < branches ? (int)node : -1 - ((int)node - branches);
    }

    private static int NodeOf(Tree tree, int child) => child >= 0 ? child : tree.Branches + (-1 - child);
}
