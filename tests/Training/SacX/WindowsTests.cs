using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Tests.SacX;

/// <summary>What windows hold of episodes whose numbers say where they are.</summary>
public sealed class WindowsTests
{
    private const int Length = 4, Rows = 64;

    /// <summary>
    /// Episode 0 has 3 steps and terminates, episode 1 has 6 and is cut: record t of episode e observes 10 e + t, was reached by action t
    /// mod 4, for t + e, with log probability -t.
    /// </summary>
    [Test]
    public void StepsAreThoseOfTheirEpisode()
    {
        using DisposeScope scope = NewDisposeScope();
        ActionVectors actions = new(ActionSpec.Discrete(4));
        EpisodeColumn behaviour = new(Windows.BehaviourColumn, NpyType.Float32);
        ReplayBuffer replay = new([8], actions, capacity: 1000, folder: null, behaviour);
        int[] steps = [3, 6];
        for (int e = 0; e < 2; e++)
        {
            EpisodeBuilder builder = new(8, actions, behaviour);
            builder.Begin<float>(Seen(e, 0));
            for (int t = 1; t <= steps[e]; t++)
            {
                bool last = t == steps[e];
                builder.Add<float>(Seen(e, t), t % 4, t + e, terminated: last && e == 0, truncated: last && e == 1);
                builder.Set(Windows.BehaviourColumn, (float)-t);
            }
            replay.Add(builder.End());
        }
        LanderTasks tasks = new(MainReward.Shaped, 0.99, auxiliary: false, permuted: false);
        SacXOptions options = new() { Length = Length, Batch = Rows };
        Windows windows = Windows.Draw(replay, options, actions, 8, tasks, update: 7, CPU);
        HashSet<int> firsts = [];
        for (int row = 0; row < Rows; row++)
        {
            int first = (int)windows.Observations[0, row, 0].item<float>(), e = first / 10, from = first % 10;
            firsts.Add(first);
            for (int t = 0; t < Length; t++)
            {
                int record = from + t + 1;
                bool there = record <= steps[e];
                Assert.That(windows.Valid[t, row].item<float>(), Is.EqualTo(there ? 1 : 0));
                if (!there)
                    continue;
                Assert.That(windows.Observations[t + 1, row, 0].item<float>(), Is.EqualTo(10 * e + record), "the last one too");
                Assert.That(windows.Actions[t, row].argmax().item<long>(), Is.EqualTo(record % 4));
                Assert.That(windows.Behaviour[t, row].item<float>(), Is.EqualTo(-record));
                Assert.That(windows.Rewards[t, row, 0].item<float>(), Is.EqualTo((record + e) / 10f).Within(1e-6));
                Assert.That(windows.Continues[t, row].item<float>(), Is.EqualTo(e == 0 && record == 3 ? 0 : 1), "a time limit is no end");
            }
        }
        Assert.That(firsts, Is.EquivalentTo(new[] { 0, 1, 2, 10, 11, 12, 13, 14, 15 }), "every step begins a window");

        static float[] Seen(int episode, int record) => [10 * episode + record, 0, 0, 0, 0, 0, 0, 0];
    }
}
