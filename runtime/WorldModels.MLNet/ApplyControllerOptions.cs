using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>More columns of a policy, its draws, and how many rows it takes at once.</summary>
public sealed record ApplyControllerOptions
{
    /// <summary>A new column of the values of the states, Single; null: none.</summary>
    public string? Value { get; init; }

    /// <summary>A new column of the logits of the actions, a vector of Single; null: none.</summary>
    public string? Logits { get; init; }

    /// <summary>
    /// Actions are drawn by this seed, the episode's number and the record's in it, whatever the blocks; null: nothing is drawn, every
    /// action is the policy's mode.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>The most rows that act side by side: any, or of a policy with memory the records of so many episodes.</summary>
    public int Batch { get; init; } = 1024;

    /// <summary>
    /// The most rows that are read ahead, so that a policy with memory acts in as many episodes at once as <see cref="Batch"/> says; null:
    /// as many as 64 MiB hold, and not more than 262,144. An episode that is longer is played alone, record by record.
    /// </summary>
    public int? ReadAhead { get; init; }

    /// <summary>Provider, threads and checks. A saved pipeline has all but the logger.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Batch, 1);
        if (ReadAhead is { } rows)
            ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, nameof(ReadAhead));
    }
}
