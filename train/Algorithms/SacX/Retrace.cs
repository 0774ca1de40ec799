using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>Action values from what another policy played (Munos et al. 2016).</summary>
public static class Retrace
{
    /// <summary>
    /// Q(t) + sum over j >= t of g^(j-t) c(t+1) ... c(j) d(j), with d(j) = r(j) + g V(j+1) - Q(j): g is the discount, 0 after an end; c
    /// how far a step is trusted, lambda min(1, pi / b).
    /// </summary>
    /// <param name="values">(L, B, K): Q of the steps that were taken.</param>
    /// <param name="following">(L, B, K): V of where they led.</param>
    /// <param name="rewards">(L, B, K).</param>
    /// <param name="discounts">(L, B, 1).</param>
    /// <param name="ratios">(L, B, K): pi / b of the steps.</param>
    /// <param name="valid">(L, B, 1): 0 behind an episode's last step.</param>
    /// <param name="lambda">Decay of traces.</param>
    /// <returns>(L, B, K); where there is no step, it means nothing.</returns>
    public static Tensor Targets(
        Tensor values, Tensor following, Tensor rewards, Tensor discounts, Tensor ratios, Tensor valid, double lambda)
    {
        Tensor[] errors = (rewards + discounts * following - values).unbind();                              // L x (B, K)
        Tensor[] trust = (lambda * ratios.clamp_max(1) * valid).unbind();                                   // L x (B, K)
        Tensor[] g = discounts.unbind();                                                                    // L x (B, 1)
        Tensor[] corrections = new Tensor[errors.Length];
        corrections[^1] = errors[^1];
        for (int t = errors.Length - 2; t >= 0; t--)
            corrections[t] = errors[t] + g[t] * trust[t + 1] * corrections[t + 1];
        return values + stack(corrections);
    }
}
