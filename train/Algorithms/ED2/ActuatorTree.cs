namespace WorldModels.Train.Algorithms;

/// <summary>Two groups of actuators that became one.</summary>
/// <param name="First">The one.</param>
/// <param name="Second">The other.</param>
/// <param name="Relatedness">How much more alike they are than each is to all but the other; -1 to 1.</param>
public sealed record Merge(IReadOnlyList<int> First, IReadOnlyList<int> Second, double Relatedness);

/// <summary>
/// Actuators that move the same numbers, put together step by step (SD2; Wang et al. 2021): at each step the two groups A and B become one
/// whose relatedness s(A, B) - (|A||B'| s(A, B') + |B||A'| s(B, A')) / (|A||B'| + |B||A'|) is largest, where s is the mean cosine
/// similarity of what two groups' actuators move, and A' are all actuators outside of A.
/// </summary>
/// <param name="Similarities">(A, A): the cosine of what two actuators move, 0 to 1, since no effect is negative.</param>
/// <param name="Merges">From the first to the one that leaves one group.</param>
/// <param name="Threshold">Relatedness below which groups stay apart.</param>
/// <param name="Groups">The groups as they were before the first merge below it, in the order of their first actuators.</param>
public sealed record ActuatorTree(
    IReadOnlyList<IReadOnlyList<double>> Similarities, IReadOnlyList<Merge> Merges, double Threshold,
    IReadOnlyList<IReadOnlyList<int>> Groups)
{
    /// <summary>The tree of actuators with these effects.</summary>
    /// <param name="effects">(A, O): how far each actuator moves each number that is observed.</param>
    /// <param name="threshold">Relatedness below which groups stay apart; the published code leaves it to who reads the merges.</param>
    /// <exception cref="UserException">An actuator moves nothing.</exception>
    public static ActuatorTree Of(IReadOnlyList<IReadOnlyList<double>> effects, double threshold)
    {
        double[][] similarities = Cosines(effects);
        List<int[]> groups = [.. Enumerable.Range(0, effects.Count).Select(actuator => (int[])[actuator])];
        List<int[]> apart = [.. groups];
        List<Merge> merges = [];
        bool joined = true;
        while (groups.Count > 1)
        {
            Merge best = Pairs(groups)
                .Select(pair => new Merge(pair.First, pair.Second, Relatedness(similarities, pair.First, pair.Second)))
                .MaxBy(merge => merge.Relatedness)!;
            merges.Add(best);
            groups.RemoveAll(group => group == best.First || group == best.Second);
            groups.Add([.. best.First.Concat(best.Second).Order()]);
            joined &= best.Relatedness >= threshold;
            if (joined)
                apart = [.. groups];
        }
        return new(similarities, merges, threshold, [.. apart.OrderBy(group => group[0])]);
    }

    private static IEnumerable<(int[] First, int[] Second)> Pairs(List<int[]> groups)
    {
        for (int i = 0; i < groups.Count; i++)
        {
            for (int j = i + 1; j < groups.Count; j++)
                yield return groups[i][0] < groups[j][0] ? (groups[i], groups[j]) : (groups[j], groups[i]);
        }
    }

    private static double[][] Cosines(IReadOnlyList<IReadOnlyList<double>> effects)
    {
        double[] norms = [.. effects.Select(row => Math.Sqrt(row.Sum(value => value * value)))];
        int idle = Array.FindIndex(norms, norm => norm == 0);
        if (idle >= 0)
            throw new UserException($"Actuator {idle} moves nothing that is observed: it belongs to no group.");
        return [.. effects.Select((row, i) => effects.Select((other, j) =>
            row.Zip(other, (a, b) => a * b).Sum() / (norms[i] * norms[j])).ToArray())];
    }

    private static double Relatedness(double[][] similarities, int[] first, int[] second)
    {
        int[] all = [.. Enumerable.Range(0, similarities.Length)], butFirst = [.. all.Except(first)], butSecond = [.. all.Except(second)];
        double firstPairs = (double)first.Length * butSecond.Length, secondPairs = (double)second.Length * butFirst.Length;
        return Mean(first, second)
            - (firstPairs * Mean(first, butSecond) + secondPairs * Mean(second, butFirst)) / (firstPairs + secondPairs);

        double Mean(int[] these, int[] those) => these.Average(i => those.Average(j => similarities[i][j]));
    }
}
