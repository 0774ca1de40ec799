using System.Diagnostics;

namespace WorldModels.Runtime;

/// <summary>Finds the fastest way to run a dream here, by trying.</summary>
internal static class DreamTuning
{
    private const int LeastBatch = 64; // below, there is nothing to cut
    private const int ProbeRows = 512, ProbeSteps = 5, LeastRuns = 3;
    private const double ProbeSeconds = 0.03;

    private static readonly int[] Tiles = [32, 64, 128, 256];

    /// <summary>The plan for options: what they fix, and for the rest what was measured here, now or before.</summary>
    public static DreamPlan Choose(Bundle bundle, int batch, int horizon, DreamOptions options)
    {
        int? tile = options.Tile is { } rows ? (rows == 0 ? batch : Math.Min(rows, batch)) : null, threads = options.Threads;
        if (bundle.IsOnDevice) (tile, threads) = (batch, 1);
        if (batch < LeastBatch) (tile, threads) = (tile ?? batch, threads ?? 1);
        if (tile is { } size && threads is { } count)
        {
            string form = bundle.Form(size);
            int unrolled = options.Unroll == false ? 1 : Unrolled(bundle, form, horizon);
            return new(form, size, Math.Min(count, (batch + size - 1) / size), unrolled);
        }
        var key = new TuningKey(
            batch, horizon, options.Outputs, bundle.Wanted, tile, threads, options.Unroll);
        if (TuningFile.Find(bundle, key) is { } known) return known;
        var plan = Measure(bundle, batch, Math.Min(horizon, ProbeSteps), options, tile, threads);
        TuningFile.Keep(bundle, key, plan);
        return plan;
    }

    private static DreamPlan Measure(Bundle bundle, int batch, int horizon, DreamOptions options, int? tile, int? threads)
    {
        // On one core first: forms and tiles.
        int probe = Math.Min(batch, ProbeRows);
        int[] tiles = tile is { } size ? [Math.Min(size, probe)] : [.. Tiles.Where(t => t < probe), probe];
        var plans = (from rows in tiles
                     from form in bundle.Forms
                     from steps in Unrollings(bundle, form, horizon, options)
                     select new DreamPlan(form, rows, 1, steps)).ToList();
        var best = Fastest(bundle, probe, horizon, options, plans);
        if (tile is { } whole) best = best with { Tile = whole };
        else if (best.Tile == probe) best = best with { Tile = batch };

        // Then cores, each with as many rows.
        int most = threads ?? Environment.ProcessorCount;
        if (threads is null && most > 1 && batch > 1)
        {
            // A batch that is one tile is cut for them all the same.
            int[] counts = [.. Enumerable.Range(0, 16).Select(i => 1 << i).TakeWhile(c => c < most), most];
            var ways = counts.Where(c => c <= batch).Select(c => best with { Threads = c, Tile = Math.Min(best.Tile, (batch + c - 1) / c) });
            if (tile is not null) ways = ways.Select(w => w with { Tile = best.Tile }).Where(w => (batch + w.Tile - 1) / w.Tile >= w.Threads);
            best = Fastest(bundle, Math.Min(batch, ProbeRows * most), horizon, options, [.. ways]);
        }
        else if (threads is { } fixedCount)
        {
            int rows = tile ?? Math.Min(best.Tile, (batch + fixedCount - 1) / fixedCount);
            best = best with { Tile = rows, Threads = Math.Min(fixedCount, (batch + rows - 1) / rows) };
        }
        return best;
    }

    private static int[] Unrollings(Bundle bundle, string form, int horizon, DreamOptions options)
    {
        int steps = Unrolled(bundle, form, horizon);
        return steps == 1 || options.Unroll == false ? [1] : options.Unroll == true ? [steps] : [1, steps];
    }

    /// <summary>Steps that a form makes in one run of the policy's dream, or of imagine: 1 where it has no such graph.</summary>
    private static int Unrolled(Bundle bundle, string form, int horizon) =>
        bundle.Manifest.DreamGraphs is [var graph] && bundle.Unrolled(graph, form) is { } unrolled && unrolled.Steps <= horizon
            ? unrolled.Steps : 1;

    /// <summary>The plan whose best run is the fastest: a run can only be disturbed, never helped. Ways are tried in turn.</summary>
    private static DreamPlan Fastest(Bundle bundle, int batch, int horizon, DreamOptions options, List<DreamPlan> plans)
    {
        if (plans.Count == 1) return plans[0];
        var dreams = new List<Dream>();
        try
        {
            foreach (var plan in plans)
                dreams.Add(new(bundle, batch, horizon, options, plan with { Tile = Math.Min(plan.Tile, batch) }));
            var best = new double[plans.Count];
            Array.Fill(best, double.PositiveInfinity);
            foreach (var dream in dreams) dream.Try();
            long start = Stopwatch.GetTimestamp();
            for (int run = 0; run < LeastRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < ProbeSeconds * plans.Count; run++)
            {
                for (int i = 0; i < dreams.Count; i++)
                {
                    long begin = Stopwatch.GetTimestamp();
                    dreams[i].Try();
                    best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(begin).TotalSeconds);
                }
            }
            return plans[Array.IndexOf(best, best.Min())];
        }
        finally
        {
            foreach (var dream in dreams) dream.Dispose();
        }
    }
}
