using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Imagination;

/// <summary>The worlds that training imagines in: the runtime's is the eager one, the simulator's is the game.</summary>
public sealed class ImaginedGamesTests
{
    private const int Actions = MiniPacmanGame.Actions, FrameSize = 3 * MiniPacmanMaze.Cells;

    [TestCase(ImaginedFrames.Hard, 1, 1)]
    [TestCase(ImaginedFrames.Soft, 1, 2)]
    [TestCase(ImaginedFrames.Hard, 3, 3)]
    [TestCase(ImaginedFrames.Soft, 3, 1)]
    public void TheRuntimeImaginesWhatTheNetworkDoes(ImaginedFrames kind, int stack, int threads)
    {
        EnvironmentModelOptions options = Presets<EnvironmentModelOptions>.Embedded.Of("debug") with
        {
            Stack = stack,
            Updates = 20,
            Frames = 300,
            Games = 4,
        };
        using TemporaryBundle run = new TemporaryBundle("environment-model", options);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable guard = no_grad();
        EnvironmentModelConfig config = EnvironmentModelTrainer.ConfigOf(options);
        using EagerParameters weights = EagerParameters.From(Safetensors.Read(Path.Combine(run.Bundle, "weights.safetensors")).Weights());
        EnvironmentModel<EagerTensor> model = new EnvironmentModel<EagerTensor>(weights.Root["model"], config);
        using RuntimeGames games = new RuntimeGames(run.Bundle, model, config, kind, rows: 10, threads);
        EagerTensor frames = Frames(10, stack), actions = arange(10, dtype: ScalarType.Int64).remainder(Actions);
        ImaginedStep<EagerTensor> expected = new LearnedWorld<EagerTensor>(model, kind, config.Termination).Step(frames, actions);
        for (int repeat = 0; repeat < 2; repeat++)
        {
            ImaginedStep<EagerTensor> step = games.Step(frames, actions);
            Assert.That(Floats(step.Frame), Is.EqualTo(Floats(expected.Frame)).Within(1e-4));
            Assert.That(Floats(step.Reward), Is.EqualTo(Floats(expected.Reward)).Within(1e-4));
            Assert.That(Floats(step.Continue), Is.EqualTo(Floats(expected.Continue)).Within(1e-4));
        }
    }

    [Test]
    public void TheSimulatorPlaysACopyOfEachGame()
    {
        MiniPacmanVectorEnvironment games = new MiniPacmanVectorEnvironment(MiniPacmanMode.Regular, 6);
        float[] observations = new float[6 * FrameSize];
        games.Reset(3, observations);
        using DisposeScope scope = NewDisposeScope();
        RewardTable table = RewardTable.For(MiniPacmanMode.Regular);
        using SimulatedGames simulator = new SimulatedGames(games, table, Actions, seed: 1);
        int[] pacman = [.. Enumerable.Range(0, 6).Select(row => games[row].Game.State.Pacman)];
        bool[][] food = [.. Enumerable.Range(0, 6).Select(row => games[row].Game.State.Food.ToArray())];
        simulator.Begin(0);
        int[] moves = [0, 1, -MiniPacmanMaze.Columns, -1, MiniPacmanMaze.Columns];      // stay, right, up, left, down
        long[] actions = [.. Enumerable.Range(0, 30).Select(i => (long)i % Actions)];
        ImaginedStep<EagerTensor> step = simulator.Step(zeros(30, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns), tensor(actions, [30]));
        float[] frames = Floats(step.Frame), rewards = Floats(step.Reward);
        for (int rollout = 0; rollout < 30; rollout++)
        {
            int row = rollout / Actions, target = pacman[row] + moves[actions[rollout]];
            int cell = MiniPacmanMaze.Walkable[target] ? target : pacman[row];
            ReadOnlySpan<float> green = frames.AsSpan(rollout * FrameSize + MiniPacmanMaze.Cells, MiniPacmanMaze.Cells);
            ReadOnlySpan<float> red = frames.AsSpan(rollout * FrameSize, MiniPacmanMaze.Cells);
            Assert.That(green[cell] == 1 && red[cell] == 0, Is.True, $"rollout {rollout}: pacman");
            int reward = Array.IndexOf(rewards[(rollout * table.Count)..((rollout + 1) * table.Count)], 1f);
            Assert.That(table.Values[reward] % 2 == 1, Is.EqualTo(food[row][cell]), $"rollout {rollout}: food, by an odd reward");
        }
        for (int row = 0; row < 6; row++)
            Assert.That(games[row].Game.State.Pacman, Is.EqualTo(pacman[row]), "the games themselves stand still");
    }

