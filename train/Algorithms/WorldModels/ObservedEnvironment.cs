using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The environment itself, seen through V and M: a step plays it, then V draws a latent vector of what is seen and M takes its step. What
/// is drawn, and where episodes start, is a function of the seed and their numbers, as in the dream.
/// </summary>
public sealed class ObservedEnvironment : FeatureEnvironment
{
    private readonly AgentEnvironment _environment;
    private readonly float[] _observations;
    private readonly int[] _all;

    /// <param name="world">V and M.</param>
    /// <param name="controller">What is read of the state.</param>
    /// <param name="environment">The environment, as many rows of it.</param>
    public ObservedEnvironment(WorldModel world, ControllerConfig controller, AgentEnvironment environment)
        : base(world, controller, environment.Actions, environment.Count)
    {
        _environment = environment;
        _observations = new float[Count * environment.Observation.Size];
        _all = [.. Enumerable.Range(0, Count)];
    }

    public override void Dispose() { }

    protected override ReadOnlySpan<float> FirstObservation(int row)
    {
        // Only a reset asks for row 0 before any step, and asks for it first: then all rows begin, each by its episode's number. Later the
        // environment has begun the next episode by itself, and what is seen of it came with the step.
        if (row == 0 && Steps == 0)
        {
            ulong[] seeds = [.. Episodes.Select(episode => Environments.RowSeed.Of(Seed, (int)episode))];
            _environment.Reset(seeds, _observations);
        }
        return Seen(row);
    }

    protected override void Advance(ReadOnlySpan<float> vectors, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
    {
        _environment.Step(vectors, _observations, rewards, terminated, truncated);
        // Rows whose episode ended see the next one's beginning already; what they saw last is of no use but to be complete.
        float[] arrived = [.. _observations];
        for (int row = 0; row < Count; row++)
        {
            if (terminated[row] || truncated[row])
                _environment.FinalObservation(row).CopyTo(arrived.AsSpan(row * (arrived.Length / Count)));
        }
        Observe(_all, arrived, vectors, first: false);
    }

    private ReadOnlySpan<float> Seen(int row) => _observations.AsSpan(row * (_observations.Length / Count), _observations.Length / Count);
}
