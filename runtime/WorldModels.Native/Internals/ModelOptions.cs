using WorldModels.Runtime;

namespace WorldModels.Native.Internals;

/// <summary>What <c>wm_options</c> says, in the runtime's words.</summary>
internal sealed record ModelOptions
{
    public int Rows { get; private init; } = 1;

    public ulong Seed { get; private init; }

    public bool Deterministic { get; private init; }

    public RuntimeOptions Runtime { get; private init; } = new();

    /// <summary>How to plan, but for what all handles have.</summary>
    public PlannerOptions Planner { get; private init; } = new();

    public static unsafe ModelOptions Read(NativeOptions* given)
    {
        if (given is null)
            return new();
        ref NativeOptions options = ref Caller.Structure(given, "options");
        RuntimeOptions standard = new();
        return new()
        {
            Rows = Default(options.Rows, "rows") ?? 1,
            Seed = options.Seed,
            Deterministic = options.Deterministic != 0,
            Runtime = standard with
            {
                Provider = Caller.OptionalText(options.Provider) ?? standard.Provider,
                Variant = Caller.OptionalText(options.Variant) ?? standard.Variant,
                Threads = Default(options.Threads, "threads") ?? standard.Threads,
                VerifyHashes = options.SkipHashes == 0,
            },
            Planner = new()
            {
                Horizon = Default(options.PlannerHorizon, "planner_horizon"),
                Candidates = Default(options.PlannerCandidates, "planner_candidates"),
                Elites = Default(options.PlannerElites, "planner_elites"),
                Iterations = Default(options.PlannerIterations, "planner_iterations"),
                Threads = Default(options.PlannerThreads, "planner_threads"),
            },
        };
    }

    private static int? Default(int value, string name) => value switch
    {
        0 => null,
        < 0 => throw new ArgumentException($"'{name}' is {value}: give a number from 1 on, or 0 for the default."),
        _ => value,
    };
}
