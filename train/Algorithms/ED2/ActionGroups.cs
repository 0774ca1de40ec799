using WorldModels.Environments;
using WorldModels.Recordings;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How the actuators of a task are divided into groups: by a name, or as a list such as <c>0,1;2;3</c>, which numbers actuators from 0.
/// </summary>
public static class ActionGroups
{
    /// <summary>As random play shows them (SD2).</summary>
    public const string Discovered = "discovered";

    /// <summary>As Wang et al. 2021 have them.</summary>
    public const string Published = "published";

    /// <summary>Each actuator alone.</summary>
    public const string Complete = "complete";

    /// <summary>By limbs, as one would divide a body that one sees.</summary>
    public const string Human = "human";

    /// <summary>Negative control: groups as large as the published ones, or else the human ones, of actuators drawn by the seed.</summary>
    public const string Wrong = "wrong";

    /// <summary>None: Dreamer's own dynamics, which sees the whole action at once.</summary>
    public const string Vanilla = "vanilla";

    private static readonly string[] Names = [Discovered, Published, Complete, Human, Wrong, Vanilla];

    /// <summary>Groups of the control suite's bodies, in the order of their actuators; null where the paper has none.</summary>
    private static readonly (string Body, string? Published, string Human)[] Known =
    [
        ("cheetah", "2;5;3,4;0,1", "0,1,2;3,4,5"),
        ("cup", null, "0;1"),
        ("finger", "0;1", "0;1"),
        ("hopper", "0,1;2;3", "0;1,2,3"),
        ("humanoid", "7;13;2,3,9;0,5,11;6,8;12,14;1,15,16,17,18,19,20;4,10", "0,1,2;3,4,5,6,7,8;9,10,11,12,13,14;15,16,17;18,19,20"),
        ("quadruped", null, "0,1,2;3,4,5;6,7,8;9,10,11"),
        ("reacher", "0;1", "0;1"),
        ("two-pendulums", null, "0;1"),
        ("walker", "0,1,3,4;2;5", "0,1,2;3,4,5"),
    ];

    /// <summary>The list that a name stands for in a task; names that need none of the task, and lists, as they are.</summary>
    /// <param name="groups">A name or a list.</param>
    /// <param name="environment">The task.</param>
    /// <param name="seed">Draws wrong groups.</param>
    /// <param name="option">Whose value it is, for messages.</param>
    /// <exception cref="UserException">There are no such groups of this task, or its actions cannot be divided.</exception>
    public static string Listed(string groups, string environment, long seed, string option = "groups")
    {
        if (groups != Vanilla && EnvironmentRegistry.TryFind(environment) is { } task)
            RequireActuators(task is EnvironmentSpec<long>, task.ActionNames.Count, option);
        (string? published, string? human) = Known
            .Where(known => environment.StartsWith(known.Body + "-", StringComparison.Ordinal))
            .Select(known => (known.Published, (string?)known.Human)).FirstOrDefault();
        return groups switch
        {
            Published => published ?? throw Unknown(Known.Where(known => known.Published is not null)),
            Human => human ?? throw Unknown(Known),
            Wrong => Text(Redrawn(Parse(published ?? human ?? throw Unknown(Known), option), environment, seed, option)),
            _ => groups,
        };

        UserException Unknown(IEnumerable<(string Body, string? Published, string Human)> known)
        {
            string bodies = string.Join(", ", known.Select(body => body.Body));
            return new(environment == DatasetSpec.NoEnvironment
                ? $"{option}={groups} is of a task ({bodies}): name one with --env, or set {option} to a list such as 0,1;2."
                : $"{option}={groups}: there are none for {environment}, but for {bodies}. "
                    + $"Set {option}={Discovered}, or a list such as 0,1;2.");
        }
    }

