namespace WorldModels.Environments;

/// <summary>What is observed of a race.</summary>
public enum CarRacingObservation
{
    /// <summary>The picture, (3, 96, 96).</summary>
    Picture,

    /// <summary>The seven numbers that the bar at the picture's lower edge shows; nothing is drawn, which is faster.</summary>
    Indicators,
}

/// <summary>What can be set of <see cref="CarRacingEnvironment"/> and <see cref="DiscreteCarRacingEnvironment"/>.</summary>
public sealed record CarRacingOptions
{
    public CarRacingObservation Observation { get; init; }

    /// <summary>
    /// Whether the episode also ends when a wheel comes to the first tile again and more than 95 % of all tiles were visited. Gymnasium's
    /// v3 means to do so, but looks at first visits alone, and the car stands on the first tile at its start: there, and here by default,
    /// an episode takes all tiles.
    /// </summary>
    public bool EndsWithLap { get; init; }
}
