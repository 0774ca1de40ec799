using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Where the states of a world lie along real episodes, on their two principal components.</summary>
/// <param name="Points">Each state on the first and the second component.</param>
/// <param name="Rewards">The reward on arriving in each; empty if none is known.</param>
/// <param name="Shares">The shares of the states' variance that the two components have.</param>
/// <param name="Size">Numbers in a state.</param>
internal sealed record LatentStates(
    IReadOnlyList<(double X, double Y)> Points, IReadOnlyList<float> Rewards, (double First, double Second) Shares, int Size)
{
    /// <summary>Filters episodes through a world.</summary>
    /// <exception cref="BundleException">The bundle filters no observations, or episodes do not fit it.</exception>
    public static LatentStates Of(WorldModel world, IReadOnlyList<RealEpisode> episodes)
    {
        Manifest manifest = world.Manifest;
        if (!manifest.Graphs.TryGetValue("observe", out GraphSpec? observe))
            throw new BundleException($"Bundle '{manifest.Name}' has no graph 'observe': its states are its observations.");
        string[] names = [.. observe.Outputs
            .Where(output => output is { Role: TensorRole.State, Dtype: TensorType.Float32 }).Select(output => output.Feeds!)];
        List<double[]> states = [];
        List<float> rewards = [];
        foreach (RealEpisode episode in episodes)
        {
            using Dream dream = world.Dream(1, 1);
            DreamBatch filtered = Filter(dream, episode);
            for (int t = 1; t < episode.Steps; t++)
            {
                int at = t + 1 - episode.Steps;
                states.Add([.. names.SelectMany(name => filtered.State(name, at).ToArray()).Select(value => (double)value)]);
                if (episode.Rewards.Count > 0)
                    rewards.Add(episode.Rewards[t - 1]);
            }
        }
        if (states.Count < 3)
            throw new BundleException("There are fewer than three states to draw: give more --steps.");
        Matrix<double> all = Matrix<double>.Build.DenseOfRowArrays(states);
        for (int i = 0; i < all.ColumnCount; i++)
            all.SetColumn(i, all.Column(i) - all.Column(i).Average());
        Evd<double> components = (all.TransposeThisAndMultiply(all) / all.RowCount).Evd(Symmetricity.Symmetric);  // ascending
        int last = all.ColumnCount - 1;
        double total = components.EigenValues.Sum(value => value.Real);
        Vector<double> x = all * components.EigenVectors.Column(last), y = all * components.EigenVectors.Column(last - 1);
        return new([.. x.Zip(y)], rewards,
            (components.EigenValues[last].Real / total, components.EigenValues[last - 1].Real / total), all.ColumnCount);
    }

    private static DreamBatch Filter(Dream dream, RealEpisode episode)
    {
        float[] observations = [.. episode.Observations.Take(episode.Steps).SelectMany(seen => seen)];
        int size = episode.Actions.Length / episode.Steps, before = (episode.Steps - 1) * size;
        if (episode.Actions is long[] numbers)
        {
            dream.Start(observations, numbers.AsSpan(0, before));
            return dream.Run(0, numbers.AsSpan(before));
        }
        float[] values = (float[])episode.Actions;
        dream.Start(observations, values.AsSpan(0, before));
        return dream.Run(0, values.AsSpan(before));
    }
}
