namespace WorldModels.Environments;

/// <summary>A registered environment.</summary>
/// <param name="Name">What users type.</param>
/// <param name="Summary">One line for listings.</param>
public abstract record EnvironmentSpec(string Name, string Summary)
{
    /// <summary>Other names that it is known by, such as Gymnasium's id: taken wherever a name is, and written nowhere.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What the numbers of an observation are called, in their order; empty where they are pixels.</summary>
    public IReadOnlyList<string> ObservationNames { get; init; } = [];

    /// <summary>The unit of each of those numbers, "" where it has none; empty where none has one.</summary>
    public IReadOnlyList<string> ObservationUnits { get; init; } = [];

    /// <summary>What each numbered action is called or, of continuous ones, each number of an action.</summary>
    public IReadOnlyList<string> ActionNames { get; init; } = [];

    /// <summary>How a person steers where actions are continuous; null: <see cref="ArrowKeys.Default"/>.</summary>
    public ArrowKeys? Arrows { get; init; }

    /// <summary>
    /// (C, H, W) of the picture of cells that the numbers of an observation are, row-major, with C of 1 or 3; null: they are none.
    /// </summary>
    public IReadOnlyList<int>? Cells { get; init; }

    /// <summary>Upper rows of the picture that is observed, below which there is a display; null: all rows show the scene.</summary>
    public int? SceneRows { get; init; }

    /// <summary>Seconds that a step lasts; null where steps are not time.</summary>
    public double? TimeStep { get; init; }
}

/// <summary>A registered environment and how it is made.</summary>
/// <param name="Name">What users type.</param>
/// <param name="Summary">One line for listings.</param>
/// <param name="Make">Makes one.</param>
/// <param name="MakeVector">Makes a batch of the given number of rows.</param>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public sealed record EnvironmentSpec<TAction>(
    string Name, string Summary, Func<IEnvironment<TAction>> Make, Func<int, IVectorEnvironment<TAction>> MakeVector)
    : EnvironmentSpec(Name, Summary)
    where TAction : unmanaged
{
    /// <summary>The same with one thing in it changed, such as a longer rod: to see what a policy makes of it. Empty: none is known.</summary>
    public IReadOnlyList<EnvironmentChange<TAction>> Changes { get; init; } = [];
}

/// <summary>A registered environment with one thing in it changed.</summary>
/// <param name="Name">What is changed, for tables: "length x 2".</param>
/// <param name="Make">Makes one.</param>
/// <typeparam name="TAction">Element of an action.</typeparam>
public sealed record EnvironmentChange<TAction>(string Name, Func<IEnvironment<TAction>> Make) where TAction : unmanaged;

/// <summary>The environments by name.</summary>
public static class EnvironmentRegistry
{
    private static readonly object Adding = new();

    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> All { get; private set; } =
    [
        MiniPacman("minipacman", MiniPacmanMode.Regular),
        .. MiniPacmanMode.All.Select(mode => MiniPacman($"minipacman-{mode.Name}", mode)),
        .. ClassicControl.Specs,
        .. ControlSuite.Specs,
        .. LunarLander.Specs,
        .. DodgeEgo.Specs,
        .. CarRacing.Specs,
        .. GridWorlds.Specs,
    ];

    /// <summary>What stands in place of a name where recordings do not say what they are of.</summary>
    public const string None = "none";

    /// <summary>Registers what other assemblies bring; what is registered already stays as it is.</summary>
    /// <exception cref="ArgumentException">A name is taken by another environment.</exception>
    public static void Add(IEnumerable<EnvironmentSpec> specs)
    {
        lock (Adding)
        {
            List<EnvironmentSpec> all = [.. All];
            foreach (EnvironmentSpec spec in specs)
            {
                if (all.Exists(known => ReferenceEquals(known, spec)))
                    continue;
                if (((string[])[spec.Name, .. spec.Aliases]).FirstOrDefault(name => all.Exists(known => Bears(known, name))) is { } taken)
                    throw new ArgumentException($"There is an environment '{taken}' already; register this one under another name.");
                all.Add(spec);
            }
            All = all;
        }
    }

    /// <summary>Makes one environment.</summary>
    /// <exception cref="ArgumentException">There is none of this name, or its actions are not of this type.</exception>
    public static IEnvironment<TAction> Make<TAction>(string name) where TAction : unmanaged => Find<TAction>(name).Make();

    /// <summary>Makes <paramref name="count"/> environments in lock step.</summary>
    /// <exception cref="ArgumentException">There is none of this name, or its actions are not of this type.</exception>
    public static IVectorEnvironment<TAction> MakeVector<TAction>(string name, int count) where TAction : unmanaged =>
        Find<TAction>(name).MakeVector(count);

    /// <summary>Looks a name up, one of its own or an alias; null where there is none.</summary>
    public static EnvironmentSpec? TryFind(string name) => All.FirstOrDefault(spec => Bears(spec, name));

    /// <summary>The name that an environment has here, of any that it is known by; a name of none is given back as it is.</summary>
    public static string OwnName(string name) => TryFind(name)?.Name ?? name;

    /// <summary>Looks a name up, one of its own or an alias.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those there are and suggests one whose name is near.</exception>
    public static EnvironmentSpec Find(string name)
    {
        if (TryFind(name) is { } found)
            return found;
        string[] known = [.. All.Select(spec => spec.Name)];
        if (name == None)
        {
            throw new ArgumentException(
                $"There is no environment 'none', which stands for recordings that do not say what they are of. Name one: "
                + $"{string.Join(", ", known)}.");
        }
        throw new ArgumentException(
            $"There is no environment '{name}'{EditDistance.Suggest(name, [.. known, .. All.SelectMany(spec => spec.Aliases)])} "
            + $"Known: {string.Join(", ", known)}.");
    }

    private static bool Bears(EnvironmentSpec spec, string name) => spec.Name == name || spec.Aliases.Contains(name);

    private static EnvironmentSpec<TAction> Find<TAction>(string name) where TAction : unmanaged
    {
        EnvironmentSpec spec = Find(name);
        string actions = spec is EnvironmentSpec<long> ? "discrete (long)" : "continuous (float)";
        return spec as EnvironmentSpec<TAction>
            ?? throw new ArgumentException($"The actions of '{name}' are {actions}, not {typeof(TAction)}.");
    }

    private static EnvironmentSpec<long> MiniPacman(string name, MiniPacmanMode mode) => new(
        name,
        $"MiniPacman, {mode.Name}: 15x19 maze, (3, 15, 19) pixels, 5 actions",
        () => new MiniPacmanEnvironment(mode),
        count => new MiniPacmanVectorEnvironment(mode, count))
    {
        ActionNames = ["stay", "right", "up", "left", "down"],
    };
}
