using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>
/// Simple World and Catch: their rules, and what players get who are known (measured in another simulator of the same rules).
/// </summary>
public sealed class GridWorldTests
{
    private const int Episodes = 20_000;

    /// <summary>Who stays half of the time, and else moves a cell: goal and threat steps an episode.</summary>
    [Test]
    public void TheSamplerOfThePublishedWorldGetsItsFigures()
    {
        (double goals, double threats) = Play(new ContinuousSimpleWorldEnvironment(options: SimpleWorldOptions.Published), Sample);
        Assert.That(goals, Is.EqualTo(1.89).Within(0.1));
        Assert.That(threats, Is.EqualTo(1.90).Within(0.1));
    }

    [Test]
    public void TheBestPlayerOfThePublishedWorldGetsItsFigures()
    {
        (double goals, double threats) = Play(new ContinuousSimpleWorldEnvironment(options: SimpleWorldOptions.Published), Best);
        Assert.That(goals, Is.EqualTo(21.4).Within(0.2));
        Assert.That(threats, Is.Zero);
    }

    [Test]
    public void TheSamplerOfTheCleanedWorldGetsItsFigures()
    {
        (double goals, double threats) = Play(new ContinuousSimpleWorldEnvironment(), Sample);
        Assert.That(goals - threats, Is.EqualTo(-0.04).Within(0.1));
        Assert.That(threats, Is.EqualTo(1.40).Within(0.05));
    }

    [Test]
    public void TheBestPlayerOfTheCleanedWorldGetsItsFigures()
    {
        (double goals, double threats) = Play(new ContinuousSimpleWorldEnvironment(), Best);
        Assert.That(goals, Is.EqualTo(23.3).Within(0.05));
        Assert.That(threats, Is.Zero);
    }

    /// <summary>Five moves are those of the pairs: the same seed and the same moves give the same pictures and rewards.</summary>
    [Test]
    public void FiveMovesAreThePairsOfThem()
    {
        SimpleWorldEnvironment moves = new();
        ContinuousSimpleWorldEnvironment pairs = new();
        float[][] asPairs = [[0, 0], [-1, 0], [1, 0], [0, -1], [0, 1]];
        float[] one = new float[48], other = new float[48];
        Random random = new(1);
        moves.Reset(3, one);
        pairs.Reset(3, other);
        for (int step = 0; step < 25; step++)
        {
            int move = random.Next(5);
            Assert.That(moves.Step([move], one), Is.EqualTo(pairs.Step(asPairs[move], other)));
            Assert.That(one, Is.EqualTo(other));
        }
    }

    /// <summary>Who remembers the cue earns 1, who does not 0; it shows at the first step alone, and the signal at the last.</summary>
    [Test]
    public void ADelayedCueHasToBeRemembered()
    {
        DelayedCueEnvironment game = new(20);
        float[] seen = new float[4];
        (double remembered, double guessed) = (0, 0);
        for (int episode = 0; episode < 2000; episode++)
        {
            remembered += Play(cue => cue);
            guessed += Play(_ => 0);
        }
        Assert.That(remembered / 2000, Is.EqualTo(1));
        Assert.That(guessed / 2000, Is.Zero.Within(0.08));
        Assert.That(() => new DelayedCueEnvironment(0), Throws.TypeOf<ArgumentOutOfRangeException>());

        double Play(Func<int, long> choose)
        {
            game.Reset(game.Steps == 0 ? 1ul : null, seen);
            Assert.That(seen[..3], Is.EqualTo(new[] { 1 - game.Cue, game.Cue, 0 }));
            for (int step = 1; ; step++)
            {
                StepResult result = game.Step([choose(game.Cue)], seen);
                if (result.Done)
                {
                    Assert.That((step, result.Terminated, result.Truncated), Is.EqualTo((21, true, false)));
                    return result.Reward;
                }
                Assert.That(seen[..3], Is.EqualTo(new[] { 0, 0, step == 20 ? 1 : 0 }), $"{step}");
                Assert.That(result.Reward, Is.Zero);
            }
        }
    }

    /// <summary>From the middle of the grid, by small and by whole numbers, in both ways of moving.</summary>
    [TestCase(false, -0.01f, -1)]
    [TestCase(false, 0.99f, 0)]
    [TestCase(false, 1f, 1)]
    [TestCase(true, -0.49f, 0)]
    [TestCase(true, -0.5f, -1)]
    [TestCase(true, 0.5f, 1)]
    [TestCase(true, 7f, 1)]
    public void NumbersMoveAsTheRulesSay(bool rounds, float number, int rows)
    {
        ContinuousSimpleWorldEnvironment world = new(options: new() { Rounds = rounds });
        float[] picture = new float[48];
        ulong seed = 0;
        do
            world.Reset(seed++, picture);
        while (world.Agent.Row is not (1 or 2));
        (int row, int column) = world.Agent;
        world.Step([number, 0], picture);
        Assert.That(world.Agent, Is.EqualTo((row + rows, column)));
    }

