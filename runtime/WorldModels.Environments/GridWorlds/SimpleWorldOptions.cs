namespace WorldModels.Environments;

/// <summary>Rules of Simple World; defaults are the cleaned ones.</summary>
public sealed record SimpleWorldOptions
{
    /// <summary>As the example that the world comes from has it.</summary>
    public static SimpleWorldOptions Published { get; } = new()
    {
        WholeGrid = false, Rounds = false, ThreatReward = -100, White = 255 / 256f,
    };

    /// <summary>
    /// Whether agent, threats and goal begin on cells of the whole grid, each on another one; if not, as published, on the 3 x 3 cells of
    /// the first corner, also on the same.
    /// </summary>
    public bool WholeGrid { get; init; } = true;

    /// <summary>
    /// Whether a component of 0.5 or more moves by a cell; if not, as published, where it leads to is cut off towards zero, so that any
    /// negative number moves, and of the positive ones only 1.
    /// </summary>
    public bool Rounds { get; init; } = true;

    /// <summary>Reward for each threat on the agent's cell.</summary>
    public double ThreatReward { get; init; } = -1;

    /// <summary>Whether each threat moves to a random neighbour after the agent's move.</summary>
    public bool ThreatsMove { get; init; }

    /// <summary>Threats, one or more.</summary>
    public int Threats { get; init; } = 1;

    /// <summary>The brightest value of a picture.</summary>
    public float White { get; init; } = 1;
}
