namespace WorldModels.Environments;

/// <summary>What a level of MiniPacman must be emptied of for the next one to start.</summary>
public enum MiniPacmanGoal { Food, Ghosts, Pills }

/// <summary>
/// One of MiniPacman's five tasks (Weber et al. 2017, Imagination-Augmented Agents, appendix on MiniPacman): the rules are the same,
/// the weights of the events and what clears a level differ.
/// </summary>
/// <param name="Name">Short name, for example <c>hunt</c>.</param>
/// <param name="Step">Reward of every step.</param>
/// <param name="Food">Reward of eating food.</param>
/// <param name="Pill">Reward of eating a power pill.</param>
/// <param name="Ghost">Reward of eating a ghost.</param>
/// <param name="Death">Reward of each fatal contact with a ghost; several may fall in one step.</param>
/// <param name="Goal">What clears a level.</param>
/// <param name="TimerLimit">Steps after which a level is over anyway; 0 for no limit.</param>
public sealed record MiniPacmanMode(
    string Name, double Step, double Food, double Pill, double Ghost, double Death, MiniPacmanGoal Goal, int TimerLimit)
{
    public static MiniPacmanMode Regular { get; } = new("regular", 0, 1, 2, 5, 0, MiniPacmanGoal.Food, 0);
    public static MiniPacmanMode Avoid { get; } = new("avoid", 0.1, -0.1, -5, -10, -20, MiniPacmanGoal.Food, 128);
    public static MiniPacmanMode Hunt { get; } = new("hunt", 0, 0, 1, 10, -20, MiniPacmanGoal.Ghosts, 0);
    public static MiniPacmanMode Ambush { get; } = new("ambush", 0, -0.1, 0, 10, -20, MiniPacmanGoal.Ghosts, 0);
    public static MiniPacmanMode Rush { get; } = new("rush", 0, -0.1, 10, 0, 0, MiniPacmanGoal.Pills, 0);

    public static IReadOnlyList<MiniPacmanMode> All { get; } = [Regular, Avoid, Hunt, Ambush, Rush];

    public override string ToString() => Name;
}

/// <summary>What may be varied about MiniPacman beside its mode.</summary>
public sealed record MiniPacmanOptions
{
    /// <summary>Steps after which an episode is truncated; 0 for never. The reference's notebooks use 1000, its class 3000.</summary>
    public int FrameCap { get; init; } = 1000;

    /// <summary>Timer limit of hunt and ambush: 0, off, as in the released environment; the paper's table says 80.</summary>
    public int HuntTimer { get; init; }
}

/// <summary>What happened in one step; the reward is these counts times the mode's weights.</summary>
/// <param name="Food">Food was eaten.</param>
/// <param name="Pill">A power pill was eaten.</param>
/// <param name="Ghost">A ghost was eaten: at most one, it ends the ghosts' turn.</param>
/// <param name="Deaths">Fatal contacts; one ghost can make two of them, several ghosts more.</param>
/// <param name="LevelUp">A new level was laid out, at random: what the next frames show could not be foreseen.</param>
public readonly record struct MiniPacmanEvents(bool Food, bool Pill, bool Ghost, int Deaths, bool LevelUp);
