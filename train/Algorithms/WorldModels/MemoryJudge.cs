using TorchSharp;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>How M is judged, on episodes that it never learnt from.</summary>
internal static class MemoryJudge
{
    private const int Rows = 16;

    /// <summary>
    /// z_nll: nats a latent number that follows; z_nll_of_mean: the same of one normal distribution for all of them. terminal_recall: share
    /// of the ends of episodes at which the restart logit is above 0, where anything ended; terminal_false: share of all other steps.
    /// </summary>
    public static IReadOnlyDictionary<string, double> Judge(
        MdnRnn<EagerTensor> memory, MdnRnnConfig config, MemoryFrames frames, ulong seed, Device device)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using Generator random = new(seed, device);
        int rows = Math.Min(Rows, frames.Episodes), length = frames.Count / rows;
        Tensor all = tensor(frames.Epoch(seed, epoch: 0)[..(rows * length)], [rows, length]).t().On(device);         // (L, B)
        MemoryBatch batch = frames.Take(all, random);
        Tensor zero = zeros([rows, config.Units], device: device);
        (EagerTensor hidden, _, _) = memory.Sequence(batch.Latents, batch.Actions, batch.Begins, zero, zero);        // (L - 1, B, H)
        (GaussianMixture<EagerTensor> next, EagerTensor restart) = memory.Predict(hidden);
        Tensor goesOn = 1 - batch.Restarts;
        Tensor targets = batch.Next.reshape(-1, config.Latent);
        Tensor mean = targets.mean([0]);
        Normal<EagerTensor> marginal = new(mean, (targets - mean).square().mean([0]).sqrt());
        double Nats(Tensor log) => -(log * goesOn).sum().item<float>() / (goesOn.sum().item<float>() * config.Latent);
        Dictionary<string, double> figures = new()
        {
            ["z_nll"] = Nats(next.LogProb(batch.Next).Value), ["z_nll_of_mean"] = Nats(marginal.LogProb(batch.Next).Value),
            ["held_out_steps"] = goesOn.numel(),
        };
        if (!config.Restart)
            return figures;
        Tensor said = restart.Value.gt(0).to(float32) * batch.Known, ends = batch.Restarts * batch.Known, others = goesOn * batch.Known;
        figures["terminals"] = ends.sum().item<float>();
        if (figures["terminals"] > 0)
            figures["terminal_recall"] = (said * ends).sum().item<float>() / figures["terminals"];
        figures["terminal_false"] = (said * others).sum().item<float>() / Math.Max(1, others.sum().item<float>());
        return figures;
    }
}
