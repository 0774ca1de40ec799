using System.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Samples;

/// <summary>
/// A planner that has to decide within a deadline: it searches as many iterations as there is time for, one at least. On a machine that is
/// fast enough these are all that it was made with.
/// </summary>
internal static class PlannerLoop
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(50);

    public static void Run(string bundle, TimeSpan length)
    {
        using Planner planner = Planner.Load(bundle, new() { Batch = 1, Deadline = Deadline });
        Game game = new(planner.Manifest);
        float[] action = new float[planner.Manifest.Action.Size];
        Times times = new();
        int decisions = 0, late = 0, iterations = 0, episodes = 0;
        double returned = 0;
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < length)
        {
            long before = Stopwatch.GetTimestamp();
            planner.Act(game.Observation, action);
            TimeSpan took = Stopwatch.GetElapsedTime(before);
            times.Add(took);
            (decisions, late, iterations) = (decisions + 1, late + (took > Deadline ? 1 : 0), iterations + planner.Iterations);
            double soFar = game.Return;
            if (game.Step(action))
            {
                (episodes, returned) = (episodes + 1, returned + soFar);
                planner.Reset();
            }
        }
        Console.WriteLine($"{decisions} decisions took {times}; {late} came after the deadline of {Deadline.TotalMilliseconds} ms");
        Console.WriteLine(FormattableString.Invariant($"{(double)iterations / decisions:F1} of {planner.Spec.Iterations} iterations a decision"));
        if (episodes > 0)
            Console.WriteLine(FormattableString.Invariant($"{episodes} episodes, mean return {returned / episodes:F0}"));
    }
}
