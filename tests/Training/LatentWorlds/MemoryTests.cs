using System.Diagnostics;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>Memory stays flat over a thousand updates.</summary>
[Platform("Linux")]
public sealed class MemoryTests
{
    [Test]
    public void AThousandUpdatesKeepNothing()
    {
        const int WarmUp = 300, Updates = 1000;
        DreamerOptions options = Presets<DreamerOptions>.Embedded.Of("debug") with
        {
            Updates = WarmUp + Updates,
            Deterministic = 16,
            Stochastic = 4,
            Hidden = 16,
            Embedding = 16,
            EncoderUnits = 16,
            HeadUnits = 16,
            Batch = 8,
            Length = 8,
            Starts = 16,
            Horizon = 4,
            Prefill = 400,
            Pretrain = 0,
            CollectEvery = 10,
            CollectSteps = 1,
        };
        using Dreamer trainer = new Dreamer(options, CPU);
        using TemporaryRun run = new TemporaryRun("dreamer", options);
        trainer.Prepare(run.Folder, TemporaryRun.Progress, CancellationToken.None);
        for (long update = 0; update < WarmUp; update++)
            trainer.Update(update, measure: false);
        (long bytes, long tensors) = (Resident(), Tensor.TotalCount); // In this order: what other tests left is collected first.
        for (long update = WarmUp; update < WarmUp + Updates; update++)
            trainer.Update(update, measure: false);
        (long bytesAfter, long tensorsAfter) = (Resident(), Tensor.TotalCount);
        TestContext.Out.WriteLine($"resident {bytes / 1e6:F1} MB, then {bytesAfter / 1e6:F1} MB; {tensors} tensors, then {tensorsAfter}");
        Assert.That(tensorsAfter, Is.AtMost(tensors));
        Assert.That(bytesAfter - bytes, Is.LessThan(8_000_000));
    }

    private static long Resident()
    {
        for (int i = 0; i < 2; i++) // A tensor's owner may hold it until its own finaliser has run.
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
