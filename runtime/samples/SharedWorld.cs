using System.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Samples;

/// <summary>
/// One world, loaded once, and what acts and dreams in it: a controller for each of several players, each on its thread, and a dream beside
/// them. Weights are shared, states are not. A controller is used by one thread at a time.
/// </summary>
internal static class SharedWorld
{
    private const int Players = 4;

    public static void Run(string bundle, TimeSpan length)
    {
        using WorldModel world = WorldModel.Load(bundle);
        Game[] games = [.. Enumerable.Range(0, Players).Select(_ => new Game(world.Manifest))];
        Controller[] controllers =
            [.. Enumerable.Range(0, Players).Select(player => world.Controller(new() { Batch = 1, Seed = (ulong)player }))];
        long begun = Stopwatch.GetTimestamp(), steps = 0, dreamt = 0;
        bool GoesOn() => Stopwatch.GetElapsedTime(begun) < length;

        void Play(int player)
        {
            using Controller controller = controllers[player];
            Game game = games[player];
            float[] action = new float[world.Manifest.Action.Size];
            while (GoesOn())
            {
                controller.Act(game.Observation, action);
                if (game.Step(action))
                    controller.Reset();
                Interlocked.Increment(ref steps);
            }
        }

        void Imagine()
        {
            using Dream dream = world.Dream(batch: 64, horizon: 15);
            ulong seed = 0;
            do
            {
                dream.Run(seed++);
                dreamt += 64 * 15;
            }
            while (GoesOn());
        }

        Thread[] threads = [.. Enumerable.Range(0, Players).Select(player => new Thread(() => Play(player))), new Thread(Imagine)];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{Players} controllers took {steps / seconds:N0} steps a second, beside a dream of {dreamt / seconds:N0} frames a second"));
    }
}