    [Test]
    public void AnImaginedDeathIsTheEnd()
    {
        MiniPacmanVectorEnvironment games = new MiniPacmanVectorEnvironment(MiniPacmanMode.Hunt, 1);
        games.Reset(0, new float[FrameSize]);
        RewardTable table = RewardTable.For(MiniPacmanMode.Hunt);
        using DisposeScope scope = NewDisposeScope();
        using SimulatedGames simulator = new SimulatedGames(games, table, Actions, seed: 4);
        simulator.Begin(0);
        EagerTensor frames = zeros(Actions, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns), stay = zeros([Actions], ScalarType.Int64);
        float[] last = new float[Actions];
        Array.Fill(last, 1);
        float[][] picture = new float[Actions][];
        int deaths = 0;
        for (int t = 0; t < 400; t++)
        {
            ImaginedStep<EagerTensor> step = simulator.Step(frames, stay);
            (float[] shown, float[] rewards, float[] goesOn) = (Floats(step.Frame), Floats(step.Reward), Floats(step.Continue));
            for (int rollout = 0; rollout < Actions; rollout++)
            {
                double reward = table.Values[Array.IndexOf(rewards[(rollout * table.Count)..((rollout + 1) * table.Count)], 1f)];
                float[] now = shown[(rollout * FrameSize)..((rollout + 1) * FrameSize)];
                if (last[rollout] == 0)
                {
                    Assert.That(goesOn[rollout], Is.Zero);
                    Assert.That(reward, Is.Zero, "nothing follows a death");
                    Assert.That(now, Is.EqualTo(picture[rollout]));
                }
                else if (goesOn[rollout] == 0)
                {
                    deaths++;
                    Assert.That(reward, Is.LessThanOrEqualTo(-20), "a death costs");
                }
                picture[rollout] = now;
            }
            last = goesOn;
        }
        Assert.That(deaths, Is.EqualTo(Actions), "who stands still is caught");
    }

    [Test]
    public void TheSimulatorsDiceDependOnTheStepAlone()
    {
        MiniPacmanVectorEnvironment games = new MiniPacmanVectorEnvironment(MiniPacmanMode.Regular, 8);
        games.Reset(7, new float[8 * FrameSize]);
        using DisposeScope scope = NewDisposeScope();
        using SimulatedGames simulator = new SimulatedGames(games, RewardTable.For(MiniPacmanMode.Regular), Actions, seed: 2);
        float[] first = Look(5), other = Look(6), again = Look(5);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));

        float[] Look(long step)
        {
            simulator.Begin(step);
            EagerTensor stay = zeros([8 * Actions], ScalarType.Int64);
            EagerTensor frames = zeros(8 * Actions, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns);
            _ = simulator.Step(frames, stay);
            return Floats(simulator.Step(frames, stay).Frame);
        }
    }

    private static EagerTensor Frames(int rows, int stack)
    {
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("minipacman", rows);
        float[] observations = new float[rows * FrameSize];
        games.Reset(11, observations);
        EagerTensor frames = FrameStack.Repeat<EagerTensor>(Picture(), stack);
        for (int step = 1; step < stack; step++)
        {
            long[] actions = [.. Enumerable.Range(0, rows).Select(row => (row + 1L) % Actions)];
            games.Step(actions, observations, new float[rows], new bool[rows], new bool[rows]);
            frames = FrameStack.Push(frames, Picture());
        }
        return frames;

        EagerTensor Picture() => tensor(observations, [rows, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]);
    }

    private static float[] Floats(EagerTensor tensor) => tensor.Value.contiguous().data<float>().ToArray();
}
