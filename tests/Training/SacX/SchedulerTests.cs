using WorldModels.Train;
using WorldModels.Train.Algorithms;

namespace WorldModels.Tests.SacX;

/// <summary>What is played next, and what each task gives.</summary>
public sealed class SchedulerTests
{
    private static readonly SacXOptions Options = new() { Period = 2, Gamma = 0.5, Temperature = 2, Memory = 2, Seed = 1 };

    /// <summary>
    /// Two decisions of two steps: the first is worth all that followed, the second what followed it; the last two episodes count.
    /// </summary>
    [Test]
    public void ADecisionIsWorthTheMainReturnFromItOn()
    {
        IntentionScheduler scheduler = new(Options, 3);
        scheduler.Remember([2, 1], [1, 1, 8]);
        Assert.That((scheduler.Value(0, 2), scheduler.Value(1, 1), scheduler.Value(0, 1)), Is.EqualTo((1 + 0.5 * 1 + 0.25 * 8, 8.0, 0.0)));
        Assert.That(scheduler.Probabilities(0), Is.EqualTo(Softmax(0, 0, 3.5 / 2)).Within(1e-6));
        Assert.That(scheduler.Probabilities(1), Is.EqualTo(Softmax(0, 4, 0)).Within(1e-6));
        scheduler.Remember([2], [5]);
        scheduler.Remember([2], [7]);
        Assert.That(scheduler.Value(0, 2), Is.EqualTo(6), "the first one is forgotten");
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        scheduler.Save(writer);
        IntentionScheduler other = new(Options, 3);
        stream.Position = 0;
        using BinaryReader reader = new(stream);
        other.Restore(reader);
        Assert.That(other.Probabilities(0), Is.EqualTo(scheduler.Probabilities(0)));
    }

    /// <summary>Draws are as frequent as their probabilities.</summary>
    [TestCase(SchedulerKind.Q)]
    [TestCase(SchedulerKind.Uniform)]
    public void DrawsFollowTheProbabilities(SchedulerKind kind)
    {
        IntentionScheduler scheduler = new(Options with { Scheduler = kind, MainShare = kind == SchedulerKind.Q ? 0 : 0.25 }, 3);
        scheduler.Remember([1], [4]);
        double[] expected = kind == SchedulerKind.Q ? Softmax(0, 2, 0) : [0.5, 0.25, 0.25];
        Assert.That(scheduler.Probabilities(0), Is.EqualTo(expected).Within(1e-6));
        double[] drawn = new double[3];
        for (int step = 0; step < 20_000; step++)
            drawn[scheduler.Decide(0, 0, step)] += 1.0 / 20_000;
        Assert.That(drawn, Is.EqualTo(expected).Within(0.015));
    }

    [Test]
    public void AFixedScheduleHasToNameATask()
    {
        IntentionScheduler always = new(Options with { Scheduler = SchedulerKind.Fixed, FixedTask = 2 }, 3);
        Assert.That(always.Decide(0, 0, 0), Is.EqualTo(2));
        Assert.That(always.Probabilities(0), Is.EqualTo(new[] { 0, 0, 1.0 }), "what curves show of it");
        Assert.That(() => new IntentionScheduler(Options with { FixedTask = 3 }, 3),
            Throws.TypeOf<UserException>().With.Message.EqualTo("fixedTask=3 is no task: there are 0 to 2."));
    }

    /// <summary>By hand: x 0.2, y 0.3, speeds 0.1 and -0.2, angle -0.5, spin 3, one leg down.</summary>
    [Test]
    public void TasksAreRewardedForWhatTheyAreCalled()
    {
        float[] arrived = [0.2f, 0.3f, 0.1f, -0.2f, -0.5f, 3, 1, 0], rewards = new float[6];
        LanderTasks shaped = new(MainReward.Shaped, gamma: 0.9, auxiliary: true, permuted: false);
        Assert.That(shaped.Names, Is.EqualTo(new[] { "land", "touch", "hover", "hold-still", "upright", "approach" }));
        shaped.Of(arrived, reward: -3, terminated: false, rewards);
        Assert.That(rewards, Is.EqualTo(new[] { -0.3, 0.05, 0.07, 0, 0.05, 0.05 }).Within(1e-6));
        shaped.Of(arrived, reward: 100, terminated: true, rewards);
        Assert.That(rewards, Is.EqualTo(new[] { 10, 0.5, 0.7, 0, 0.5, 0.5 }).Within(1e-5), "who rests goes on resting");
        shaped.Of(arrived, reward: -100, terminated: true, rewards);
        Assert.That(rewards[1], Is.EqualTo(0.05).Within(1e-6), "a crash is an end");
        LanderTasks sparse = new(MainReward.Sparse, gamma: 0.9, auxiliary: true, permuted: true);
        sparse.Of(arrived, reward: -3, terminated: false, rewards);
        Assert.That(rewards, Is.EqualTo(new[] { 0, 0.07, 0, 0.05, 0.05, 0.05 }).Within(1e-6), "each has the next one's");
        sparse.Of(arrived, reward: 100, terminated: true, rewards);
        Assert.That(rewards[0], Is.EqualTo(1));
        sparse.Unpermuted.Of(arrived, reward: -3, terminated: false, rewards);
        Assert.That(rewards, Is.EqualTo(new[] { 0, 0.05, 0.07, 0, 0.05, 0.05 }).Within(1e-6), "a control is judged by each one's own");
    }

    private static double[] Softmax(params double[] values)
    {
        double sum = values.Sum(Math.Exp);
        return [.. values.Select(value => Math.Exp(value) / sum)];
    }
}
