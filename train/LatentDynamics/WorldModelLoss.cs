using TorchSharp;
using WorldModels.Models;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentDynamics;

/// <summary>Records of an update as tensors on the device: see <see cref="SequenceBatch"/>.</summary>
/// <param name="Observations">(T, B, O).</param>
/// <param name="Actions">(T, B, A).</param>
/// <param name="Rewards">(T, B), in the units of training.</param>
/// <param name="Discounts">(T, B).</param>
/// <param name="Keep">
/// An entry a step: (B, 1), 0 where an episode begins; null where none does, and at the first step, which starts from zeros anyway.
/// </param>
/// <param name="Going">How many records are not the end of an episode.</param>
public sealed record Sequences(Tensor Observations, Tensor Actions, Tensor Rewards, Tensor Discounts, Tensor?[] Keep, long Going)
{
    /// <summary>Takes a batch.</summary>
    public static Sequences From(SequenceBatch batch, LatentOptions options, int observation, int action, Device device)
    {
        (long length, long rows) = (batch.Length, batch.Batch);
        Tensor actions = tensor(batch.Actions, [length, rows, action]).to(device);
        Tensor rewards = tensor(batch.Rewards, [length, rows]).to(device) * (options.BlindReward ? 0 : options.RewardScale);
        var keep = new Tensor?[length];
        for (int t = 1; t < length; t++)
        {
            ReadOnlySpan<float> first = batch.IsFirst.AsSpan(t * batch.Batch, batch.Batch);
            if (first.ContainsAnyExcept(0f))
                keep[t] = 1 - tensor(first.ToArray(), [rows, 1]).to(device);
        }
        return new(
            tensor(batch.Observations, [length, rows, observation]).to(device),
            options.ShuffleActions ? actions.roll([1], [1]) : actions,
            rewards, tensor(batch.Discounts, [length, rows]).to(device), keep, batch.Discounts.Count(discount => discount > 0));
    }
}

/// <summary>Posteriors of sequences, (T, B, ...) each, and the priors beside them.</summary>
public sealed record Posteriors(Tensor Deterministic, Tensor Stochastic, Tensor Mean, Tensor Std, Tensor PriorMean, Tensor PriorStd)
{
    /// <summary>What heads read, (T, B, S + D).</summary>
    public Tensor Feature => cat([Stochastic, Deterministic], -1);
}

/// <summary>The world model's loss and its parts, means over T x B.</summary>
public sealed record WorldModelLosses(Tensor Total, Tensor Observation, Tensor Reward, Tensor? Continue, Tensor Kl, Tensor? Overshooting);

/// <summary>The loss by which PlaNet and Dreamer V1 learn their world model (Hafner et al. 2019, eq. 3 and 7; 2020, eq. 10).</summary>
public static class WorldModelLoss
{
    /// <summary>Filters sequences: the posterior at every step, given all that came before it. noise (T, B, S).</summary>
    public static Posteriors Observe(LatentWorld<EagerTensor> world, RssmConfig config, Sequences sequences, Tensor noise)
    {
        Tensor[] actions = world.Rssm.ProjectActions(sequences.Actions).Value.unbind();             // T x (B, hidden)
        EagerTensor embeddings = world.Embed(world.Standard.Forward(sequences.Observations));       // (T, B, E)
        Tensor[] embedded = world.Rssm.ProjectEmbeddings(embeddings).Value.unbind();                // T x (B, hidden)
        Tensor[] noises = noise.unbind();
        int length = actions.Length;
        long rows = noise.size(1);
        var states = new RssmState<EagerTensor>[length];
        EagerTensor h = zeros(rows, config.Deterministic, device: noise.device), z = zeros(rows, config.Stochastic, device: noise.device);
        for (int t = 0; t < length; t++)
        {
            if (sequences.Keep[t] is { } keep)
                (h, z) = (h * keep, z * keep);
            states[t] = world.Rssm.ObserveProjected(h, z, actions[t], embedded[t], noises[t]);
            (h, z) = (states[t].Deterministic, states[t].Stochastic);
        }
        Tensor Stack(Func<RssmState<EagerTensor>, EagerTensor> part) => stack(states.Select(state => part(state).Value));
        Tensor deterministic = Stack(state => state.Deterministic);
        (EagerTensor mean, EagerTensor std) = world.Rssm.Prior(deterministic);
        return new(
            deterministic, Stack(state => state.Stochastic), Stack(state => state.Mean), Stack(state => state.Std), mean.Value, std.Value);
    }

