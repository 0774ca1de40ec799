using WorldModels.Onnx;

namespace WorldModels.Tools;

/// <summary>What a forest asks: a branch counts 1 at the root, a half below, a quarter below that, as rows that halve would meet it.</summary>
internal static class ForestReading
{
    /// <summary>A question of a forest.</summary>
    /// <param name="Number">The number of a row that it looks at.</param>
    /// <param name="Threshold">Up to this, it goes left.</param>
    /// <param name="Use">How much it counts.</param>
    public readonly record struct Split(int Number, float Threshold, double Use);

    /// <summary>Every branch of every tree.</summary>
    public static IEnumerable<Split> Splits(Forest forest)
    {
        foreach (Tree tree in forest.Trees)
        {
            Stack<(int Branch, double Use)> open = new(tree.Branches > 0 ? [(0, 1.0)] : []);
            while (open.TryPop(out (int Branch, double Use) at))
            {
                yield return new(tree.Feature[at.Branch], tree.Threshold[at.Branch], at.Use);
                foreach (int child in (int[])[tree.Left[at.Branch], tree.Right[at.Branch]])
                {
                    if (child >= 0)
                        open.Push((child, at.Use / 2));
                }
            }
        }
    }
}
