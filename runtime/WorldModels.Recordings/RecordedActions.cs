using System.Globalization;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What the actions of a recording are: numbered or reals, how many, and within which bounds.</summary>
internal static class RecordedActions
{
    private const int ManyActions = 1000;       // more numbered actions than this are believed only if most of them occur

    /// <summary>The episodes with numbered actions where all were one-hot.</summary>
    public static IReadOnlyList<Episode> Numbered(IReadOnlyList<Episode> episodes, List<string> notes)
    {
        if (!episodes.All(episode => ActionColumn.IsOneHot(episode.Actions)))
            return episodes;
        notes.Add($"Actions are one-hot vectors: read as one of {episodes[0].Actions.Shape[1]}.");
        return [.. episodes.Select(episode => episode.With(EpisodeColumn.Action, ActionColumn.Numbers(episode.Actions)))];
    }

    /// <summary>Refuses episodes whose observations or actions are of another kind or width than the first one's.</summary>
    public static void CheckKinds(IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources)
    {
        for (int i = 1; i < episodes.Count; i++)
        {
            Check(EpisodeColumn.Observation, episodes[0].Observations, episodes[i].Observations, sources[i]);
            Check(EpisodeColumn.Action, episodes[0].Actions, episodes[i].Actions, sources[i]);
        }

        void Check(string name, NpyArray first, NpyArray array, string source)
        {
            bool same = first.Shape.Skip(1).SequenceEqual(array.Shape.Skip(1)) && (name != EpisodeColumn.Action || first.Type == array.Type);
            if (!same)
            {
                throw new RecordingException($"{source}: {name} is {array.Describe()}, in the first episode ({sources[0]}) it is "
                    + $"{first.Describe()}. Episodes of one recording have observations and actions of one kind: take one of them out.");
            }
        }
    }

    /// <summary>What nobody wrote down, as it occurs.</summary>
    public static DatasetSpec Inferred(IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources, List<string> notes) => new()
    {
        Observation = Size(episodes[0]),
        Action = episodes[0].Actions.Type == NpyType.Int64 ? Counted(episodes, sources, notes) : Bounded(episodes, notes),
        IsInferred = true,
    };

    /// <summary>What was written down, if the episodes are of that.</summary>
    public static DatasetSpec Checked(DatasetSpec declared, IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources, List<string> notes)
    {
        ActionSpec action = declared.Action;
        NpyArray first = episodes[0].Actions;
        if (declared.Observation != Size(episodes[0]))
        {
            throw new RecordingException($"{sources[0]}: observation is {episodes[0].Observations.Describe()}; the recording's own description "
                + $"says {declared.Observation} numbers.");
        }
        bool same = action.Kind == ActionKind.Discrete ? first.Type == NpyType.Int64 : first.Type == NpyType.Float32 && first.Shape[1] == action.Size;
        if (!same)
            throw new RecordingException($"{sources[0]}: action is {first.Describe()}; the recording's own description says {Describe(action)}.");
        if (action.Kind == ActionKind.Discrete)
        {
            CheckNumbers(episodes, sources, action.Count!.Value);
            return declared;
        }
        int outside = episodes.Count(episode => Exceeds(episode, action));
        if (outside > 0)
            notes.Add($"Actions of {outside} of {episodes.Count} episodes leave the bounds that are declared, {Describe(action)}.");
        return declared;
    }

    /// <summary>Such as <c>3 reals in -1..1</c>.</summary>
    public static string Describe(ActionSpec action) => action.Kind == ActionKind.Discrete ? $"one of {action.Count}"
        : $"{action.Size} real{(action.Size == 1 ? "" : "s")} in {action.BoundsText}";

    private static ActionSpec Counted(IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources, List<string> notes)
    {
        HashSet<long> occur = [];
        foreach (Episode episode in episodes)
        {
            foreach (long number in episode.Actions.As<long>()[1..])
                occur.Add(number);
        }
        long most = occur.Max();
        CheckNumbers(episodes, sources, most >= ManyActions && most > 2L * occur.Count ? ManyActions : int.MaxValue);
        if (occur.Count <= most)
        {
            notes.Add($"Actions are 0 to {most}, and {most + 1 - occur.Count} of these never occur: the model learns nothing of them. If there "
                + $"are more, say so in {DatasetSpec.FileName}.");
        }
        return ActionSpec.Discrete((int)most + 1);
    }

    private static void CheckNumbers(IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources, long count)
    {
        for (int i = 0; i < episodes.Count; i++)
        {
            int wrong = episodes[i].Actions.As<long>().IndexOfAnyExceptInRange(0, count - 1);
            if (wrong < 0)
                continue;
            long number = episodes[i].Actions.As<long>()[wrong];
            throw new RecordingException($"{sources[i]}: action[{wrong}] is {number}; expected "
                + (number < 0 ? "the number of an action, 0 or more." : $"0 to {count - 1}. If there are so many actions, say their count in "
                    + $"{DatasetSpec.FileName}."));
        }
    }

    private static ActionSpec Bounded(IReadOnlyList<Episode> episodes, List<string> notes)
    {
        int size = episodes[0].Actions.Shape[1];
        double[] lows = [.. Enumerable.Repeat(double.PositiveInfinity, size)], highs = [.. Enumerable.Repeat(double.NegativeInfinity, size)];
        foreach (Episode episode in episodes)
        {
            ReadOnlySpan<float> values = episode.Actions.As<float>();
            for (int i = size; i < values.Length; i++)
                (lows[i % size], highs[i % size]) = (Math.Min(lows[i % size], values[i]), Math.Max(highs[i % size], values[i]));
        }

        for (int i = 0; i < size; i++)
        {
            if (lows[i] < highs[i])
                continue;
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"Number {i} of the actions is always {lows[i]}: the model learns nothing of it."));
            double around = Math.Max(1, Math.Abs(lows[i]));
            (lows[i], highs[i]) = (lows[i] - around, highs[i] + around);
        }
        ActionSpec space = ActionSpec.Continuous(lows, highs);
        notes.Add($"Bounds of the actions are those that occur: {Describe(space)}. Others can be said in {DatasetSpec.FileName}.");
        return space;
    }

    private static bool Exceeds(Episode episode, ActionSpec action)
    {
        ReadOnlySpan<float> values = episode.Actions.As<float>();
        for (int i = action.Size; i < values.Length; i++)
        {
            if (values[i] < (float)action.LowOf(i % action.Size) || values[i] > (float)action.HighOf(i % action.Size))
                return true;
        }
        return false;
    }

    internal static int Size(Episode episode) => episode.Observations.Length / episode.Records;
}