    /// <summary>The groups of so many actuators; empty where the action is not divided.</summary>
    /// <param name="listed">What <see cref="Listed"/> made of it.</param>
    /// <param name="actions">Actuators.</param>
    /// <param name="option">Whose value it is, for messages.</param>
    /// <exception cref="UserException">It is no list, or it does not divide the actuators.</exception>
    public static IReadOnlyList<IReadOnlyList<int>> Of(string listed, int actions, string option = "groups")
    {
        if (listed == Vanilla)
            return [];
        RequireActuators(discrete: false, actions, option);
        if (listed == Complete)
            return [.. Enumerable.Range(0, actions).Select(actuator => (int[])[actuator])];
        if (listed == Discovered)
        {
            throw new UserException($"{option}={Discovered} takes playing, which train ed2 does. Here, set {option} to another name "
                + $"({string.Join(", ", Names.Except([Discovered]))}) or to a list.");
        }
        int[][] groups = Parse(listed, option);
        int[] all = [.. groups.SelectMany(group => group)];
        if (all.Any(actuator => actuator < 0 || actuator >= actions))
        {
            int unknown = all.First(actuator => actuator < 0 || actuator >= actions);
            throw new UserException($"{option}={listed}: there is no actuator {unknown}; they are 0 to {actions - 1}.");
        }
        if (all.GroupBy(actuator => actuator).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new UserException($"{option}={listed}: actuator {twice.Key} is named twice; each belongs to one group.");
        int[] missing = [.. Enumerable.Range(0, actions).Except(all)];
        return missing.Length == 0
            ? groups
            : throw new UserException($"{option}={listed}: actuator {string.Join(", ", missing)} is in no group; each belongs to one.");
    }

    /// <summary>Refuses actions that no groups divide.</summary>
    /// <param name="discrete">Whether they are numbered.</param>
    /// <param name="actions">Numbers of an action.</param>
    /// <param name="option">Whose value asks for groups.</param>
    /// <exception cref="UserException">They are numbered, or there is one actuator.</exception>
    public static void RequireActuators(bool discrete, int actions, string option = "groups")
    {
        if (!discrete && actions != 1)
            return;
        string reason = discrete
            ? "groups are of actuators, which act together; of numbered actions one is taken at a time"
            : "there is one actuator, and nothing to divide";
        throw new UserException($"{option}: {reason}. "
            + (option == "groups" ? $"Set groups={Vanilla}, which is Dreamer's own dynamics" : $"Leave {option} out")
            + ", or take another task.");
    }

    /// <summary>Groups as a list that <see cref="Of"/> reads.</summary>
    public static string Text(IEnumerable<IReadOnlyList<int>> groups) => string.Join(';', groups.Select(group => string.Join(',', group)));

    private static int[][] Parse(string list, string option) =>
        [.. list.Split(';').Select(group => Array.ConvertAll(group.Split(','), word => int.TryParse(word, out int actuator)
            ? actuator
            : throw new UserException($"{option}={list}: '{word}' is no number of an actuator{CommandLine.Names.Suggest(list, Names)} "
                + $"Groups are a list such as 0,1;2 or one of {string.Join(", ", Names)}.")))];

    /// <summary>Another division into groups of the same sizes.</summary>
    private static int[][] Redrawn(int[][] right, string environment, long seed, string option)
    {
        int actions = right.Sum(group => group.Length);
        if (right.Length == 1 || right.Length == actions)
        {
            throw new UserException($"{option}={Wrong}: the {actions} actuators of {environment} can be divided into groups of these sizes "
                + "in one way only. Take a task of more actuators, or write a list.");
        }
        HashSet<string> rightOnes = [.. right.Select(group => string.Join(',', group.Order()))];
        Random random = new((int)(seed % int.MaxValue));
        while (true)
        {
            int[] order = [.. Enumerable.Range(0, actions)];
            random.Shuffle(order);
            int taken = 0;
            int[][] drawn = [.. right.Select(group => order[taken..(taken += group.Length)].Order().ToArray())];
            if (!rightOnes.SetEquals(drawn.Select(group => string.Join(',', group))))
                return drawn;
        }
    }
}
