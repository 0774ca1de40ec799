using TorchSharp;

namespace WorldModels.Train;

/// <summary>How a learning rate goes over a run.</summary>
internal static class LearningRate
{
    /// <summary>Sets an optimiser's rate, which over the last <paramref name="decay"/> of a run falls linearly to zero.</summary>
    public static void Set(FlatOptimiser optimiser, double rate, double decay, long update, long updates)
    {
        double left = (updates - update) / Math.Max(1, decay * updates);
        foreach (torch.optim.ILearningRateController group in optimiser.Optimiser.ParamGroups)
            group.LearningRate = rate * Math.Clamp(left, 0, 1);
    }
}
