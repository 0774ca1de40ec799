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

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
