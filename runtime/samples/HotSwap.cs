using System.Diagnostics;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Samples;

/// <summary>
/// Another bundle takes over while players play. An episode is played by the bundle that it began with, for its state means nothing to
/// another; the next one begins with the newest. The old bundle is closed when its last episode has ended. No step is lost, none is mixed.
/// </summary>
internal static class HotSwap
{
    private const int Players = 4, EpisodeSteps = 50;

    public static int Run(string first, string second, TimeSpan length)
    {
        using Shift shift = new(first);
        int inputs = shift.Current.World.Manifest.Observation.Size, outputs = shift.Current.World.Manifest.Action.Size;
        long begun = Stopwatch.GetTimestamp(), asked = 0, answered = 0, mixed = 0, episodes = 0;
        int swaps = 0;
        bool stopped = false;
        bool GoesOn() => !Volatile.Read(ref stopped) && Stopwatch.GetElapsedTime(begun) < length;

        void Play(int player)
        {
            float[] observation = new float[inputs], action = new float[outputs];
            while (GoesOn())
            {
                using Lease lease = shift.Borrow();
                using Controller controller = lease.World.Controller(new() { Batch = 1, Seed = (ulong)player, Deterministic = true });
                for (int step = 0; step < EpisodeSteps; step++)
                {
                    observation.AsSpan().Fill(MathF.Sin(step + player));
                    action.AsSpan().Fill(float.NaN);
                    Interlocked.Increment(ref asked);
                    controller.Act(observation, action);
                    if (!action.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                        Interlocked.Increment(ref answered);
                    // What every player of this bundle is answered at this step, whoever else plays and whatever is swapped.
                    if (!lease.Agrees(player, step, action))
                        Interlocked.Increment(ref mixed);
                }
                Interlocked.Increment(ref episodes);
            }
        }

        Thread[] threads = [.. Enumerable.Range(0, Players).Select(player => new Thread(() => Play(player)))];
        foreach (Thread thread in threads)
            thread.Start();
        try
        {
            while (GoesOn())
            {
                Thread.Sleep(100);
                shift.Swap(++swaps % 2 == 1 ? second : first);
            }
        }
        finally
        {
            // Where a bundle cannot take over, players end their episodes before the present one is closed.
            Volatile.Write(ref stopped, true);
            foreach (Thread thread in threads)
                thread.Join();
        }
        Console.WriteLine($"{swaps} swaps under {answered / length.TotalSeconds:N0} steps a second, {episodes} episodes");
        Console.WriteLine($"{asked - answered} steps lost, {mixed} mixed, {shift.Closed} of {swaps + 1} bundles closed");
        return asked == answered && mixed == 0 ? 0 : 1;
    }
}

/// <summary>The bundle that new episodes begin with. Thread-safe.</summary>
internal sealed class Shift : IDisposable
{
    private readonly object _gate = new();
    private int _closed;

    public Shift(string bundle) => Current = Load(bundle);

    public Loaded Current { get; private set; }

    /// <summary>Bundles that nobody uses any more.</summary>
    public int Closed => _closed;

    /// <summary>Keeps the newest bundle open until the lease is given back.</summary>
    public Lease Borrow()
    {
        lock (_gate)
        {
            Current.Enter();
            return new(Current);
        }
    }

    /// <summary>Loads a bundle beside the present one, which goes on meanwhile, then has it begin all further episodes.</summary>
    /// <exception cref="BundleException">It cannot be loaded, or has no policy: the present one stays.</exception>
    /// <exception cref="ArgumentException">It observes or does something else: the present one stays.</exception>
    public void Swap(string bundle)
    {
        Loaded next = Load(bundle, Current.World.Manifest), before;
        lock (_gate)
            (before, Current) = (Current, next);
        before.Leave();
    }

    public void Dispose() => Current.Leave();

    /// <summary>Loads a bundle, and sees before anybody plays by it that it can take over.</summary>
    private Loaded Load(string bundle, Manifest? present = null)
    {
        Loaded next = new(bundle, () => Interlocked.Increment(ref _closed));
        try
        {
            using Controller acts = next.World.Controller(new() { Batch = 1 });
            Game.ExpectContinuous(acts.Manifest);
            if (present is not null
                && (acts.Manifest.Observation.Size, acts.Manifest.Action.Size) != (present.Observation.Size, present.Action.Size))
            {
                throw new ArgumentException($"'{bundle}' cannot take over from '{present.Name}': it observes "
                    + $"{acts.Manifest.Observation.Size} numbers and acts by {acts.Manifest.Action.Size}; expected "
                    + $"{present.Observation.Size} and {present.Action.Size}.");
            }
            return next;
        }
        catch
        {
            next.Leave();
            throw;
        }
    }
}

/// <summary>A loaded bundle and how many use it, the shift among them.</summary>
internal sealed class Loaded(string bundle, Action closed)
{
    private int _users = 1;

    public WorldModel World { get; } = WorldModel.Load(bundle);

    /// <summary>The first actions of each player's episodes, which all later ones have to repeat.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<(int Player, int Step), float> Answers { get; } = [];

    public void Enter() => Interlocked.Increment(ref _users);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        World.Dispose();
        closed();
    }
}

/// <summary>The use of a bundle for an episode.</summary>
internal sealed class Lease(Loaded loaded) : IDisposable
{
    public WorldModel World => loaded.World;

    /// <summary>Whether an action is the one that this bundle gave to this player at this step before.</summary>
    public bool Agrees(int player, int step, ReadOnlySpan<float> action) => loaded.Answers.GetOrAdd((player, step), action[0]) == action[0];

    public void Dispose() => loaded.Leave();
}
