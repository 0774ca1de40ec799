namespace WorldModels.Onnx;

/// <summary>
/// A binary tree of decisions over the numbers of a row. Branches are numbered from 0, the root; a branch sends a row to the left where
/// the number it looks at is at most its threshold. A child of at least 0 is a branch, one below is the leaf <c>-1 - child</c>.
/// </summary>
/// <param name="Target">The output that its leaves add to.</param>
/// <param name="Feature">Of each branch, the number it looks at.</param>
/// <param name="Threshold">Of each branch.</param>
/// <param name="Left">Of each branch, the child for numbers up to the threshold.</param>
/// <param name="Right">Of each branch, the child for greater numbers.</param>
/// <param name="Leaf">What each leaf adds; one leaf and no branch: a constant.</param>
public sealed record Tree(
    int Target, IReadOnlyList<int> Feature, IReadOnlyList<float> Threshold, IReadOnlyList<int> Left, IReadOnlyList<int> Right,
    IReadOnlyList<float> Leaf)
{
    /// <summary>Number of branches.</summary>
    public int Branches => Feature.Count;
}
