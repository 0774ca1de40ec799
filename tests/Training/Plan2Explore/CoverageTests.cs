using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Tests.Plan2Explore;

/// <summary>The share of a pendulum's states that was visited.</summary>
public sealed class CoverageTests
{
    [Test]
    public void CountsEachCellOnce()
    {
        StateCoverage coverage = StateCoverage.Of(new Plan2ExploreOptions { Env = "pendulum" })!;
        Assert.That(coverage.Share, Is.Zero);
        Assert.That(Visit(coverage, angle: 0.1, speed: 0.1), Is.True);
        Assert.That(Visit(coverage, angle: 0.2, speed: 0.7), Is.False, "within 18 degrees and 0.8 rad/s");
        Assert.That(Visit(coverage, angle: -0.1, speed: 0.1), Is.True);
        Assert.That(Visit(coverage, angle: 0.1, speed: -0.1), Is.True);
        Assert.That(Visit(coverage, angle: 0.1, speed: 7.9), Is.True);
        Assert.That(Visit(coverage, angle: 0.1, speed: 80), Is.False, "the outermost");
        Assert.That(coverage.Share, Is.EqualTo(4 / 400.0));
    }

    [Test]
    public void EveryCellCanBeVisited()
    {
        StateCoverage coverage = StateCoverage.Of(new Plan2ExploreOptions { Env = "pendulum-swingup" })!;
        for (int i = 0; i < StateCoverage.Side; i++)
        {
            for (int j = 0; j < StateCoverage.Side; j++)
                Assert.That(Visit(coverage, Math.PI * ((i + 0.5) / 10 - 1), 12 * ((j + 0.5) / 10 - 1)), Is.True);
        }
        Assert.That(coverage.Share, Is.EqualTo(1));
        foreach ((float cosine, float sine, float velocity, bool visited, _) in coverage.Cells)
            Assert.That((visited, coverage.Visit([cosine, sine, velocity])), Is.EqualTo((true, false)));
        Assert.That(coverage.ShareOfReachable, Is.EqualTo(1));
    }

    /// <summary>
    /// No motor gives the greatest speeds at the top. Whoever pushes on at full torque, from any start, is in cells that count as
    /// reachable, and in the fastest of them at every angle.
    /// </summary>
    [TestCase("pendulum", 1, 16)]
    [TestCase("pendulum-swingup", 4, 46)]
    [TestCase("pendulum-swingup", 1, 46)]
    public void WhatNoMotorReachesIsKnown(string environment, int actionRepeat, int beyond)
    {
        StateCoverage coverage = StateCoverage.Of(new Plan2ExploreOptions { Env = environment })!;
        EpisodeRows rows = new(AgentEnvironment.Make(environment, 50, actionRepeat));
        rows.Begin(seed: 7);
        for (int step = 0; step < 1600 / actionRepeat; step++)
        {
            for (int row = 0; row < rows.Count; row++)
                rows.Vectors[row] = Math.Sign(rows.Of(rows.Observations, row)[2]) * (row % 5 == 0 ? 0.5f : 1);
            rows.Step();
            for (int row = 0; row < rows.Count; row++)
                coverage.Visit(rows.Arrived(row));
        }
        (float, float, float, bool Visited, bool Reachable)[] cells = [.. coverage.Cells];
        Assert.That(cells.Count(cell => !cell.Reachable), Is.EqualTo(beyond));
        Assert.That(cells.Any(cell => cell.Visited && !cell.Reachable), Is.False);
        foreach ((float, float, float, bool Visited, bool Reachable)[] column in cells.Chunk(StateCoverage.Side))
        {
            bool[] within = [.. column.Where(cell => cell.Reachable).Select(cell => cell.Visited)];
            Assert.That(within[0] && within[^1]);
        }
        Assert.That(coverage.ShareOfReachable, Is.EqualTo(coverage.Share * 400 / (400 - beyond)).Within(1e-9));
    }

    /// <summary>The middle of a cell is in it, and in no other.</summary>
    [Test]
    public void CellsAreWhereTheirMiddlesAre()
    {
        StateCoverage coverage = StateCoverage.Of(new Plan2ExploreOptions { Env = "pendulum" })!;
        int count = 0;
        foreach ((float cosine, float sine, float velocity, bool visited, _) in coverage.Cells)
        {
            Assert.That((visited, coverage.Visit([cosine, sine, velocity])), Is.EqualTo((false, true)));
            Assert.That(coverage.Share, Is.EqualTo(++count / 400.0));
        }
    }

    [TestCase("cartpole", 0)]
    [TestCase("pendulum", 32)]
    public void WhereItCannotBeToldThereIsNone(string environment, int pixels) =>
        Assert.That(StateCoverage.Of(new Plan2ExploreOptions { Env = environment, Pixels = pixels }), Is.Null);

    private static bool Visit(StateCoverage coverage, double angle, double speed) =>
        coverage.Visit([(float)Math.Cos(angle), (float)Math.Sin(angle), (float)speed]);
}
