using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>What a dream adds to each row, and how it is dreamt.</summary>
public sealed record ApplyDreamOptions
{
    /// <summary>T, steps imagined.</summary>
    public int Horizon { get; init; } = 15;

    /// <summary>A new column of the actions, a vector of Int64 (T), or of Single (T, A); null: none.</summary>
    public string? Actions { get; init; }

    /// <summary>A new column of the rewards, a vector of Single (T), each received on arrival; null: none.</summary>
    public string? Rewards { get; init; }

    /// <summary>A new column of the probabilities that the episode goes on after a step, a vector of Single (T); null: none.</summary>
    public string? Continues { get; init; }

    /// <summary>A new column of the values of the states, at first and after each step, a vector of Single (T + 1); null: none.</summary>
    public string? Values { get; init; }

    /// <summary>
    /// A new column of the sum of the rewards, each times the probability that the episode is still on (where the bundle predicts that)
    /// and <see cref="Discount"/> for each step before, a Single; null: none.
    /// </summary>
    public string? Returns { get; init; }

    /// <summary>What a step takes off the rewards that follow, for <see cref="Returns"/>.</summary>
    public double Discount { get; init; } = 1;

    /// <summary>Determines the draws, with the number of the row in its batch, that of the batch, and the step.</summary>
    public ulong Seed { get; init; }

    /// <summary>Rows dreamt side by side.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>Provider, threads and checks. A saved pipeline has all but the logger.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Horizon, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Batch, 1);
        if (!(Discount is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(Discount), Discount, "Expected a discount of 0 to 1.");
        if ((Actions ?? Rewards ?? Continues ?? Values ?? Returns) is null)
        {
            throw new ArgumentException("ApplyDream has no column to add: name at least one of Actions, Rewards, Continues, Values and "
                + "Returns in its options.");
        }
    }
}