    [Test]
    public void ThePictureHasWhiteRedGreenAndBlackCells()
    {
        ContinuousSimpleWorldEnvironment world = new(options: SimpleWorldOptions.Published with { WholeGrid = true });
        float[] picture = new float[48];
        world.Reset(5, picture);
        const float White = 255 / 256f;
        for (int cell = 0; cell < 16; cell++)
        {
            (int, int) at = (cell / 4, cell % 4);
            float[] colour = at == world.Agent ? [0, 0, 0] : at == world.Goal ? [0, White, 0]
                : at == world.Threats[0] ? [White, 0, 0] : [White, White, White];
            Assert.That(new[] { picture[cell], picture[16 + cell], picture[32 + cell] }, Is.EqualTo(colour), $"cell {cell}");
        }
    }

    [Test]
    public void AMovingThreatMovesToANeighbourEachStep()
    {
        SimpleWorldEnvironment world = new(options: new() { ThreatsMove = true });
        float[] picture = new float[48];
        int moved = 0;
        for (ulong seed = 0; seed < 40; seed++)
        {
            world.Reset(seed, picture);
            for (int step = 0; step < 25; step++)
            {
                (int row, int column) = world.Threats[0];
                world.Step([0], picture);
                int distance = Math.Abs(world.Threats[0].Row - row) + Math.Abs(world.Threats[0].Column - column);
                Assert.That(distance, Is.LessThanOrEqualTo(1));
                moved += distance;
            }
        }
        Assert.That(moved / 1000.0, Is.EqualTo(0.75).Within(0.05), "a quarter of the moves ends at the edge it began at");
    }

    [Test]
    public void MoreThreatsThanCellsAreRefused() => Assert.That(
        () => new SimpleWorldEnvironment(options: new() { Threats = 15 }), Throws.ArgumentException.With.Message.Contains("1 to 14"));

    [Test]
    public void CatchGivesARandomPlayerAFifthAndTheBestOneAll()
    {
        CatchEnvironment game = new();
        float[] picture = new float[50];
        Random random = new(2);
        (double drawn, double followed) = (0, 0);
        for (int episode = 0; episode < Episodes; episode++)
        {
            drawn += Play(() => random.Next(3));
            followed += Play(() => Math.Sign(game.Ball - game.Paddle) + 1);
        }
        Assert.That(drawn / Episodes, Is.EqualTo(-0.6).Within(0.03));
        Assert.That(followed / Episodes, Is.EqualTo(1));

        double Play(Func<long> choose)
        {
            game.Reset(game.Steps == 0 ? 1ul : null, picture);
            for (int step = 1; ; step++)
            {
                StepResult result = game.Step([choose()], picture);
                if (!result.Done)
                    continue;
                Assert.That((step, result.Truncated), Is.EqualTo((9, false)));
                return result.Reward;
            }
        }
    }

    private static (float, float) Sample(ContinuousSimpleWorldEnvironment world, Random random) => random.Next(8) switch
    {
        0 => (-1, 0),
        1 => (1, 0),
        2 => (0, -1),
        3 => (0, 1),
        _ => (0, 0),
    };

    /// <summary>The first step of a shortest way to the goal that meets no threat; where the goal is one, to any other cell.</summary>
    private static (float, float) Best(ContinuousSimpleWorldEnvironment world, Random random)
    {
        (int, int) threat = world.Threats[0];
        Queue<((int Row, int Column) Cell, (float, float)? First)> open = new([(world.Agent, null)]);
        HashSet<(int, int)> seen = [world.Agent];
        while (open.TryDequeue(out ((int Row, int Column) Cell, (float, float)? First) at))
        {
            if (at.Cell != threat && (at.Cell == world.Goal || world.Goal == threat))
                return at.First ?? (0, 0);
            foreach ((int Rows, int Columns) move in ((int, int)[])[(-1, 0), (1, 0), (0, -1), (0, 1)])
            {
                (int Row, int Column) next = (at.Cell.Row + move.Rows, at.Cell.Column + move.Columns);
                if (next.Row is >= 0 and < 4 && next.Column is >= 0 and < 4 && next != threat && seen.Add(next))
                    open.Enqueue((next, at.First ?? (move.Rows, move.Columns)));
            }
        }
        return (0, 0);
    }

    /// <summary>Mean steps an episode on the goal, and on the threat.</summary>
    private static (double Goals, double Threats) Play(
        ContinuousSimpleWorldEnvironment world, Func<ContinuousSimpleWorldEnvironment, Random, (float, float)> choose)
    {
        float[] picture = new float[48];
        Random random = new(1);
        (int goals, int threats) = (0, 0);
        for (int episode = 0; episode < Episodes; episode++)
        {
            world.Reset(episode == 0 ? 1ul : null, picture);
            StepResult result;
            do
            {
                (float rows, float columns) = choose(world, random);
                result = world.Step([rows, columns], picture);
                goals += world.Agent == world.Goal ? 1 : 0;
                threats += world.Agent == world.Threats[0] ? 1 : 0;
            }
            while (!result.Done);
        }
        return ((double)goals / Episodes, (double)threats / Episodes);
    }
}
