using System.Globalization;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>What a person can do while playing, beside choosing an action by its number.</summary>
public enum PlayKey { Stay, Right, Up, Left, Down, Agent, Dream, Task, NewGame, Faster, Slower, Quit }

/// <summary>One number of a continuous action.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Low">Its lower bound.</param>
/// <param name="High">Its upper bound.</param>
/// <param name="Last">What the last move had; null before the first.</param>
/// <param name="Next">What the agent would choose on this frame; null where there is none, or the episode is over.</param>
public sealed record PlayControl(string Name, double Low, double High, double? Last, double? Next);

/// <summary>How a <see cref="PlaySession"/> stands.</summary>
public sealed record PlayStatus
{
    /// <summary>The environment's name.</summary>
    public required string Game { get; init; }

    /// <summary>Whether this is the dream and not the real game.</summary>
    public required bool Dreaming { get; init; }

    /// <summary>Moves since the game, or the dream, began.</summary>
    public required int Step { get; init; }

    /// <summary>Reward of the last move.</summary>
    public required double Reward { get; init; }

    /// <summary>Sum of the rewards.</summary>
    public required double Return { get; init; }

    /// <summary>The model's probability that the episode goes on, in a dream.</summary>
    public double? Continue { get; init; }

    /// <summary>Why the episode is over; null while it goes on.</summary>
    public string? Ending { get; init; }

    /// <summary>The last action's name, or its numbers with theirs; null before the first.</summary>
    public string? LastAction { get; init; }

    /// <summary>Whether the agent plays; otherwise you do.</summary>
    public required bool AgentPlays { get; init; }

    /// <summary>The agent's name; null where there is none.</summary>
    public string? Agent { get; init; }

    /// <summary>The task that the agent acts for; null where it has one only.</summary>
    public string? Task { get; init; }

    /// <summary>What the agent would do on this frame; null where there is no agent, or the episode is over.</summary>
    public string? NextAction { get; init; }

    /// <summary>The agent's estimate of this frame's value, if it makes one.</summary>
    public double? Value { get; init; }

    /// <summary>How novel the agent's step on this frame is, if it says so.</summary>
    public double? Novelty { get; init; }

    /// <summary>What one familiar step of a hundred exceeds, if the bundle says it.</summary>
    public double? NoveltyThreshold { get; init; }

    /// <summary>The agent's probability of each action on this frame, in the actions' order; empty if it has none.</summary>
    public IReadOnlyList<(string Action, double Probability)> Policy { get; init; } = [];

    /// <summary>The numbers of a continuous action; empty where actions are numbered.</summary>
    public IReadOnlyList<PlayControl> Controls { get; init; } = [];

    /// <summary>What there is to say about the last key.</summary>
    public string? Note { get; init; }

    /// <summary>The novelty, and whether it is more than familiar steps have; null where there is none.</summary>
    public string? NoveltyText => Novelty is not { } novelty ? null
        : Figures.Number(novelty) + (novelty > NoveltyThreshold ? $" (above {Figures.Number(NoveltyThreshold.Value)})" : "");

    /// <summary>A figure as the status shows it.</summary>
    public static string Number(double value) => value.ToString("0.##;-0.##;0", CultureInfo.InvariantCulture);

    /// <summary>All of it in one line.</summary>
    public override string ToString() => string.Join(" | ", ((string?[])
    [
        $"{Game}, {(Dreaming ? "dream" : "real")}", $"step {Step}", $"reward {Number(Reward)}", $"return {Number(Return)}",
        LastAction is null ? null : $"action {LastAction}",
        Controls.Count == 0 || NextAction is null ? null : $"next {NextAction}",
        Continue is { } probability ? $"continue {Number(probability)}" : null,
        Value is { } value ? $"value {Number(value)}" : null, NoveltyText is null ? null : $"novelty {NoveltyText}",
        AgentPlays ? $"{Agent} plays" : "you play", Task is null ? null : $"task {Task}",
        Policy.Count == 0 ? null : string.Join(' ', Policy.Select(p => $"{p.Action} {Math.Round(100 * p.Probability)}%")),
        Ending is null ? null : $"over: {Ending}", Note,
    ]).Where(part => part is not null));
}
