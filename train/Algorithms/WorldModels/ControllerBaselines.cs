using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>What a controller that has learnt something is compared with.</summary>
public static class ControllerBaselines
{
    private const int Controllers = 32, EpisodesToChoose = 4, LargestGrid = 3, Values = 5, LongestSweep = 24, EpisodesToChooseSweep = 32;
    private const double MostScale = 0.01;
    private const string Race = "car-racing";

    private static readonly uint WeightStream = Philox.Stream("untrained/weights"), ScaleStream = Philox.Stream("untrained/scale");

    /// <summary>
    /// Controllers that learnt nothing: weights of a Cauchy distribution, times a factor of at most 0.01 that is the controller's own, as
    /// the published code draws those that it records with.
    /// </summary>
    public static ReturnSample Untrained(ControllerTrials awake, ControllerConfig config, int episodes, ulong seed)
    {
        double[][] candidates = new double[Controllers][];
        float[] uniform = new float[config.Weights], scale = new float[1];
        for (int i = 0; i < candidates.Length; i++)
        {
            Philox.FillUniform(new(seed, (uint)i, 0, WeightStream), uniform);
            Philox.FillUniform(new(seed, (uint)i, 0, ScaleStream), scale);
            candidates[i] = [.. uniform.Select(value => MostScale * scale[0] * Math.Tan(Math.PI * (value - 0.5)))];
        }
        // Few episodes are shared out, so that not all controllers have the same one.
        int own = Math.Max(1, episodes / Controllers);
        ReturnSample[] each = awake.Play(seed, candidates, [.. Enumerable.Range(0, Controllers).Select(i => new ControllerJob(
            i, [.. Enumerable.Range(i * own, own).Select(episode => (uint)(episode % episodes))]))]);
        return new([.. each.SelectMany(sample => sample.Returns)], [.. each.SelectMany(sample => sample.Lengths)]);
    }

    /// <summary>
    /// The best of <see cref="Grid">some actions</see>, always the same one, chosen on other episodes than those that it is judged by;
    /// null where there is no grid of them.
    /// </summary>
    public static ReturnSample? BestConstant(string name, AgentEnvironment environment, int episodes, ulong seed, ulong seedToChoose)
    {
        if (Grid(name, environment.Actions) is not { Count: > 0 } grid)
            return null;
        float[] best = grid.MaxBy(action => Play(EpisodesToChoose, seedToChoose, action).Mean)!;
        return Play(episodes, seed, best);

        ReturnSample Play(int count, ulong from, float[] action) => environment.Play(count, from, (_, _, _, vectors) =>
        {
            for (int row = 0; row < environment.Count; row++)
                action.CopyTo(vectors.Slice(row * action.Length, action.Length));
        });
    }

    /// <summary>
    /// Five values for each number of an action, of those of pedals the three that press or leave them; none where actions are numbered, or
    /// have too many numbers for a grid.
    /// </summary>
    public static IReadOnlyList<float[]> Grid(string name, ActionVectors actions)
    {
        if (actions.Discrete || actions.Size > LargestGrid)
            return [];
        float[] values = [.. Enumerable.Range(0, Values).Select(i => -1 + 2f * i / (Values - 1))];
        float[][] grid = [[]];
        for (int number = 0; number < actions.Size; number++)
        {
            float least = name == Race && number > 0 ? 0 : -1;      // a pedal below 0 is not pressed
            float[] own = [.. values.Where(value => value >= least)];
            grid = [.. grid.SelectMany(action => own.Select(value => (float[])[.. action, value]))];
        }
        return grid;
    }

    /// <summary>The scripted driver, which knows the track, on those that a controller races on; null where there is no race.</summary>
    public static ReturnSample? Driver(WorldModelsOptions options, int rows, int episodes, ulong seed)
    {
        if (options.Env != Race)
            return null;
        List<CarRacingEnvironment> races = [];
        SyncVectorEnvironment<IEnvironment<float>, float> all = new(rows, () =>
        {
            races.Add(new(new() { Observation = CarRacingObservation.Indicators }));        // it sees no picture
            return new TimeLimit<float>(races[^1], options.EpisodeSteps);
        });
        int size = all.ActionSpace.Size;
        return Evaluation.Play(all, episodes, seed, (_, _, _, actions) =>
        {
            for (int row = 0; row < rows; row++)
                CarRacingDriver.Act(races[row], actions.Slice(row * size, size));
        });
    }

    /// <summary>
    /// The best sweep from side to side: the largest action for so many steps, then the smallest for as many, and again; how many is chosen
    /// on other episodes than those that it is judged by. In DodgeEgo 13 run from wall to wall. Null where an action is not one number.
    /// </summary>
    public static (int Steps, ReturnSample Returns)? BestSweep(
        AgentEnvironment environment, int episodes, ulong seed, ulong seedToChoose)
    {
        if (environment.Actions.Discrete || environment.Actions.Size != 1)
            return null;
        int toChoose = Math.Clamp(episodes, EpisodesToChoose, EpisodesToChooseSweep);
        int best = Enumerable.Range(1, LongestSweep).MaxBy(steps => Sweep(environment, steps, toChoose, seedToChoose).Mean);
        return (best, Sweep(environment, best, episodes, seed));
    }

    /// <summary>Episodes of a sweep of so many steps to each side, which begins with the largest action.</summary>
    public static ReturnSample Sweep(AgentEnvironment environment, int steps, int episodes, ulong seed)
    {
        int[] ages = new int[environment.Count];
        return environment.Play(episodes, seed, (_, _, first, vectors) =>
        {
            for (int row = 0; row < ages.Length; row++)
            {
                ages[row] = first[row] > 0 ? 0 : ages[row] + 1;
                vectors[row] = ages[row] / steps % 2 == 0 ? 1 : -1;
            }
        });
    }

    /// <summary>
    /// The controller itself, blind to what M remembers (its cells and hidden units read as 0); null where it does not read that.
    /// </summary>
    public static ReturnSample? WithoutMemory(
        ControllerTrials awake, ControllerConfig config, double[] weights, int episodes, ulong seed) =>
        config.Inputs == ControllerInputs.Z
            ? null : awake.Play(seed, [config.WithoutMemory(weights)], ControllerJob.Of(1, episodes))[0];
}
