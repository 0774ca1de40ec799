using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>Hears of a step of an episode.</summary>
/// <param name="row">The episode's.</param>
/// <param name="observation">Where the step led to.</param>
/// <param name="reward">The environment's.</param>
/// <param name="novelty">Disagreement about the step; 0 where nothing measures it.</param>
public delegate void PlayedStep(int row, ReadOnlySpan<float> observation, double reward, double novelty);

/// <summary>Whole episodes that an explorer or a task's policy plays, which nothing learns from.</summary>
/// <param name="options">Where they are played, and the seed.</param>
/// <param name="experience">Its spaces.</param>
/// <param name="world">The world model.</param>
/// <param name="disagreement">What measures novelty; null: nothing does.</param>
/// <param name="device">Where they compute.</param>
public sealed class PolicyEpisodes(
    LatentOptions options, Experience experience, LatentWorld<EagerTensor> world, DisagreementReward? disagreement, Device device)
{
    /// <summary>Plays one episode in each of so many rows.</summary>
    public void Play(DreamerBehaviour policy, int episodes, bool greedy, PlayedStep played)
    {
        float[] novelty = new float[episodes];
        LatentPolicy playing = Dreamer.Playing(world, experience.Actions, policy.Policy, device);
        using LatentAgent agent = new(world, Acting, episodes, experience.Observation.Size, experience.Actions.Size, device)
        { Greedy = greedy };
        EpisodeRows rows = new(AgentEnvironment.Make(options, episodes));
        bool[] over = new bool[episodes];
        ulong seed = (ulong)options.Seed + 5_000_011;
        rows.Begin(seed);
        for (long step = 0; over.Contains(false); step++)
        {
            agent.Act(seed, step, rows.Observations, rows.First, rows.Vectors);
            rows.Step();
            for (int row = 0; row < episodes; row++)
            {
                // Who is done early goes on with another episode, which is not asked for.
                if (!over[row])
                    played(row, rows.Arrived(row), rows.Received(row).Reward, novelty[row]);
                rows.Add(row);
                over[row] |= rows.End(row) is not null;
            }
        }

        void Acting(State<EagerTensor> state, ulong noise, long step, bool isGreedy, Span<float> vectors)
        {
            playing(state, noise, step, isGreedy, vectors);
            if (disagreement is null)
                return;
            Tensor acted = tensor(vectors.ToArray(), [episodes, experience.Actions.Size]).On(device);
            disagreement.Of(world.Dynamics.FeatureOf(state).Value, acted).cpu().data<float>().ToArray().CopyTo(novelty, 0);
        }
    }
}
