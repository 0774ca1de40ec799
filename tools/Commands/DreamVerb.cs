using System.Globalization;
using CommandLine;
using MathNet.Numerics.Statistics;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("dream", HelpText = "Dream with the bundle's policy, or with random actions if it has none, and show the rewards.")]
public sealed class DreamVerb : RunningVerb
{
    [Option("batch", Default = "256", HelpText = "Dreams side by side.")]
    public string Batch { get; set; } = "";

    [Option("horizon", Default = "15", HelpText = "Steps of a dream.")]
    public string Horizon { get; set; } = "";

    [Option("seed", Default = "0", HelpText = "Determines starts, noise and random actions.")]
    public string Seed { get; set; } = "";

    private protected override int Run(Page page)
    {
        int batch = Arguments.WholeNumber("batch", Batch, least: 1), horizon = Arguments.WholeNumber("horizon", Horizon, least: 1);
        ulong seed = Arguments.Seed("seed", Seed);
        using WorldModel world = WorldModel.Load(Bundle, Options);
        using Dream dream = world.Dream(batch, horizon);
        DreamBatch imagined = dream.Run(seed);
        imagined.ThrowIfNotFinite();
        bool rewards = Predicts(world.Manifest, TensorRole.Reward), continues = Predicts(world.Manifest, TensorRole.Continue);
        // What a dreamer collects: rewards count as far as the episode still goes on, by the model's own word.
        double[] returns = new double[batch], alive = [.. Enumerable.Repeat(1.0, batch)];
        List<string[]> rows = [];
        for (int t = 0; t < horizon; t++)
        {
            ReadOnlySpan<float> reward = rewards ? imagined.Rewards(t) : [], continuations = continues ? imagined.Continues(t) : [];
            for (int row = 0; row < batch; row++)
            {
                if (rewards)
                    returns[row] += alive[row] * reward[row];
                if (continues)
                    alive[row] *= continuations[row];
            }
            rows.Add([$"{t + 1}", Mean(reward.ToArray()), Mean(continuations.ToArray())]);
        }
        page.Heading($"{world.Manifest.Name}: {Figures.Number(batch)} dreams of {horizon} steps, seed {seed}");
        page.Table(["step", "mean reward", "mean continue"], rows);
        string spread = $"sd {Text(returns.PopulationStandardDeviation())}, {Text(returns.Min())} to {Text(returns.Max())}";
        if (rewards)
            page.Line($"Return: {Text(returns.Average())}, {spread}.");
        if (continues)
            page.Line($"Still going on after {horizon} steps: {Figures.Share(alive.Average())}.");
        if (!rewards && !continues)
            page.Line("This bundle predicts neither reward nor continuation.");
        return 0;
    }

    private static bool Predicts(Manifest manifest, TensorRole role) =>
        manifest.DreamGraphs.Any(graph => manifest.Graphs[graph].Output(role) is not null);

    private static string Mean(float[] values) => values.Length == 0 ? "" : Text(values.Average());

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
