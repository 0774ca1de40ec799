using TorchSharp;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>
/// How far a world model sees: it filters five records of an episode, then imagines what the actions that were taken led to. Errors are
/// mean squares by distance, of standardised observations and of rewards in the environment's units, beside those of saying the mean
/// and of repeating the last observation; then the share of rewards that are met within 0.2 and, of pictures of cells that are 0 or 1, of
/// those of which every cell is.
/// </summary>
public static class OpenLoop
{
    /// <summary>Records filtered before imagining.</summary>
    public const int Context = 5;

    /// <summary>What the figures of exact pictures and of rewards that are met begin with.</summary>
    public const string Exact = "open_loop_exact_", NearReward = "open_loop_reward_near_";

    private static readonly int[] Distances = [1, 5, 15, 45];

    /// <summary>The figures, on episodes never trained on: of several places of each.</summary>
    public static IEnumerable<(string Name, double Value)> Judge(
        LatentWorld<EagerTensor> world, LatentWorldConfig config, IReadOnlyCollection<Episode> episodes, ActionVectors vectors,
        double rewardScale, Device device)
    {
        const int Rows = 100;
        int longest = episodes.Count == 0 ? 0 : episodes.Max(episode => episode.Records);
        int[] distances = [.. Distances.Where(distance => Context + distance <= longest)];
        if (distances.Length == 0)
            return [];
        int length = Context + distances[^1];
        Episode[] enough = [.. episodes.Where(episode => episode.Records >= length)];
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int actionSize = vectors.Size;
        (float[] observations, float[] actions) = (new float[length * Rows * config.Observation], new float[length * Rows * actionSize]);
        float[] received = new float[length * Rows];
        for (int row = 0; row < Rows; row++)
        {
            Episode episode = enough[row % enough.Length];
            int places = episode.Records - length + 1, start = (int)((long)(row / enough.Length) * places * enough.Length / Rows);
            for (int t = 0; t < length; t++)
            {
                episode.CopyObservation(start + t, observations.AsSpan((t * Rows + row) * config.Observation, config.Observation));
                vectors.Encode(episode, start + t, actions.AsSpan((t * Rows + row) * actionSize, actionSize));
                received[t * Rows + row] = episode.Rewards[start + t];
            }
        }
        Tensor real = world.Scale.Forward(tensor(observations, [length, Rows, config.Observation]).On(device)).Value;
        Tensor acted = tensor(actions, [length, Rows, actionSize]).On(device);
        Tensor rewards = (tensor(received, [length, Rows]) * rewardScale).On(device);
        bool cells = observations.All(value => value is 0 or 1);
        EagerTensor none = zeros(Rows, world.Dynamics.Noise.Size, device: device);      // modes, not draws
        State<EagerTensor> state = EagerState.Zeros(world.Dynamics.State, Rows, device);
        List<(string, double)> figures = [];
        for (int t = 0; t < length; t++)
        {
            LatentStep<EagerTensor> step = t < Context
                ? world.Dynamics.Observe(state, acted[t], world.Embed(real[t]), none)
                : world.Dynamics.Imagine(state, acted[t], none);
            state = step.State;
            EagerTensor feature = world.Dynamics.FeatureOf(state);
            int distance = t + 1 - Context;
            if (!distances.Contains(distance))
                continue;
            figures.Add(($"open_loop_error_{distance}", Error(world.Decode(feature).Mode.Value, real[t])));
            figures.Add(($"open_loop_repeat_{distance}", Error(real[Context - 1], real[t])));
            figures.Add(($"open_loop_mean_{distance}", Error(real.mean([0, 1]), real[t])));
            figures.Add(($"open_loop_reward_error_{distance}", Error(world.Reward(feature).Mode.Value, rewards[t]) / Square(rewardScale)));
            figures.Add(($"open_loop_reward_mean_{distance}", Error(rewards.mean(), rewards[t]) / Square(rewardScale)));
            figures.Add(($"{NearReward}{distance}", Share((world.Reward(feature).Mode.Value - rewards[t]).abs() < 0.2 * rewardScale)));
            if (!cells)
                continue;
            Tensor seen = world.Scale.Backward(world.Decode(feature).Mode).Value, there = world.Scale.Backward(real[t]).Value;
            figures.Add(($"{Exact}{distance}", Share((seen - there).abs().amax([1]) < 0.5)));
        }
        return figures;
    }

    private static double Share(Tensor holds) => holds.to(ScalarType.Float32).mean().item<float>();

    private static double Square(double x) => x * x;

    private static double Error(Tensor guess, Tensor real) => (guess - real).square().mean().item<float>();
}
