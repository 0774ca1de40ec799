using TorchSharp;
using static TorchSharp.torch;

namespace WorldModels.Train.Dreamer;

/// <summary>Returns of imagined trajectories.</summary>
public static class Returns
{
    /// <summary>
    /// Lambda-returns R_t = r_t + c_t ((1 - lambda) v_{t+1} + lambda R_{t+1}), with the last v as R_H (Hafner et al. 2020, eq. 6, in the
    /// form that computes them from the end).
    /// </summary>
    /// <param name="rewards">(H - 1) tensors (N): rewards on arriving at states 1 .. H - 1.</param>
    /// <param name="discounts">(H - 1) tensors (N): of what follows those states.</param>
    /// <param name="nextValues">(H - 1) tensors (N): values of states 2 .. H.</param>
    /// <param name="lambda">0: one step and a value; 1: all rewards and the last value.</param>
    /// <returns>(H - 1, N).</returns>
    public static Tensor Lambda(Tensor[] rewards, Tensor[] discounts, Tensor[] nextValues, double lambda)
    {
        int last = rewards.Length - 1;
        var returns = new Tensor[rewards.Length];
        Tensor next = nextValues[last];
        for (int t = last; t >= 0; t--)
            returns[t] = next = rewards[t] + discounts[t] * ((1 - lambda) * nextValues[t] + lambda * next);
        return stack(returns);
    }
}
