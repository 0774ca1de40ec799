using System.Collections.Immutable;

namespace WorldModels.Environments;

/// <summary>
/// The rewards a step of a MiniPacman mode can give, as classes for a model to predict. Derived from the mode's weights and from which
/// events can fall together; a step's class follows from its events, never from comparing floats.
/// </summary>
/// <remarks>
/// Events that can fall together: food or not, with a pill or not, with a ghost eaten or not; or food or not with k deaths, since nobody
/// dies in the step that eats a pill or a ghost. Outcomes that differ only in events of weight 0 share a class. Deaths are counted up to
/// <see cref="DeathCap"/>: the last death class means that many or more and has the value of exactly that many.
/// </remarks>
public sealed class RewardTable
{
    /// <summary>Deaths in a step that have a class of their own; more, which is rarer still than three, count as this many.</summary>
    public const int DeathCap = 3;

    private const int NoClass = -1;

    private readonly int[] _classes;

    private RewardTable(ImmutableArray<double> values, int[] classes)
    {
        Values = values;
        _classes = classes;
    }

    /// <summary>
    /// The ten classes of the reference's environment model of regular: class k is reward k. Two of them, 4 and 9, never occur.
    /// </summary>
    public static RewardTable RegularReference { get; } = MakeRegularReference();

    /// <summary>The reward of each class, ascending in <see cref="For"/>'s tables.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>Number of classes.</summary>
    public int Count => Values.Length;

    /// <summary>The classes of a mode: 8 for regular, 14 for avoid, 7 for hunt, 10 for ambush, 4 for rush.</summary>
    public static RewardTable For(MiniPacmanMode mode)
    {
        (double Reward, MiniPacmanEvents[] Members)[] groups = Outcomes()
            .GroupBy(outcome => Weighted(mode, outcome))
            .Select(group => (Reward: Reward(mode, group.Key), Members: group.ToArray()))
            .OrderBy(group => group.Reward)
            .ToArray();
        int[] classes = NoClasses();
        for (int index = 0; index < groups.Length; index++)
        {
            foreach (MiniPacmanEvents outcome in groups[index].Members)
                classes[Key(outcome)] = index;
        }
        return new([.. groups.Select(group => group.Reward)], classes);
    }

    /// <summary>The class of what happened in a step.</summary>
    /// <exception cref="ArgumentException">These events cannot fall together.</exception>
    public int ClassOf(MiniPacmanEvents events)
    {
        int index = _classes[Key(events)];
        return index != NoClass ? index : throw new ArgumentException($"No step of MiniPacman has these events together: {events}.");
    }

    private static RewardTable MakeRegularReference()
    {
        int[] classes = NoClasses();
        foreach (MiniPacmanEvents outcome in Outcomes())
            classes[Key(outcome)] = (int)Reward(MiniPacmanMode.Regular, outcome);
        return new([.. Enumerable.Range(0, 10).Select(reward => (double)reward)], classes);
    }

    private static IEnumerable<MiniPacmanEvents> Outcomes()
    {
        bool[] either = [false, true];
        return
            from food in either
            from other in either.SelectMany(pill => either.Select(ghost => new MiniPacmanEvents(false, pill, ghost, 0, false)))
                .Concat(Enumerable.Range(1, DeathCap).Select(deaths => new MiniPacmanEvents(false, false, false, deaths, false)))
            select other with { Food = food };
    }

    /// <summary>The events that count in this mode.</summary>
    private static MiniPacmanEvents Weighted(MiniPacmanMode mode, MiniPacmanEvents events) => events with
    {
        Food = events.Food && mode.Food != 0,
        Pill = events.Pill && mode.Pill != 0,
        Ghost = events.Ghost && mode.Ghost != 0,
        Deaths = mode.Death != 0 ? events.Deaths : 0,
    };

    /// <summary>The sum in the order in which the game adds it up, so that it is the same double.</summary>
    private static double Reward(MiniPacmanMode mode, MiniPacmanEvents events)
    {
        double reward = mode.Step;
        if (events.Food)
            reward += mode.Food;
        if (events.Pill)
            reward += mode.Pill;
        if (events.Ghost)
            reward += mode.Ghost;
        for (int i = 0; i < events.Deaths; i++)
            reward += mode.Death;
        return reward;
    }

    private static int Key(MiniPacmanEvents events) =>
        (events.Food ? 1 : 0) | (events.Pill ? 2 : 0) | (events.Ghost ? 4 : 0) | Math.Min(events.Deaths, DeathCap) << 3;

    private static int[] NoClasses()
    {
        int[] classes = new int[8 * (DeathCap + 1)];
        Array.Fill(classes, NoClass);
        return classes;
    }
}
