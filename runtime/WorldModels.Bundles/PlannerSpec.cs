using System.Text.Json.Serialization;

namespace WorldModels.Bundles;

/// <summary>
/// How the cross-entropy method searches. The defaults are those of PlaNet (Hafner et al. 2019, "Learning latent dynamics for planning from
/// pixels", appendix A).
/// </summary>
public sealed record PlannerSpec
{
    /// <summary>H, actions planned ahead.</summary>
    [JsonRequired]
    public int Horizon { get; init; } = 12;

    /// <summary>N (the paper's J), sequences of actions sampled at each iteration.</summary>
    [JsonRequired]
    public int Candidates { get; init; } = 1000;

    /// <summary>The best of them (the paper's K), to which mean and deviation are fitted anew.</summary>
    [JsonRequired]
    public int Elites { get; init; } = 100;

    /// <summary>How often candidates are sampled and the best of them fitted.</summary>
    [JsonRequired]
    public int Iterations { get; init; } = 10;

    /// <summary>What contradicts itself, a line each.</summary>
    internal List<string> Problems()
    {
        List<string> problems = new List<string>();
        foreach ((string name, int value) in new[] { ("horizon", Horizon), ("candidates", Candidates), ("iterations", Iterations) })
        {
            if (value < 1)
                problems.Add($"planner: {name} must be at least 1, found {value}");
        }

        if (Elites < 1 || Elites > Candidates)
            problems.Add($"planner: elites must be from 1 to the {Candidates} candidates, found {Elites}");
        return problems;
    }
}
