namespace WorldModels.Pictures;

/// <summary>What one training run measured on its way and at its end.</summary>
public sealed record TrainingCurve
{
    /// <summary>Name of the experiment, the same for all its seeds: of a bundle, an arm, or a run folder without its seed.</summary>
    public required string Name { get; init; }

    /// <summary>Where it was read, as the caller named it.</summary>
    public required string Source { get; init; }

    /// <summary>The training algorithm; empty if it is not said.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The environment; empty if it is not said.</summary>
    public required string Environment { get; init; }

    /// <summary>The seed of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>The resolved options without algorithm, environment and seed.</summary>
    public required IReadOnlyDictionary<string, string> Config { get; init; }

    /// <summary>Whether <see cref="Metrics"/> are over the environment's own steps, not over the trainer's count of frames.</summary>
    public required bool CountsEnvironmentSteps { get; init; }

    /// <summary>Each metric, in the order in which the run first wrote it.</summary>
    public required IReadOnlyDictionary<string, MetricSeries> Metrics { get; init; }

    /// <summary>The last measurement as it was written: two sources with the same one tell of the same run.</summary>
    public required string LastLine { get; init; }

    /// <summary>
    /// How far a run came that has not done all of its updates, such as "update 30 of 50"; null for all others, and where it is not known.
    /// </summary>
    public string? Shortfall { get; init; }

    /// <summary>Figures of the final evaluation by name, in the order in which they were written; empty while the run goes on.</summary>
    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    /// <summary>The last step of any metric.</summary>
    public double LastStep => Metrics.Values.Max(series => series.Last);

    /// <summary>
    /// The mean returns of the final evaluation by name, such as <c>return_sampled</c>, with the half-width of their 95 % interval where
    /// it is known. The random policy's is not among them.
    /// </summary>
    public IReadOnlyList<(string Name, double Mean, double? HalfWidth)> Returns =>
        [.. from figure in Figures
            where figure.Key.StartsWith("return", StringComparison.Ordinal) && figure.Key.EndsWith("_mean", StringComparison.Ordinal)
            let name = figure.Key[..^"_mean".Length]
            where name != "return_random"
            select (name, figure.Value, Figures.TryGetValue(name + "_ci95", out double half) ? half : (double?)null)];

    /// <summary>Steps of the environment that an action lasts, as the configuration has it.</summary>
    public string ActionRepeat => Config.GetValueOrDefault("actionRepeat", "1");

    /// <summary>Mean return of uniformly random actions, if it was measured.</summary>
    public double? RandomReturn => Figures.TryGetValue("return_random_mean", out double mean) ? mean : null;
}
