using TorchSharp;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>
/// How well a world model foretells the very next step, at every step of episodes: it filters what was observed so far, and imagines what
/// the action that was taken led to. Judged are the share of rewards that are met within 0.2, in the environment's units; of pictures of
/// cells that are 0 or 1, the share of those of which every cell is met; and, where ends are predicted, of the steps that ended their
/// episode the share that is foretold to (recall) and the share at which the reward has the right sign, of the others the share that is
/// falsely foretold to.
/// </summary>
public static class NextStep
{
    /// <summary>What the names of the figures begin with.</summary>
    public const string Prefix = "next_";

    private const double Near = 0.2, MostOfCell = 0.5, LeastContinue = 0.5;
    private const int EnoughSteps = 5000;

    /// <summary>The figures, on episodes never trained on: the first of them that have some thousand steps together.</summary>
    public static IEnumerable<(string Name, double Value)> Judge(
        LatentWorld<EagerTensor> world, LatentWorldConfig config, IReadOnlyCollection<Episode> episodes, ActionVectors vectors,
        LatentOptions options, Device device)
    {
        if (episodes.Count == 0)
            return [];
        int steps = 0;
        Episode[] all = [.. episodes.TakeWhile(episode => (steps += episode.Steps) - episode.Steps < EnoughSteps)];
        (int rows, int observation, int actionSize) = (all.Length, config.Observation, vectors.Size);
        (float[] observed, float[] acted) = (new float[rows * observation], new float[rows * actionSize]);
        (Share near, Share exact, Share found, Share falsely, Share signs) = (new(), new(), new(), new(), new());
        bool cells = true;
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        EagerTensor none = zeros(rows, world.Dynamics.Noise.Size, device: device);      // modes, not draws
        State<EagerTensor> state = EagerState.Zeros(world.Dynamics.State, rows, device);
        for (int t = 0; t < all.Max(episode => episode.Records); t++)
        {
            using DisposeScope step = NewDisposeScope();
            for (int row = 0; row < rows; row++)
            {
                if (t >= all[row].Records)
                    continue;
                all[row].CopyObservation(t, observed.AsSpan(row * observation, observation));
                vectors.Encode(all[row], t, acted.AsSpan(row * actionSize, actionSize));
            }
            cells &= observed.All(value => value is 0 or 1);
            Tensor there = tensor(observed, [rows, observation]).On(device);                            // (B, O)
            EagerTensor action = tensor(acted, [rows, actionSize]).On(device);                          // (B, A)
            if (t > 0)
                Compare(t, world.Dynamics.FeatureOf(world.Dynamics.Imagine(state, action, none).State), there);
            state = world.Dynamics.Observe(state, action, world.Embed(world.Scale.Forward(there)), none).State
                .Map(value => value.Value.MoveToOuterDisposeScope());
        }
        return
        [
            .. near.As("reward_near"), .. cells ? exact.As("exact") : [], .. found.As("end_recall"), .. falsely.As("end_false"),
            .. signs.As("end_reward_sign"),
        ];

        // What is foretold of a record, by the feature (B, F) that was imagined, beside what came.
        void Compare(int t, EagerTensor feature, Tensor there)
        {
            float[] rewards = Numbers(world.Reward(feature).Mode.Value / options.RewardScale);
            float[]? continues = world.HasContinue ? Numbers(world.Continue(feature).Mean.Value / options.Gamma) : null;
            float[]? misses = cells ? Numbers((world.Scale.Backward(world.Decode(feature).Mode).Value - there).abs().amax([1])) : null;
            for (int row = 0; row < rows; row++)
            {
                if (t >= all[row].Records)
                    continue;
                float reward = all[row].Rewards[t];
                near.Add(Math.Abs(rewards[row] - reward) < Near);
                if (misses is not null)
                    exact.Add(misses[row] < MostOfCell);
                if (continues is null)
                    continue;
                bool ends = all[row].Discounts[t] == 0;
                (ends ? found : falsely).Add(continues[row] < LeastContinue);
                if (ends && reward != 0)
                    signs.Add(Math.Sign(rewards[row]) == Math.Sign(reward));
            }
        }
    }

    private static float[] Numbers(Tensor values) => values.cpu().contiguous().data<float>().ToArray();

    /// <summary>The share of what was asked that holds.</summary>
    private sealed class Share
    {
        private int _asked, _held;

        public void Add(bool holds)
        {
            _asked++;
            _held += holds ? 1 : 0;
        }

        /// <summary>As a figure; none where nothing was asked.</summary>
        public IEnumerable<(string Name, double Value)> As(string name) => _asked == 0 ? [] : [($"{Prefix}{name}", (double)_held / _asked)];
    }
}
