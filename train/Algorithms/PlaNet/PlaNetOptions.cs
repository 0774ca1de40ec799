using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Hyperparameters of PlaNet (Hafner et al. 2019, appendix A, and its code). Of its treatment of pictures, the rounding to five bits with
/// noise in place of the rest is left out: they are centred, as Dreamer's.
/// </summary>
public sealed record PlaNetOptions : LatentOptions
{
    /// <summary>Steps planned ahead (H).</summary>
    [Range(1, 1000)]
    public int Horizon { get; init; } = 12;

    /// <summary>Action sequences imagined at each iteration (J).</summary>
    [Range(2, 1_000_000)]
    public int Candidates { get; init; } = 1000;

    /// <summary>The best of them, to which the next iteration's distribution is fitted (K).</summary>
    [Range(1, 1_000_000)]
    public int Elites { get; init; } = 100;

    /// <summary>Iterations of the search (I).</summary>
    [Range(1, 1000)]
    public int Iterations { get; init; } = 10;

    public override LatentWorldConfig World(ObservationSpec observation, int actions) =>
        World(observation, actions, Unary.Relu, GruForm.ResetBefore, ofPixels: Unary.Relu);

    /// <summary>How it plans, as the bundle tells the runtime.</summary>
    internal PlannerSpec Planner => new() { Horizon = Horizon, Candidates = Candidates, Elites = Elites, Iterations = Iterations };
}
