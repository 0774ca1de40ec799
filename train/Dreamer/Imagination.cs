using WorldModels.Models;
using WorldModels.Train.LatentDynamics;
using static TorchSharp.torch;

namespace WorldModels.Train.Dreamer;

/// <summary>What a behaviour is learnt in: dynamics, reward and discount, and the actor and critic that learn.</summary>
public interface IImagined
{
    /// <summary>An action (N, A) for features (N, F).</summary>
    EagerTensor Act(EagerTensor feature, EagerTensor noise);

    /// <summary>The state that an action (N, A) leads to.</summary>
    RssmState<EagerTensor> Step(EagerTensor deterministic, EagerTensor stochastic, EagerTensor action, EagerTensor noise);

    /// <summary>Reward on arrival (M) of features (M, F).</summary>
    Tensor Reward(Tensor feature);

    /// <summary>Value (M), which includes that reward.</summary>
    Tensor Value(Tensor feature);

    /// <summary>Discount (M) of what follows.</summary>
    Tensor Discount(Tensor feature);
}

/// <summary>What was imagined, on arrival at each of H states: (H, N) each. Discounts are of what follows.</summary>
public sealed record Trajectories(Tensor Rewards, Tensor Values, Tensor Discounts);

/// <summary>Latent imagination and what Dreamer learns from it (Hafner et al. 2020, section 3 and algorithm 1).</summary>
public static class Imagination
{
    /// <summary>States to imagine from: posteriors, all or a random share, which nothing of it moves.</summary>
    /// <param name="posteriors">(T, B, ...).</param>
    /// <param name="sequences">Where they came from.</param>
    /// <param name="most">How many; 0: all.</param>
    /// <param name="avoidEnds">Whether an episode's end, which nothing follows, is left out.</param>
    /// <param name="random">What draws them.</param>
    /// <returns>(N, D) and (N, S).</returns>
    public static (Tensor Deterministic, Tensor Stochastic) Starts(
        Posteriors posteriors, Sequences sequences, int most, bool avoidEnds, Generator random)
    {
        Tensor h = posteriors.Deterministic.detach().flatten(0, 1), z = posteriors.Stochastic.detach().flatten(0, 1);   // (T B, ...)
        if (most == 0 && !avoidEnds)
            return (h, z);
        // A random order, in which ends come last.
        Tensor order = (rand([h.size(0)], generator: random, device: h.device) * sequences.Discounts.reshape(-1)).argsort(descending: true);
        long going = avoidEnds ? sequences.Going : h.size(0);
        Tensor chosen = order.slice(0, 0, most == 0 ? going : Math.Min(most, going), 1);
        return (h.index_select(0, chosen), z.index_select(0, chosen));
    }

    /// <summary>
    /// Imagines H steps from given states. The actor does not see how its features came about; its actions' effects flow back through
    /// the dynamics all the same. Heads that feed nothing back are computed for all steps at once.
    /// </summary>
    /// <param name="world">What is imagined in.</param>
    /// <param name="deterministic">(N, D).</param>
    /// <param name="stochastic">(N, S).</param>
    /// <param name="latentNoise">H tensors (N, S).</param>
    /// <param name="actionNoise">H tensors (N, A).</param>
    public static Trajectories Imagine(
        IImagined world, Tensor deterministic, Tensor stochastic, Tensor[] latentNoise, Tensor[] actionNoise)
    {
        (EagerTensor h, EagerTensor z) = (deterministic, stochastic);
        EagerTensor feature = z.Concat(h);
        var features = new Tensor[latentNoise.Length];
        for (int step = 0; step < features.Length; step++)
        {
            RssmState<EagerTensor> state = world.Step(h, z, world.Act(feature.Detach(), actionNoise[step]), latentNoise[step]);
            (h, z, feature) = (state.Deterministic, state.Stochastic, state.Feature);
            features[step] = feature.Value;
        }
        Tensor all = cat(features);                                                                         // (H N, F)
        long[] shape = [features.Length, deterministic.size(0)];
        return new(world.Reward(all).reshape(shape), world.Value(all).reshape(shape), world.Discount(all).reshape(shape));
    }

    /// <summary>
    /// The actor's loss, minus the mean weighted lambda-return, and the critic's, its squared error to them; (H - 1, N) returns. States
    /// count as much as they are likely to be reached.
    /// </summary>
    public static (Tensor Actor, Tensor Critic, Tensor Returns) Losses(Trajectories imagined, double lambda)
    {
        Tensor[] rewards = imagined.Rewards.unbind(), values = imagined.Values.unbind(), discounts = imagined.Discounts.unbind();
        Tensor returns = LambdaReturns(rewards[..^1], discounts[..^1], values[1..], lambda);                // (H - 1, N)
        Tensor weights = Weights(discounts[..^1]);                                                          // (H - 1, N)
        Tensor error = imagined.Values.slice(0, 0, -1, 1) - returns.detach();
        return (-(weights * returns).mean(), (0.5 * weights * error.square()).mean(), returns);
    }

    /// <summary>
    /// Lambda-returns R_t = r_t + c_t ((1 - lambda) v_{t+1} + lambda R_{t+1}), with the last v as the last R (Hafner et al. 2020, eq. 6,
    /// in the form that computes them from the end).
    /// </summary>
    /// <param name="rewards">(H - 1) tensors (N): rewards on arriving at states 1 .. H - 1.</param>
    /// <param name="discounts">(H - 1) tensors (N): of what follows those states.</param>
    /// <param name="nextValues">(H - 1) tensors (N): values of states 2 .. H.</param>
    /// <param name="lambda">0: one step and a value; 1: all rewards and the last value.</param>
    /// <returns>(H - 1, N).</returns>
    public static Tensor LambdaReturns(Tensor[] rewards, Tensor[] discounts, Tensor[] nextValues, double lambda)
    {
        int last = rewards.Length - 1;
        var returns = new Tensor[rewards.Length];
        Tensor next = nextValues[last];
        for (int t = last; t >= 0; t--)
            returns[t] = next = rewards[t] + discounts[t] * ((1 - lambda) * nextValues[t] + lambda * next);
        return stack(returns);
    }

    /// <summary>How likely each state is reached: the product of the discounts before it, the first 1; nothing learns from it.</summary>
    private static Tensor Weights(Tensor[] discounts)
    {
        var weights = new Tensor[discounts.Length];
        weights[0] = ones_like(discounts[0]);
        for (int t = 1; t < weights.Length; t++)
            weights[t] = weights[t - 1] * discounts[t - 1].detach();
        return stack(weights);
    }
}