    /// <summary>The loss of a world model on sequences it has filtered.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="options">Weights and forms.</param>
    /// <param name="sequences">What was recorded.</param>
    /// <param name="posteriors">What <see cref="Observe"/> made of it.</param>
    /// <param name="noise">Draws the noise of overshooting, of a given shape.</param>
    public static WorldModelLosses Of(
        LatentWorld<EagerTensor> world, LatentOptions options, Sequences sequences, Posteriors posteriors, Func<long[], Tensor> noise)
    {
        Tensor feature = posteriors.Feature;                                                        // (T, B, F)
        Tensor target = world.Standard.Forward(sequences.Observations).Value.detach();
        Tensor observation = 0.5 * (world.Decode(feature).Value - target).square().sum([-1]).mean();
        Tensor flat = feature.reshape(-1, feature.size(-1));                                        // (T B, F)
        Tensor reward = 0.5 * (world.Reward(flat).Value - sequences.Rewards.reshape(-1)).square().mean();
        Tensor kl = Kl(posteriors.Mean, posteriors.Std, posteriors.PriorMean, posteriors.PriorStd);  // (T, B)
        Tensor total = options.KlScale * Free(kl, options) + options.ObservationScale * observation + options.RewardLossScale * reward;
        Tensor? goesOn = null, overshooting = null;
        if (options.PredictContinue)
        {
            // A soft label carries the discount (Dreamer V1's pcont).
            Tensor label = options.Gamma * sequences.Discounts.reshape(-1);
            goesOn = nn.functional.binary_cross_entropy_with_logits(world.ContinueLogit(flat).Value, label);
            total += options.ContinueScale * goesOn;
        }
        if (options.Overshooting > 1)
        {
            overshooting = Overshoot(world, options, sequences, posteriors, noise);
            total += options.OvershootingScale * overshooting;
        }
        return new(total, observation, reward, goesOn, kl.mean(), overshooting);
    }

    /// <summary>KL(q || p) of diagonal Gaussians, summed over the last axis.</summary>
    public static Tensor Kl(Tensor mean, Tensor std, Tensor priorMean, Tensor priorStd)
    {
        Tensor ratio = std / priorStd;
        return (0.5 * (ratio.square() + ((mean - priorMean) / priorStd).square() - 1) - ratio.log()).sum([-1]);
    }

    /// <summary>Divergences less what is free.</summary>
    public static Tensor Free(Tensor kl, LatentOptions options) => options.FreeNatsForm == FreeNatsForm.MaxOfMean
        ? kl.mean().clamp(min: options.FreeNats)
        : (kl - options.FreeNats).clamp(min: 0).mean();

    /// <summary>
    /// Latent overshooting (Hafner et al. 2019, section 4): from every posterior the prior goes on by itself for d = 2 .. D steps, and is
    /// drawn towards the posteriors that were reached, which do not move for it. Rollouts end with their episode and their sequence.
    /// </summary>
    private static Tensor Overshoot(
        LatentWorld<EagerTensor> world, LatentOptions options, Sequences sequences, Posteriors posteriors, Func<long[], Tensor> noise)
    {
        int length = (int)posteriors.Mean.size(0), deepest = Math.Min(options.Overshooting, length - 1);
        (Tensor h, Tensor z) = (posteriors.Deterministic, posteriors.Stochastic);
        long rows = h.size(1);
        Tensor alive = ones([length, rows], device: h.device);
        Tensor begins = stack([.. sequences.Keep.Select(keep => keep?.squeeze(1) ?? ones(rows, device: h.device))]); // (T, B), 0 at a reset
        List<Tensor> divergences = [];
        for (int distance = 1; distance <= deepest; distance++)
        {
            int left = length - distance;       // rollouts from t = 0 .. left - 1 reach t + distance
            Tensor action = sequences.Actions.slice(0, distance, length, 1).reshape(left * rows, -1);
            Tensor draw = noise([left * rows, z.size(-1)]);
            RssmState<EagerTensor> next = world.Rssm.Imagine(
                h.slice(0, 0, left, 1).reshape(left * rows, -1), z.slice(0, 0, left, 1).reshape(left * rows, -1), action, draw);
            (h, z) = (next.Deterministic.Value.reshape(left, rows, -1), next.Stochastic.Value.reshape(left, rows, -1));
            alive = alive.slice(0, 0, left, 1) * begins.slice(0, distance, length, 1);
            if (distance == 1)
                continue;   // the ordinary divergence
            Tensor kl = Kl(
                posteriors.Mean.detach().slice(0, distance, length, 1), posteriors.Std.detach().slice(0, distance, length, 1),
                next.Mean.Value.reshape(left, rows, -1), next.Std.Value.reshape(left, rows, -1));
            Tensor count = alive.sum().clamp(min: 1);
            Tensor divergence = options.FreeNatsForm == FreeNatsForm.MaxOfMean
                ? ((kl * alive).sum() / count).clamp(min: options.FreeNats)
                : ((kl - options.FreeNats).clamp(min: 0) * alive).sum() / count;
            divergences.Add(divergence);
        }
        return divergences.Count == 0 ? zeros(1, device: h.device).sum() : stack(divergences).mean();
    }
}
