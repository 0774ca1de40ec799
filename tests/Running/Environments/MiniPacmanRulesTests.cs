using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>The corners of the rules, one at a time, and what must hold at every step.</summary>
public sealed class MiniPacmanRulesTests
{
    private const int Stay = 0, Right = 1, Left = 3;
    private const int FacingRight = 2, FacingLeft = 4;

    [Test]
    public void TheMazeHasItsCrossings()
    {
        int[] exits = [.. MiniPacmanMaze.Free.Select(cell =>
            new[] { 1, -1, 19, -19 }.Count(move => MiniPacmanMaze.Walkable[cell + move]))];
        Assert.That(exits, Has.Length.EqualTo(138));
        Assert.That(new[] { 2, 3, 4 }.Select(n => exits.Count(e => e == n)), Is.EqualTo(new[] { 114, 16, 8 }));
        Assert.That(MiniPacmanMaze.Distance(At(1, 1), At(1, 3)), Is.EqualTo(2));
        Assert.That(MiniPacmanMaze.Distance(At(1, 3), At(1, 5)), Is.EqualTo(6)); // around the wall at (1, 4)
    }

    [Test]
    public void AGhostThatCannotLeaveKillsTwice()
    {
        (MiniPacmanGame game, RecordedDraws draws) = Game(MiniPacmanMode.Hunt, At(3, 1), [new(At(3, 1), FacingLeft)]);
        Script(draws, """["u",0.0]""");
        StepResult result = game.Step(Stay);
        Assert.That(result, Is.EqualTo(new StepResult(-40, true, false)));
        Assert.That(game.Events.Deaths, Is.EqualTo(2));
    }

    [Test]
    public void NobodyPassesThroughAnybody()
    {
        (MiniPacmanGame game, RecordedDraws draws) = Game(MiniPacmanMode.Hunt, At(1, 6), [new(At(1, 7), FacingLeft)]);
        Script(draws, """["u",0.0]""");
        Assert.That(game.Step(Right), Is.EqualTo(new StepResult(-20, true, false)));
    }

    [Test]
    public void OneOfTwoPillsOnACellIsEatenAStep()
    {
        (MiniPacmanGame game, _) = Game(MiniPacmanMode.Regular, At(1, 1), [], pills: [At(1, 1), At(1, 1)]);
        Assert.That(game.Step(Stay).Reward, Is.EqualTo(2));
        Assert.That(game.Step(Stay).Reward, Is.EqualTo(2));
        Assert.That(game.Step(Stay).Reward, Is.Zero);
    }

    [Test]
    public void FoodUnderTheSpawnIsEatenByStaying()
    {
        (MiniPacmanGame game, _) = Game(MiniPacmanMode.Regular, At(1, 1), [], food: [At(1, 1), At(1, 3)]);
        Assert.That(game.Step(Stay).Reward, Is.EqualTo(1));
        Assert.That(game.State.FoodLeft, Is.EqualTo(1));
    }

    [Test]
    public void LastFoodAndAPillUnderTheNewSpawnGiveThree()
    {
        (MiniPacmanGame game, RecordedDraws draws) = Game(MiniPacmanMode.Regular, At(1, 1), [], food: [At(1, 2)]);
        Script(draws, NewLevel(pill: At(3, 3), pacman: At(3, 3), ghost: At(13, 17)) + """,["u",0.99]""");
        Assert.That(game.Step(Right).Reward, Is.EqualTo(3));
        Assert.That(game.State, Has.Property("Level").EqualTo(2).And.Property("Power").EqualTo(20).And.Property("FoodLeft").EqualTo(138));
        Assert.That(game.Events, Is.EqualTo(new MiniPacmanEvents(true, true, false, 0, LevelUp: true)));
    }

    [Test]
    public void TheLastPillOfRushStartsALevelWithoutPower()
    {
        (MiniPacmanGame game, RecordedDraws draws) = Game(MiniPacmanMode.Rush, At(1, 1), [], pills: [At(1, 2)]);
        Script(draws, NewLevel(pill: At(3, 3), pacman: At(3, 4), ghost: At(13, 17)) + """,["u",0.99]""");
        Assert.That(game.Step(Right).Reward, Is.EqualTo(10));
        Assert.That(game.State, Has.Property("Level").EqualTo(2).And.Property("Power").Zero);
    }

