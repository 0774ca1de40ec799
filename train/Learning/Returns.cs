using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Returns of imagined trajectories.</summary>
public static class Returns
{
    /// <summary>
    /// Lambda-returns R_t = r_t + c_t ((1 - lambda) v_{t+1} + lambda R_{t+1}), with the last v as the last R (Hafner et al. 2020, eq. 6,
    /// in the form that computes them from the end).
    /// </summary>
    /// <param name="rewards">(H, N): rewards on arriving at states 1 .. H.</param>
    /// <param name="discounts">(H, N): of what follows those states.</param>
    /// <param name="nextValues">(H, N): values of states 2 .. H + 1.</param>
    /// <param name="lambda">0: one step and a value; 1: all rewards and the last value.</param>
    /// <param name="useValue">Whether there are values at all; if not, returns are the discounted rewards within the horizon.</param>
    /// <returns>(H, N).</returns>
    public static Tensor Lambda(Tensor rewards, Tensor discounts, Tensor nextValues, double lambda, bool useValue = true)
    {
        if (!useValue)
            return Lambda(rewards, discounts, zeros_like(nextValues), lambda: 1);
        (Tensor[] r, Tensor[] c, Tensor[] v) = (rewards.unbind(), discounts.unbind(), nextValues.unbind());
        Tensor[] returns = new Tensor[r.Length];
        Tensor next = v[^1];
        for (int t = r.Length - 1; t >= 0; t--)
            returns[t] = next = r[t] + c[t] * ((1 - lambda) * v[t] + lambda * next);
        return stack(returns);
    }

    /// <summary>
    /// Lambda-returns of recorded sequences, R_t = r_{t+1} + c_{t+1} ((1 - lambda) v_{t+1} + lambda R_{t+1}), which end with their episode
    /// and their sequence: the last state's return is its value.
    /// </summary>
    /// <param name="rewards">(T, B): on arriving at each state.</param>
    /// <param name="discounts">(T, B): of what follows it.</param>
    /// <param name="keep">(T, B): 0 where an episode begins, else 1.</param>
    /// <param name="values">(T, B).</param>
    /// <param name="lambda">As in <see cref="Lambda"/>.</param>
    /// <returns>(T - 1, B); of the last state of an episode, which nothing follows, it means nothing.</returns>
    public static Tensor Replayed(Tensor rewards, Tensor discounts, Tensor keep, Tensor values, double lambda)
    {
        (Tensor[] r, Tensor[] c, Tensor[] k, Tensor[] v) = (rewards.unbind(), discounts.unbind(), keep.unbind(), values.unbind());
        Tensor[] returns = new Tensor[r.Length - 1];
        Tensor next = v[^1];
        for (int t = returns.Length - 1; t >= 0; t--)
        {
            Tensor goesOn = t + 2 < r.Length ? lambda * k[t + 2] : ones_like(next);
            returns[t] = next = r[t + 1] + c[t + 1] * ((1 - goesOn) * v[t + 1] + goesOn * next);
        }
        return stack(returns);
    }

    /// <summary>
    /// How likely each state is to be reached: the product of the discounts (H, N) before it, the first 1; nothing learns from it. (H, N).
    /// </summary>
    public static Tensor Weights(Tensor discounts)
    {
        Tensor[] c = discounts.detach().unbind();
        Tensor[] weights = new Tensor[c.Length];
        weights[0] = ones_like(c[0]);
        for (int t = 1; t < weights.Length; t++)
            weights[t] = weights[t - 1] * c[t - 1];
        return stack(weights);
    }
}

/// <summary>Steps (H, ...) but for one.</summary>
internal static class StepSlices
{
    /// <summary>But for the first.</summary>
    public static Tensor ButFirst(this Tensor steps) => steps.slice(0, 1, long.MaxValue, 1);

    /// <summary>But for the last.</summary>
    public static Tensor ButLast(this Tensor steps) => steps.slice(0, 0, -1, 1);
}
