using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>Stacks of frames, eagerly and in the bundle of a model that sees three.</summary>
public sealed class FrameStackTests
{
    private const int Rows = 15, Columns = 19, Frame = 3 * Rows * Columns, Stack = 3;

    private string _run;

    /// <summary>The debug preset, which exports only what it verified, on three frames.</summary>
    [OneTimeSetUp]
    public void Train()
    {
        _run = Path.Combine(Directory.CreateTempSubdirectory("frame-stack").FullName, "run");
        Algorithm algorithm = Algorithm.Find("environment-model");
        TrainOptions options = OptionText.With(algorithm.Preset("debug"), [$"stack={Stack}", "frames=1500", "updates=40"]);
        using RunFolder folder = RunFolder.Create(_run, algorithm.Name, options);
        PlainProgress silent = new PlainProgress(TextWriter.Null);
        RunOutcome outcome = Session.Run(folder, algorithm, options, CPU, silent, export: true, CancellationToken.None);
        Assert.That(outcome, Is.EqualTo(RunOutcome.Finished));
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_run)!, recursive: true);

    [Test]
    public void PushesTheNewestAndDropsTheOldest()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.That(Numbers(FrameStack.Push<EagerTensor>(Numbered(1, 2, 3), Numbered(4))), Is.EqualTo(Numbers(Numbered(2, 3, 4))));
        Assert.That(Numbers(FrameStack.Push<EagerTensor>(Numbered(1), Numbered(4))), Is.EqualTo(Numbers(Numbered(4))), "of one");
        Assert.That(Numbers(FrameStack.Repeat<EagerTensor>(Numbered(7), 3)), Is.EqualTo(Numbers(Numbered(7, 7, 7))));
        Assert.That(Numbers(FrameStack.Repeat<EagerTensor>(Numbered(7), 1)), Is.EqualTo(Numbers(Numbered(7))));
    }

    [Test]
    public void AnEpisodesFirstFrameStandsForItsPast()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor past = cat([Numbered(1, 2), Numbered(5, 6)], 0), frame = cat([Numbered(3), Numbered(7)], 0);
        EagerTensor seen = FrameStack.Observe<EagerTensor>(past, frame, tensor(new float[] { 0, 1 }));
        Assert.That(Numbers(seen), Is.EqualTo(Numbers(cat([Numbered(1, 2, 3), Numbered(7, 7, 7)], 0))));
    }

    /// <summary>observe, three times: the second row's episode begins anew at the third.</summary>
    [Test]
    public void ABundleCarriesItsPast()
    {
        using WorldModel world = WorldModel.Load(Path.Combine(_run, "bundle"));
        GraphRunner observe = world.Graph("observe");
        (float[] frame, float[] past) = (new float[2 * Frame], new float[2 * (Stack - 1) * Frame]);
        float[][] isFirst = [[1, 1], [0, 0], [0, 1]];
        for (int step = 0; step < isFirst.Length; step++)
        {
            IReadOnlyDictionary<string, NpyArray> seen = observe.Run(new Dictionary<string, NpyArray>
            {
                ["observation"] = NpyArray.Of(Filled(step + 1, step + 11), 2, 3, Rows, Columns),
                ["frame"] = NpyArray.Of(frame, 2, 3, Rows, Columns),
                ["past"] = NpyArray.Of(past, 2, 3 * (Stack - 1), Rows, Columns),
                ["is_first"] = NpyArray.Of(isFirst[step], 2),
            });
            (frame, past) = (seen["next_frame"].As<float>().ToArray(), seen["next_past"].As<float>().ToArray());
        }
        Assert.That(frame, Is.EqualTo(Filled(3, 13)));
        Assert.That(past, Is.EqualTo(Filled(1, 2, 13, 13)));
    }

    /// <summary>What is dreamed is seen again: each step's past is the frames of the two steps before.</summary>
    [Test]
    public void ADreamRemembersWhatItDreamed()
    {
        using WorldModel world = WorldModel.Load(Path.Combine(_run, "bundle"));
        using Dream dream = world.Dream(batch: 4, horizon: 6);
        DreamBatch dreamed = dream.Run(seed: 1);
        for (int t = 0; t <= dreamed.Horizon; t++)
        {
            Assert.That(dreamed.Observations(t).SequenceEqual(dreamed.State("frame", t)), $"the picture of step {t}");
            float[] past = dreamed.State("past", t).ToArray();
            for (int row = 0; row < 4; row++)
            {
                for (int back = 1; back < Stack; back++)
                {
                    Range place = Place(row * (Stack - 1) + Stack - 1 - back);
                    float[] before = dreamed.Observations(Math.Max(0, t - back)).ToArray();
                    Assert.That(past[place], Is.EqualTo(before[Place(row)]), $"step {t}, row {row}, {back} back");
                }
            }
        }
        Assert.That(dreamed.Observations(3).SequenceEqual(dreamed.Observations(0)), Is.False, "nothing moves");

        static Range Place(int index) => (index * Frame)..((index + 1) * Frame);
    }

    /// <summary>(1, 3n, 15, 19): frame i holds the i-th number everywhere.</summary>
    private static Tensor Numbered(params float[] numbers) => tensor(Filled(numbers), [1, 3 * numbers.Length, Rows, Columns]);

    private static float[] Filled(params float[] numbers) => [.. numbers.SelectMany(number => Enumerable.Repeat(number, Frame))];

    private static float[] Numbers(EagerTensor value) => value.Value.contiguous().data<float>().ToArray();
}
