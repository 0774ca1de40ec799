using TorchSharp;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>
/// What an untrained environment model must already do: read its action, keep rows apart, answer in the game's colours and rewards.
/// </summary>
[TestFixture(EnvironmentModelArchitecture.Compact, "conv1", 1)]
[TestFixture(EnvironmentModelArchitecture.Compact, "conv1", 4)]
[TestFixture(EnvironmentModelArchitecture.Faithful, "stem", 1)]
[TestFixture(EnvironmentModelArchitecture.Fixed, "stem", 1)]
public sealed class EnvironmentModelWiringTests(EnvironmentModelArchitecture architecture, string firstLayer, int stack)
{
    private const int Rows = MiniPacmanMaze.Rows, Columns = MiniPacmanMaze.Columns, Cells = MiniPacmanMaze.Cells;
    private const int Batch = 6, Actions = MiniPacmanGame.Actions;

    private EnvironmentModelConfig _config;
    private EagerParameters _parameters;
    private EnvironmentModel<EagerTensor> _model;
    private DisposeScope _scope;

    [SetUp]
    public void Build()
    {
        _scope = NewDisposeScope();
        _config = EnvironmentModelTrainer.ConfigOf(new() { Architecture = architecture, Stack = stack, Termination = true });
        _parameters = new(seed: 3);
        _model = new(_parameters.Root["model"], _config);
    }

    [TearDown]
    public void Release()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void EachActionEntersByAPlaneOfItsOwn([Range(0, Actions - 1)] int action)
    {
        Tensor frames = Frames(1).expand(Actions, 3 * stack, Rows, Columns);
        Tensor every = arange(Actions, dtype: ScalarType.Int64);
        float[][] before = PixelRows(_model.Predict(frames, every));
        Assert.That(before.Select(row => row.Sum()).Distinct().Count(), Is.EqualTo(Actions), "actions give the same prediction");
        using (no_grad())
            _parameters.All[$"model/{firstLayer}/weight"].select(1, 3 * stack + action).zero_();   // the frames' colours, then one plane an action
        float[][] after = PixelRows(_model.Predict(frames, every));
        for (int other = 0; other < Actions; other++)
            Assert.That(after[other].SequenceEqual(before[other]), Is.EqualTo(other != action), $"action {other}");
    }

    [Test]
    public void ARowIsPredictedAsIfAlone()
    {
        (Tensor frames, Tensor actions) = (Frames(Batch), Chosen());
        Prediction<EagerTensor> together = _model.Predict(frames, actions);
        float[] frame = Numbers(_model.Frame(together)), goesOn = Numbers(_model.Continue(together));
        for (int row = 0; row < Batch; row++)
        {
            Prediction<EagerTensor> alone = _model.Predict(frames.narrow(0, row, 1), actions.narrow(0, row, 1));
            Assert.That(PixelRows(alone)[0], Is.EqualTo(PixelRows(together)[row]).Within(1e-5), $"row {row}");
            Assert.That(Numbers(alone.Reward), Is.EqualTo(Numbers(together.Reward.Value[row])).Within(1e-5), $"row {row}");
            Assert.That(Numbers(_model.Continue(alone)), Is.EqualTo(goesOn[row..(row + 1)]).Within(1e-5), $"row {row}");
            Assert.That(Numbers(_model.Frame(alone)), Is.EqualTo(frame[(row * 3 * Cells)..((row + 1) * 3 * Cells)]), $"row {row}");
        }
    }

    [Test]
    public void AFrameIsThePaletteOfTheLikeliestClasses()
    {
        Prediction<EagerTensor> prediction = _model.Predict(Frames(Batch), Chosen());
        Tensor pixels = prediction.Pixels.Value;
        prediction = prediction with { Pixels = pixels - pixels.mean([0, 2, 3], keepdim: true) };   // else one class may win everywhere
        long[] classes = prediction.Pixels.Value.argmax(1).data<long>().ToArray();      // (B, H, W)
        float[] expected = new float[Batch * 3 * Cells];
        MiniPacmanPixels.Render<long>(classes, expected);
        Assert.That(classes.Distinct().Count(), Is.GreaterThan(1), "one colour everywhere shows nothing");
        Assert.That(Numbers(_model.Frame(prediction)), Is.EqualTo(expected));
    }

    [Test]
    public void ARewardIsTheTablesValueOfTheLikeliestClass()
    {
        Prediction<EagerTensor> prediction = _model.Predict(Frames(Batch), Chosen());
        for (int reward = 0; reward < _config.Rewards.Count; reward++)
        {
            Tensor logits = zeros(Batch, _config.Rewards.Count);
            logits.select(1, reward).fill_(1);
            Assert.That(Numbers(_model.Reward(prediction with { Reward = logits })), Is.All.EqualTo(_config.Rewards[reward]));
        }
        Assert.That(_config.Rewards, Is.SupersetOf(Numbers(_model.Reward(prediction)).Distinct()));
    }

