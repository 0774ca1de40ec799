namespace WorldModels.Runtime;

/// <summary>What a run of a dream computes besides states and actions.</summary>
[Flags]
public enum DreamOutputs
{
    /// <summary>Nothing: latent imagination alone.</summary>
    None = 0,

    /// <summary>Rewards and continuations, where the bundle predicts them.</summary>
    Arrivals = 1,

    /// <summary>The values of all states, by graph <c>value</c>.</summary>
    Values = 2,

    /// <summary>The observations of all states, by graph <c>decode</c>. Without it they are decoded when looked at.</summary>
    Observations = 4,
}

/// <summary>What a dream keeps and how it runs.</summary>
public sealed record DreamOptions
{
    /// <summary>What every run computes.</summary>
    public DreamOutputs Outputs { get; init; } = DreamOutputs.Arrivals;

    /// <summary>Whether all logits are kept for <see cref="DreamBatch.Logits"/>; otherwise one scratch buffer takes them.</summary>
    public bool KeepLogits { get; init; }

    /// <summary>
    /// Rows that run the whole horizon together before the next rows start, so that what they compute stays in the cache; 0: the whole
    /// batch. Null: the fastest here, see <see cref="DreamPlan"/>. The results are those of the whole batch, within rounding (in int8,
    /// where rows that run together share a scale, within its error). On a device the whole batch is always one tile, and
    /// <see cref="Threads"/> is 1.
    /// </summary>
    public int? Tile { get; init; }

    /// <summary>
    /// Cores that share the tiles; the caller's is one of them. Null: the fastest number here, see <see cref="DreamPlan"/>.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether several steps may run as one graph, where the variant has one; null: yes in a small batch, else if that is faster here.
    /// </summary>
    public bool? Unroll { get; init; }
}

/// <summary>
/// How a dream runs. Where the options leave it open, a batch of 64 rows or more on a CPU is tried in several ways when the dream is made:
/// up to about three seconds, more where a single run takes longer, once for a bundle, batch, horizon and machine, for the result is kept
/// beside the bundle, in <c>NAME.tuning.json</c>, where that can be written. Fix tile and threads, and nothing is tried or written. A
/// smaller batch is one tile on one core. Another plan's numbers are the same within rounding, and so are draws except at near ties.
/// </summary>
/// <param name="Variant">The form of the graphs, or "plain".</param>
/// <param name="Tile">Rows that run the whole horizon together.</param>
/// <param name="Threads">Cores that share the tiles.</param>
/// <param name="Unrolled">Steps that one run of a graph makes, 1 unless the variant has a graph of several.</param>
public sealed record DreamPlan(string Variant, int Tile, int Threads, int Unrolled = 1)
{
    /// <summary>Such as <c>throughput, tiles of 128 rows, 2 threads</c>.</summary>
    public override string ToString() => $"{Variant}, tiles of {Tile} {(Tile == 1 ? "row" : "rows")}, {Threads} "
        + $"{(Threads == 1 ? "thread" : "threads")}{(Unrolled == 1 ? "" : $", {Unrolled} steps a run")}";
}
