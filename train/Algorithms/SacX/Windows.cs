using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Consecutive steps of episodes, L of them for each of B rows; a window that begins close to its episode's end is shorter, and its rest is
/// not valid.
/// </summary>
/// <param name="Observations">(L + 1, B, O): before each step, and after the last.</param>
/// <param name="Actions">(L, B, A), vectors.</param>
/// <param name="Behaviour">(L, B): log probability with which each was played.</param>
/// <param name="Rewards">(L, B, K), of all tasks.</param>
/// <param name="Continues">(L, B): 0 where the episode terminated, else 1; a time limit does not terminate.</param>
/// <param name="Valid">(L, B): 1 where there is a step, else 0.</param>
public sealed record Windows(
    Tensor Observations, Tensor Actions, Tensor Behaviour, Tensor Rewards, Tensor Continues, Tensor Valid)
{
    /// <summary>Name of the column that keeps the log probability of what was played.</summary>
    public const string BehaviourColumn = "behaviour";

    private static readonly uint Stream = Philox.Stream("windows");

    /// <summary>Draws windows whose first steps are equally likely, a function of the episodes, the seed and the update.</summary>
    public static Windows Draw(
        ReplayBuffer replay, SacXOptions options, ActionVectors actions, int size, LanderTasks tasks, long update, Device device)
    {
        (int length, int rows, int kinds) = (options.Length, options.Batch, tasks.Names.Count);
        (float[] observations, float[] vectors) = (new float[(length + 1) * rows * size], new float[length * rows * actions.Size]);
        (float[] behaviour, float[] rewards) = (new float[length * rows], new float[length * rows * kinds]);
        (float[] continues, float[] valid) = (new float[length * rows], new float[length * rows]);
        long steps = replay.Records - replay.Count;
        for (int row = 0; row < rows; row++)
        {
            (Episode episode, int first) = replay.Step(
                Philox.NextInt(new NoiseKey((ulong)options.Seed, (uint)row, (uint)update, Stream), checked((int)steps)));
            ReadOnlySpan<float> played = episode[BehaviourColumn].As<float>();
            int count = Math.Min(length, episode.Steps - first);
            for (int t = 0; t <= count; t++)
            {
                int at = t * rows + row, record = first + t;
                episode.CopyObservation(record, observations.AsSpan(at * size, size));
                if (t == count)
                    break;
                actions.Encode(episode, record + 1, vectors.AsSpan(at * actions.Size, actions.Size));
                bool terminated = record + 1 == episode.Steps && episode.Terminated;
                (behaviour[at], continues[at], valid[at]) = (played[record + 1], terminated ? 0 : 1, 1);
            }
            for (int t = 0; t < count; t++)
            {
                bool terminated = continues[t * rows + row] == 0;
                tasks.Of(observations.AsSpan(((t + 1) * rows + row) * size, size), episode.Rewards[first + t + 1], terminated,
                    rewards.AsSpan((t * rows + row) * kinds, kinds));
            }
        }
        return new(
            tensor(observations, [length + 1, rows, size]).On(device), tensor(vectors, [length, rows, actions.Size]).On(device),
            tensor(behaviour, [length, rows]).On(device), tensor(rewards, [length, rows, kinds]).On(device),
            tensor(continues, [length, rows]).On(device), tensor(valid, [length, rows]).On(device));
    }
}