    [Test]
    public void GhostsAreEdibleForTwentySteps()
    {
        (MiniPacmanGame game, RecordedDraws draws) =
            Game(MiniPacmanMode.Regular, At(1, 1), [new(At(13, 17), FacingRight)], pills: [At(1, 1)]);
        int[] powers = [.. Enumerable.Range(0, 21).Select(_ =>
        {
            Script(draws, """["u",0.99]""");
            game.Step(Stay);
            return game.State.Power;
        })];
        Assert.That(powers, Is.EqualTo(Enumerable.Range(0, 21).Select(i => 20 - i)));
    }

    [Test]
    public void EatingAGhostEndsTheGhostsTurn()
    {
        (MiniPacmanGame game, RecordedDraws draws) = Game(
            MiniPacmanMode.Regular, At(1, 1), [new(At(1, 2), FacingRight), new(At(13, 17), FacingRight)], power: 9);
        Assert.That(game.Step(Right).Reward, Is.EqualTo(5)); // the second ghost would need a draw, and there is none
        Assert.That(draws.Left, Is.Zero);
        Assert.That(game.State.Ghosts.Length, Is.EqualTo(1));
    }

    [Test]
    public void TimeRunsOutAStepBeforeItShows()
    {
        (MiniPacmanGame game, RecordedDraws draws) =
            Game(MiniPacmanMode.Avoid, At(1, 1), [new(At(13, 17), FacingRight)], timer: 127, food: [At(1, 1), At(5, 5)]);
        Script(draws, """["u",0.99],""" + NewLevel(pill: At(3, 3), pacman: At(7, 2), ghost: At(13, 1)));
        game.Step(Stay);
        Assert.That(game.State.Level, Is.EqualTo(2));
        Assert.That(game.Events.LevelUp);
        Assert.That(GoldenPosition.Grid(game.Observation)[At(1, 1)], Is.EqualTo('P'), "still the old level");
        Script(draws, """["u",0.99]""");
        game.Step(Left);
        Assert.That(GoldenPosition.Grid(game.Observation)[At(7, 1)], Is.EqualTo('P'), "the new level, a move later");
    }

    [Test]
    public void TheHuntTimerIsAnOption([Values] bool timed)
    {
        MiniPacmanOptions options = new() { HuntTimer = timed ? 80 : 0 };
        (MiniPacmanGame game, RecordedDraws draws) = Game(MiniPacmanMode.Hunt, At(1, 1), [], timer: 79, options: options);
        if (timed)
            Script(draws, NewLevel(pill: At(3, 3), pacman: At(7, 2), ghost: At(13, 1)));
        game.Step(Stay);
        Assert.That(game.State.Level, Is.EqualTo(timed ? 2 : 1));
    }

    [Test]
    public void TheFrameCapTruncates()
    {
        (MiniPacmanGame game, _) = Game(MiniPacmanMode.Regular, At(1, 1), [], options: new() { FrameCap = 2 });
        Assert.That(game.Step(Stay).Done, Is.False);
        Assert.That(game.Step(Stay), Is.EqualTo(new StepResult(0, false, true)));
    }

    [Test]
    public void GhostsAreBornOutsideTheBox()
    {
        MiniPacmanGame game = new MiniPacmanGame(MiniPacmanMode.Regular, new Mt19937RandomSource(4));
        for (int i = 0; i < 2000; i++)
        {
            game.Reset();
            int ghost = game.State.Ghosts[0].Cell, pacman = game.State.Pacman;
            int down = ghost / 19 - pacman / 19, right = ghost % 19 - pacman % 19;
            if (down is >= -5 and < 5 && right is >= -5 and < 5)
                Assert.Fail($"{ghost} is too near to {pacman}");
        }
    }

