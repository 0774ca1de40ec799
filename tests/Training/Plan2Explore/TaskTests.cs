using TorchSharp;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.Plan2Explore;

/// <summary>What tasks are learnt from, and how they are played to be judged.</summary>
public sealed class TaskTests
{
    /// <summary>Rewards are of arriving: where an episode begins, at a sequence's first step or later, there is none.</summary>
    [Test]
    public void ATaskRewardsNoReset()
    {
        using DisposeScope scope = NewDisposeScope();
        Plan2ExploreOptions options = new() { Env = "pendulum-swingup", RewardScale = 0.25, ActionRepeat = 4 };
        SequenceBatch batch = new(length: 3, batch: 2, observation: 3, action: 1);
        for (int record = 0; record < 6; record++)
            batch.Observations[record * 3] = 1;     // upright and still
        (batch.IsFirst[0], batch.IsFirst[3]) = (1, 1);
        Sequences sequences = Sequences.From(batch, options, observation: 3, action: 1, CPU);
        Assert.That(PendulumRewards.Of("balance", [1, 0, 0]), Is.EqualTo(1));
        Assert.That(Rewards(options), Is.EqualTo(new float[] { 0, 1, 1, 0, 1, 1 }));
        Assert.That(Rewards(options with { ShuffleRewards = true }), Is.EqualTo(new float[] { 1, 0, 0, 1, 1, 1 }));

        float[] Rewards(Plan2ExploreOptions asked) =>
            ExploredTask.Rewards("balance", asked, sequences).contiguous().data<float>().ToArray();
    }

    /// <summary>
    /// Episodes end at different steps, and what is played in their rows afterwards is not heard of; each step has its own novelty.
    /// </summary>
    [Test]
    public void EpisodesAreHeardOfUntilTheyEnd()
    {
        using EagerParameters parameters = new(3);
        Plan2ExploreOptions options = new()
        {
            Env = "cartpole", Deterministic = 6, Stochastic = 3, Hidden = 5, Embedding = 4, EncoderLayers = 1, EncoderUnits = 5,
            HeadUnits = 5,
        };
        Experience experience = new(options);
        LatentWorldConfig config = options.World(experience.Observation, experience.Actions.Size);
        LatentWorld<EagerTensor> world = new(parameters.Root["world"], config);
        DisagreementReward disagreement = new(parameters.Root["ensemble"], world, new()
        {
            Members = 3, Feature = world.Dynamics.Feature, Actions = 2, Layers = new(1, 5), Outputs = 4,
        }, DisagreementTarget.Embedding);
        using DreamerBehaviour policy = new(options, world, experience.Actions, parameters, "policies/task/", rewards: null);
        PolicyEpisodes episodes = new(options, experience, world, disagreement, CPU);
        int[] steps = new int[10];
        double[] rewards = new double[10];
        List<double> novelties = [];
        episodes.Play(policy, 10, greedy: false, (row, observation, reward, novelty) =>
        {
            Assert.That(observation.Length, Is.EqualTo(4));
            steps[row]++;
            rewards[row] += reward;
            novelties.Add(novelty);
        });
        Assert.That(rewards.Zip(steps, (sum, count) => sum / count), Is.All.LessThanOrEqualTo(options.ActionRepeat), "1 at every step");
        Assert.That(steps.Distinct().Count(), Is.GreaterThan(3));
        Assert.That(novelties, Is.Unique.And.All.GreaterThan(0));
        Assert.That(novelties, Has.Count.EqualTo(steps.Sum()));
    }
}
