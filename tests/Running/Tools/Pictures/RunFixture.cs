using System.Globalization;
using System.Text.Json;

namespace WorldModels.Tests.Tools;

/// <summary>A folder of run folders as training leaves them behind.</summary>
internal sealed class RunFixture : IDisposable
{
    /// <summary>The folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("worldmodels-runs-").FullName;

    /// <summary>Writes a run whose return at each step is given, with a loss of 1000 over it; the result is its folder.</summary>
    /// <param name="name">Name of its folder.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="returns">Steps and returns.</param>
    /// <param name="rate">Its learning rate, as JSON.</param>
    /// <param name="steps">What the lines call their steps.</param>
    /// <param name="final">Mean return of the final evaluation; null: the run goes on.</param>
    public string Run(string name, int seed, (double Step, double Return)[] returns, string rate = "0.001", string steps = "frames",
        double? final = null)
    {
        string folder = Path.Combine(Root, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            $$"""{"algorithm": "test", "env": "pendulum", "seed": {{seed}}, "learningRate": {{rate}}, "framesPerUpdate": 80}""");
        File.WriteAllLines(Path.Combine(folder, "metrics.jsonl"), returns.Select((at, i) => string.Create(CultureInfo.InvariantCulture,
            $$"""{"update": {{i}}, "{{steps}}": {{at.Step}}, "loss": {{1000 / at.Return}}, "return": {{at.Return}}, "nothing": null}""")));
        if (final is { } mean)
        {
            File.WriteAllText(Path.Combine(folder, "evaluation.json"), JsonSerializer.Serialize(new Dictionary<string, double>
            {
                ["return_sampled_mean"] = mean, ["return_sampled_ci95"] = 2.5, ["return_random_mean"] = 3,
            }));
        }
        return folder;
    }

    /// <summary>
    /// Writes a run of a search by a population: at steps 100 to 1,000 the mean return is a tenth of the step, the best 30 above, the worst
    /// 20 below, the middle half 10 about it, and the return of the mean, known from 500 on, 5 above.
    /// </summary>
    /// <param name="name">Name of its folder.</param>
    /// <param name="seed">Its seed, which is added to all returns.</param>
    public string Search(string name, int seed)
    {
        string folder = Path.Combine(Root, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""{"algorithm": "test", "env": "pendulum", "seed": {{seed}}}""");
        File.WriteAllLines(Path.Combine(folder, "metrics.jsonl"), Enumerable.Range(1, 10).Select(i => (Step: 100 * i, Mean: 10 * i + seed))
            .Select(at => $$"""{"update": {{at.Step / 100}}, "frames": {{at.Step}}, "return_mean": {{at.Mean}}, """
                + $"\"return_best\": {at.Mean + 30}, \"return_worst\": {at.Mean - 20}, "
                + $"\"return_quartile1\": {at.Mean - 10}, \"return_quartile3\": {at.Mean + 10}, "
                + (at.Step < 500 ? "" : $"\"return_of_mean\": {at.Mean + 5}, ")
                + "\"sigma\": 0.5, \"spread_mean\": 0.2, \"spread_least\": 0.1, \"spread_most\": 0.3, \"condition\": 9}"));
        return folder;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
