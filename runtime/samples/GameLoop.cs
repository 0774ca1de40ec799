using System.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Samples;

/// <summary>
/// A controller in a game that shows 60 frames a second: in each frame it may take a share of the frame's 16.7 ms. Where it took longer, the
/// frame would have been late. A bundle that says how novel its steps are (plan2explore) also tells when it is far from what it learnt.
/// </summary>
internal static class GameLoop
{
    private static readonly TimeSpan Frame = TimeSpan.FromSeconds(1.0 / 60), Budget = TimeSpan.FromMilliseconds(2);

    public static void Run(string bundle, TimeSpan length)
    {
        using Controller controller = Controller.Load(bundle, new() { Batch = 1, Deterministic = true });
        Game game = new(controller.Manifest);
        float[] action = new float[controller.Manifest.Action.Size];

        // The first call is slower than all others: take it before the game begins.
        controller.Act(game.Observation, action);
        controller.Reset();

        Times times = new();
        int frames = 0, late = 0, novel = 0;
        long begun = Stopwatch.GetTimestamp(), bytes = GC.GetAllocatedBytesForCurrentThread();
        while (Stopwatch.GetElapsedTime(begun) < length)
        {
            long before = Stopwatch.GetTimestamp();
            controller.Act(game.Observation, action);               // state is carried from frame to frame
            TimeSpan took = Stopwatch.GetElapsedTime(before);
            times.Add(took);
            if (took > Budget)
                late++;
            // The card's threshold was measured on drawn actions of the first task; a game that acts otherwise measures its own.
            if (controller.Manifest.NoveltyThreshold is { } familiar && controller.Novelty[0] > familiar)
                novel++;                                            // a game would have somebody else act here
            if (game.Step(action))
                controller.Reset();                                 // a new episode: forget the last one
            frames++;
            TimeSpan rest = frames * Frame - Stopwatch.GetElapsedTime(begun);
            if (rest > TimeSpan.Zero)
                Thread.Sleep(rest);
        }
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Console.WriteLine($"{frames} frames; deciding took {times}");
        Console.WriteLine($"{late} frames over the budget of {Budget.TotalMilliseconds} ms; {bytes / Math.Max(1, frames)} bytes allocated a frame");
        if (controller.Manifest.NoveltyThreshold is not null)
            Console.WriteLine($"{novel} frames more novel than all but one of a hundred familiar ones");
    }
}
