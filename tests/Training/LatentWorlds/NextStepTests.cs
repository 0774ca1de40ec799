using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>How the next step is judged: by worlds whose heads say the same, whatever comes.</summary>
public sealed class NextStepTests
{
    private static readonly ActionVectors Actions = new(ActionSpec.Discrete(2));

    /// <summary>Of 3 steps and 5, of which the first terminates with a reward of 0.9; three of the eight frames are all zeros.</summary>
    private static readonly Episode[] Episodes = [Play(4, terminates: true), Play(6, terminates: false)];

    /// <summary>Rewards are 0 but at the end, and those within 0.2 count; ends are foretold to all steps, or to none.</summary>
    [TestCase(0.0, -9.0, 7.0 / 8, 1.0, 1.0, 0.0)]
    [TestCase(0.8, -9.0, 1.0 / 8, 1.0, 1.0, 1.0)]
    [TestCase(-0.1, 9.0, 7.0 / 8, 0.0, 0.0, 0.0)]
    public void SharesAreOfTheStepsTheyAreNamedAfter(
        double reward, double goesOn, double near, double recall, double falsely, double sign)
    {
        Dictionary<string, double> figures = Judge(reward, goesOn, Episodes);
        Assert.That(figures, Is.EquivalentTo(new Dictionary<string, double>
        {
            ["next_reward_near"] = near, ["next_exact"] = 3.0 / 8, ["next_end_recall"] = recall, ["next_end_false"] = falsely,
            ["next_end_reward_sign"] = sign,
        }));
    }

    /// <summary>Where nothing ends nothing is said of ends, and of observations that are no cells nothing of their being met.</summary>
    [Test]
    public void WhatWasNotAskedIsNoFigure()
    {
        Dictionary<string, double> figures = Judge(0, 9, [Play(6, terminates: false, lit: 0.5f)]);
        Assert.That(figures.Keys, Is.EquivalentTo(new[] { "next_reward_near", "next_end_false" }));
        Assert.That(Judge(0, 9, []), Is.Empty);
    }

    /// <summary>Punished steps are counted where they are the exception: of the nine of Catch, a miss punishes the last.</summary>
    [Test]
    public void PunishedStepsAreCountedWhereTheyAreTheException()
    {
        AgentEnvironment games = AgentEnvironment.Make("catch", count: 4, actionRepeat: 1);
        ReturnSample played = games.PlayRandom(40, seed: 3);
        Assert.That(played.Punished, Is.EqualTo(played.Returns.Select(sum => sum < 0 ? 1 : 0)).And.Contains(0).And.Contains(1));
        ReturnSample never = new([1, 1], [9, 9]) { Punished = [0, 0] }, always = new([-9, -9], [9, 9]) { Punished = [9, 9] };
        Dictionary<string, double> figures = Evaluation.Figures([("greedy", never), ("random", played)], 1);
        Assert.That(figures["punished_greedy_mean"], Is.Zero);
        Assert.That(figures["punished_random_mean"], Is.EqualTo(played.Punished.Average()));
        Assert.That(Evaluation.Figures([("greedy", always), ("random", always)], 1).Keys, Has.None.StartsWith("punished"));
    }

    private static Dictionary<string, double> Judge(double reward, double goesOn, IReadOnlyCollection<Episode> episodes)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(2);
        TransformerOptions options = TransformerBehaviourTests.Small with { RewardScale = 0.5 };
        LatentWorldConfig config = options.World(new() { Shape = [3], Low = 0, High = 1 }, Actions.Size);
        LatentWorld<EagerTensor> world = new(parameters.Root["world"], config);
        Say("reward", reward * options.RewardScale);
        Say("continue", goesOn);
        Say("decoder", 0);
        return NextStep.Judge(world, config, episodes, Actions, options, CPU).ToDictionary(figure => figure.Name, figure => figure.Value);

        void Say(string head, double value)
        {
            using IDisposable guard = no_grad();
            parameters.All[$"world/{head}/output/weight"].zero_();
            parameters.All[$"world/{head}/output/bias"].fill_(value);
        }
    }

    private static Episode Play(int records, bool terminates, float lit = 1)
    {
        EpisodeBuilder builder = new(observation: 3, Actions);
        builder.Begin<float>([0, 0, 0]);
        for (int record = 1; record < records; record++)
        {
            bool last = record == records - 1;
            builder.Add<float>(
                [0, record % 2 * lit, 0], action: record % 2, terminates && last ? 0.9f : 0, terminates && last, !terminates && last);
        }
        return builder.End();
    }
}
