using System.Diagnostics;

namespace WorldModels.Runtime.Internals;

/// <summary>Finds the fastest way to run a dream here, by trying.</summary>
internal static class DreamTuning
{
    private const int LeastBatch = 64; // a smaller batch is not worth cutting into tiles
    private const int ProbeRows = 512, ProbeSteps = 5, LeastRuns = 3;
    private const double PlanSeconds = 0.05, StageSeconds = 1.5, HopelessFactor = 2;

    // The likeliest first: with a slow model, the time is up before all were tried.
    private static readonly int[] Tiles = [128, 64, 256, 32, ProbeRows];

    /// <summary>The plan for options: what they fix, and for the rest what was measured here, now or before.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="batch">B.</param>
    /// <param name="horizon">T.</param>
    /// <param name="options">What is computed and kept, and what of the plan is fixed.</param>
    /// <param name="purpose">Tells plans for planners from those for dreams, which may run other graphs.</param>
    public static DreamPlan Choose(Bundle bundle, int batch, int horizon, DreamOptions options, string purpose = "")
    {
        int? tile = options.Tile is { } rows ? (rows == 0 ? batch : Math.Min(rows, batch)) : null, threads = options.Threads;
        if (bundle.IsOnDevice)
            (tile, threads) = (batch, 1);
        if (batch < LeastBatch)
            (tile, threads) = (tile ?? batch, threads ?? 1);
        if (tile is { } size && threads is { } count)
        {
            string form = bundle.Form(size);
            int unrolled = options.Unroll == false ? 1 : Unrolled(bundle, form, horizon, options);
            DreamPlan fixedPlan = new(form, size, Math.Min(count, (batch + size - 1) / size), unrolled);
            RuntimeLog.PlanKnown(bundle.Logger, bundle.Directory, batch, horizon, fixedPlan, "nothing to measure");
            return fixedPlan;
        }
        TuningKey key = new TuningKey(purpose, batch, horizon, options.Outputs, bundle.Wanted, tile, threads, options.Unroll);
        if (TuningFile.Find(bundle, key) is { } known && IsPossible(known, bundle, batch, horizon, options))
        {
            RuntimeLog.PlanKnown(bundle.Logger, bundle.Directory, batch, horizon, known, "measured before");
            return known;
        }
        long begin = Stopwatch.GetTimestamp();
        DreamPlan plan = Measure(bundle, batch, horizon, options, tile, threads);
        RuntimeLog.PlanMeasured(bundle.Logger, bundle.Directory, batch, horizon, plan, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        TuningFile.Keep(bundle, key, plan);
        return plan;
    }

    /// <summary>Whether a plan from a file can be run: it may have been edited, or come with a copied bundle.</summary>
    private static bool IsPossible(DreamPlan plan, Bundle bundle, int batch, int horizon, DreamOptions options) =>
        plan.Tile >= 1 && plan.Tile <= batch && plan.Threads >= 1 && plan.Threads <= (batch + plan.Tile - 1) / plan.Tile
        && plan.Threads <= Environment.ProcessorCount && bundle.Forms.Contains(plan.Variant)
        && (plan.Unrolled == 1 || plan.Unrolled == Unrolled(bundle, plan.Variant, horizon, options));

    private static DreamPlan Measure(Bundle bundle, int batch, int horizon, DreamOptions options, int? tile, int? threads)
    {
        // On one core first: forms and tiles.
        int probe = Math.Min(batch, ProbeRows);
        int[] tiles = tile is { } size ? [Math.Min(size, probe)] : [.. Tiles.Select(t => Math.Min(t, probe)).Distinct()];
        IEnumerable<DreamPlan> plans = from rows in tiles
                                       from form in bundle.Forms.Reverse()
                                       from steps in Unrollings(bundle, form, horizon, options)
                                       select new DreamPlan(form, rows, 1, steps);
        DreamPlan best = Fastest(bundle, probe, horizon, options, [.. plans]);
        if (tile is { } whole)
            best = best with { Tile = whole };

        // Then the number of cores, each with as many rows.
        int most = threads ?? Environment.ProcessorCount;
        if (threads is { } cores)
        {
            int rows = tile ?? Math.Min(best.Tile, (batch + cores - 1) / cores);
            return best with { Tile = rows, Threads = Math.Min(cores, (batch + rows - 1) / rows) };
        }
        int[] counts = [.. Enumerable.Range(0, 16).Select(i => 1 << i).TakeWhile(c => c < most), most];
        IEnumerable<DreamPlan> divided = counts.Where(c => c <= batch).Select(c => best with
        {
            Threads = c,
            Tile = tile ?? Math.Min(best.Tile, (batch + c - 1) / c),
        }).Where(w => (batch + w.Tile - 1) / w.Tile >= w.Threads);
        return Fastest(bundle, Math.Min(batch, ProbeRows * most), horizon, options, [.. divided]);
    }

    private static int[] Unrollings(Bundle bundle, string form, int horizon, DreamOptions options)
    {
        int steps = Unrolled(bundle, form, horizon, options);
        return steps == 1 || options.Unroll == false ? [1] : options.Unroll == true ? [steps] : [1, steps];
    }

    /// <summary>
    /// Steps that a form makes in one run of the policy's dream, or of imagine: 1 where it has no such graph, or where a head that is asked
    /// for reads states of which only the last is kept.
    /// </summary>
    private static int Unrolled(Bundle bundle, string form, int horizon, DreamOptions options) =>
        bundle.Manifest.DreamGraphs is [var graph] && bundle.Unrolled(graph, form) is { } unrolled && unrolled.Steps <= horizon
        && !HeadPass.Asked(bundle.Manifest, options).Any(role =>
            bundle.Spec(graph, form).Output(role) is null && HeadPass.ReadsLast(bundle.Manifest, role))
            ? unrolled.Steps : 1;

    /// <summary>
    /// The plan whose best run is the fastest, for what else the machine does can only slow a run down. Plans are tried one after another,
    /// so that there is the memory of one dream at a time. A plan that is far slower is given up at once, and once the time is up the
    /// others are not tried.
    /// </summary>
    private static DreamPlan Fastest(Bundle bundle, int batch, int horizon, DreamOptions options, IReadOnlyList<DreamPlan> plans)
    {
        if (plans.Count == 1)
            return plans[0];
        long start = Stopwatch.GetTimestamp();
        (DreamPlan best, double fastest) = (plans[0], double.PositiveInfinity);
        foreach (DreamPlan plan in plans)
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > StageSeconds)
                break;
            // A tile that fills the probe alone would leave the other cores nothing to do.
            int tile = Math.Min(plan.Tile, (batch + plan.Threads - 1) / plan.Threads);
            int steps = Math.Min(horizon, Math.Max(ProbeSteps, plan.Unrolled));
            using Dream dream = new Dream(bundle, batch, steps, options, plan with { Tile = tile });
            dream.Try();
            long begin = Stopwatch.GetTimestamp();
            double least = double.PositiveInfinity;
            for (int run = 0; run < LeastRuns || Stopwatch.GetElapsedTime(begin).TotalSeconds < PlanSeconds; run++)
            {
                long at = Stopwatch.GetTimestamp();
                dream.Try();
                least = Math.Min(least, Stopwatch.GetElapsedTime(at).TotalSeconds / dream.Horizon);
                if (least > HopelessFactor * fastest)
                    break;
            }
            if (least < fastest)
                (best, fastest) = (plan, least);
        }
        return best;
    }
}