    [TestCaseSource(typeof(MiniPacmanMode), nameof(MiniPacmanMode.All))]
    public void ThePictureIsThatOfThePosition(MiniPacmanMode mode)
    {
        // The game repairs its picture from step to step; a game that takes up the position paints it whole.
        MiniPacmanGame game = new MiniPacmanGame(mode, new Mt19937RandomSource(5));
        MiniPacmanGame painted = new MiniPacmanGame(mode, new Mt19937RandomSource(6));
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon: 0.2, seed: 7);
        int behind = 0;
        for (int i = 0; i < 3000; i++)
        {
            StepResult result = game.Step(player.Act(game));
            painted.Load(game.State);
            if (game.State.Timer == 0 && mode.TimerLimit > 0)
                behind++;
            else if (!game.Observation.SequenceEqual(painted.Observation))
                Assert.Fail($"step {i}: {GoldenPosition.Grid(game.Observation)} for {GoldenPosition.Grid(painted.Observation)}");
            if (result.Done)
                game.Reset();
        }
        Assert.That(behind > 0, Is.EqualTo(mode == MiniPacmanMode.Avoid));
    }

    [TestCase("regular", 9.58, 0.08)]
    [TestCase("avoid", -16.79, 0.03)]
    [TestCase("hunt", -20.09, 0.02)]
    [TestCase("ambush", -21.12, 0.03)]
    [TestCase("rush", 0.35, 0.04)]
    public void RandomPlayReturnsWhatItReturnsInTheOriginal(string name, double expected, double expectedError)
    {
        const int Episodes = 4000;
        MiniPacmanMode mode = MiniPacmanMode.All.Single(mode => mode.Name == name);
        MiniPacmanGame game = new MiniPacmanGame(mode, new Mt19937RandomSource(11));
        Mt19937RandomSource actions = new Mt19937RandomSource(12);
        double sum = 0, squares = 0;
        long steps = 0;
        for (int i = 0; i < Episodes; i++)
        {
            game.Reset();
            double total = 0;
            StepResult result;
            do
            {
                result = game.Step(actions.Int(MiniPacmanGame.Actions));
                total += result.Reward;
                steps++;
            }
            while (!result.Done);
            sum += total;
            squares += total * total;
        }
        double mean = sum / Episodes;
        double error = Math.Sqrt((squares / Episodes - mean * mean) / Episodes + expectedError * expectedError);
        TestContext.Out.WriteLine($"{name}: {mean:F3}, expected {expected} +- {error:F3}, length {(double)steps / Episodes:F1}");
        Assert.That(mean, Is.EqualTo(expected).Within(4 * error));
        Assert.That((double)steps / Episodes, Is.InRange(47, 60));
    }

    [Test]
    public void WrongPositionsAndActionsAreRefused()
    {
        bool[] food = new bool[MiniPacmanMaze.Cells];
        Assert.That(
            () => MiniPacmanState.Create(At(0, 0), [], [], food, 0, 1, 0, 0),
            Throws.ArgumentException.With.Message.Contains("pacman is at 0, which is no walkable cell"));
        Assert.That(
            () => MiniPacmanState.Create(At(1, 1), [new(At(1, 1), 6)], [], food, 0, 1, 0, 0),
            Throws.ArgumentException.With.Message.Contains("facing 6 is outside 0..5"));
        MiniPacmanGame game = new MiniPacmanGame(MiniPacmanMode.Regular, new Mt19937RandomSource(1));
        Assert.That(() => game.Step(5), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("0..4"));
        Assert.That(
            () => new MiniPacmanGame(MiniPacmanMode.Regular, new Mt19937RandomSource(1), new() { FrameCap = -1 }),
            Throws.ArgumentException.With.Message.Contains("FrameCap (-1)"));
    }

    private static int At(int row, int column) => row * MiniPacmanMaze.Columns + column;

    /// <summary>A game at level 1 whose further draws are scripted; without food, ghosts and pills but those named.</summary>
    private static (MiniPacmanGame Game, RecordedDraws Draws) Game(
        MiniPacmanMode mode, int pacman, MiniPacmanGhost[] ghosts, int[]? pills = null, int[]? food = null,
        int power = 0, int timer = 0, MiniPacmanOptions? options = null)
    {
        RecordedDraws draws = new RecordedDraws();
        string level = NewLevel(pill: At(3, 3), pacman: At(1, 1), ghost: At(13, 17));
        Script(draws, $"""["i",15,1],["i",19,1],["i",4,0],{level}""");
        MiniPacmanGame game = new MiniPacmanGame(mode, draws, options);
        bool[] cells = new bool[MiniPacmanMaze.Cells];
        foreach (int cell in food ?? [])
            cells[cell] = true;
        game.Load(MiniPacmanState.Create(pacman, ghosts, pills ?? [], cells, power, 1, timer, 0));
        return (game, draws);
    }

    /// <summary>The draws that lay out a level of one ghost with both pills on one cell.</summary>
    private static string NewLevel(int pill, int pacman, int ghost) =>
        string.Join(",", new[] { pill, pill, pacman, ghost }.Select(cell => $"[\"i\",15,{cell / 19}],[\"i\",19,{cell % 19}]"))
        + """,["i",4,0]""";

    private static void Script(RecordedDraws draws, string items) => draws.Add(JsonDocument.Parse($"[{items}]").RootElement);
}