    [Test]
    public void EveryCellSeesTheWholeMap()
    {
        Tensor dark = zeros(1, 3 * stack, Rows, Columns), lit = dark.clone();
        lit.narrow(2, 0, 1).narrow(3, 0, 1).fill_(20);      // one corner
        Tensor stay = zeros([1], ScalarType.Int64);
        Tensor Far(Tensor frame) => _model.Predict(frame, stay).Pixels.Value.narrow(2, Rows - 2, 1).narrow(3, Columns - 2, 1);
        Assert.That(Numbers(Far(lit)), Is.Not.EqualTo(Numbers(Far(dark))).Within(1e-4));
    }

    [Test]
    public void EveryFrameOfTheStackIsSeen()
    {
        (Tensor frames, Tensor other, Tensor stay) = (Frames(1), Frames(2).narrow(0, 1, 1), zeros([1], ScalarType.Int64));
        float[] before = Numbers(_model.Predict(frames, stay).Pixels);
        for (int index = 0; index < stack; index++)
        {
            Tensor changed = frames.clone();
            changed.narrow(1, 3 * index, 3).copy_(other.narrow(1, 3 * index, 3));
            Assert.That(Numbers(_model.Predict(changed, stay).Pixels), Is.Not.EqualTo(before).Within(1e-5), $"frame {index}");
        }
    }

    [Test]
    public void ASoftFrameIsThePaletteWeightedByTheProbabilities()
    {
        Prediction<EagerTensor> prediction = _model.Predict(Frames(Batch), Chosen());
        float[] probabilities = Numbers(prediction.Pixels.Value.softmax(1));            // (B, classes, H, W)
        float[] soft = Numbers(_model.SoftFrame(prediction));
        for (int i = 0; i < soft.Length; i++)
        {
            (int row, int colour, int cell) = (i / Cells / 3, i / Cells % 3, i % Cells);
            float expected = Enumerable.Range(0, MiniPacmanPixels.Count).Sum(
                c => probabilities[(row * MiniPacmanPixels.Count + c) * Cells + cell] * _config.Palette[3 * c + colour]);
            Assert.That(soft[i], Is.EqualTo(expected).Within(1e-5), $"row {row}, colour {colour}, cell {cell}");
        }
        EagerTensor chosen = new EagerTensor(prediction.Pixels.Value.argmax(1)).OneHot(MiniPacmanPixels.Count).Transpose(0, 3, 1, 2);
        Prediction<EagerTensor> certain = prediction with { Pixels = chosen.Value * 100 };
        Assert.That(Numbers(_model.SoftFrame(certain)), Is.EqualTo(Numbers(_model.Frame(prediction))).Within(1e-3), "certain");
    }

    [Test]
    public void RewardsComeAsOneHotAndAsProbabilities()
    {
        Prediction<EagerTensor> prediction = _model.Predict(Frames(Batch), Chosen());
        int classes = _config.Rewards.Count;
        float[][] chosen = [.. Numbers(_model.RewardOneHot(prediction)).Chunk(classes)];
        float[][] probabilities = [.. Numbers(_model.RewardProbabilities(prediction)).Chunk(classes)];
        float[] values = Numbers(_model.Reward(prediction));
        for (int row = 0; row < Batch; row++)
        {
            int best = Array.IndexOf(probabilities[row], probabilities[row].Max());
            Assert.That(chosen[row], Is.EqualTo(Enumerable.Range(0, classes).Select(c => c == best ? 1f : 0f)), $"row {row}");
            Assert.That(probabilities[row].Sum(), Is.EqualTo(1).Within(1e-5), $"row {row}");
            Assert.That(values[row], Is.EqualTo(_config.Rewards[best]), $"row {row}");
        }
    }

    /// <summary>Pictures of random play, each row's one after another, (count, 3k, 15, 19).</summary>
    private Tensor Frames(int count)
    {
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>("minipacman", count);
        float[] observations = new float[count * 3 * Cells];
        games.Reset(11, observations);
        Tensor frames = FrameStack.Repeat<EagerTensor>(Picture(), stack).Value;
        for (int step = 1; step < stack; step++)
        {
            long[] actions = [.. Enumerable.Range(0, count).Select(row => (row + 1L) % Actions)];
            games.Step(actions, observations, new float[count], new bool[count], new bool[count]);
            frames = FrameStack.Push<EagerTensor>(frames, Picture()).Value;
        }
        return frames;

        Tensor Picture() => tensor(observations, [count, 3, Rows, Columns]);
    }

    private static Tensor Chosen() => arange(Batch, dtype: ScalarType.Int64).remainder(Actions);

    private static float[] Numbers(EagerTensor value) => value.Value.contiguous().data<float>().ToArray();

    private static float[][] PixelRows(Prediction<EagerTensor> prediction)
    {
        float[] all = Numbers(prediction.Pixels);
        return [.. all.Chunk(MiniPacmanPixels.Count * Cells)];
    }
}
