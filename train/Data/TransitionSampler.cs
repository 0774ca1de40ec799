using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Train.Data;

/// <summary>
/// Draws single steps from episodes. Steps are numbered in the order of the episodes: from record t - 1 the action of record t led to
/// record t.
/// </summary>
public sealed class TransitionSampler
{
    private static readonly uint Stream = Philox.Stream("batch"), GroupStream = Philox.Stream("batch/group");

    private readonly (Episode Episode, int Record)[] _steps;
    private readonly int[][] _groups;

    /// <summary>Numbers the steps of episodes.</summary>
    /// <param name="episodes">What is drawn from.</param>
    /// <param name="balance">
    /// A column of uint8: steps of each of its values are a group, and so are those that terminate their episode. Null: no groups.
    /// </param>
    public TransitionSampler(IReadOnlyList<Episode> episodes, string? balance = null)
    {
        _steps = [.. episodes.SelectMany(episode => Enumerable.Range(1, episode.Steps).Select(record => (episode, record)))];
        if (balance is null)
        {
            _groups = [];
            return;
        }
        int[] all = [.. Enumerable.Range(0, Count)];
        IEnumerable<int[]> values =
            all.GroupBy(i => Value<byte>(i, balance)).OrderBy(group => group.Key).Select(group => group.ToArray());
        int[] ends = [.. all.Where(i => Value<bool>(i, EpisodeColumn.Terminated))];
        _groups = [.. values.Append(ends).Where(group => group.Length > 0)];
    }

    /// <summary>Number of steps.</summary>
    public int Count => _steps.Length;

    /// <summary>The episode of a step, and the record it leads to.</summary>
    public (Episode Episode, int Record) this[int step] => _steps[step];

    /// <summary>A number of the record that a step leads to.</summary>
    public T Value<T>(int step, string column) where T : unmanaged => _steps[step].Episode[column].As<T>()[_steps[step].Record];

    /// <summary>
    /// The step that a row of an update learns from, a function of the episodes and the seed: drawn from all, or, if
    /// <paramref name="balanced"/>, from a group drawn first, so that rare events are seen.
    /// </summary>
    public int Sample(ulong seed, long update, int row, bool balanced)
    {
        NoiseKey key = new NoiseKey(seed, (uint)row, (uint)update, Stream);
        if (!balanced)
            return Philox.NextInt(key, Count);
        int[] group = _groups[Philox.NextInt(key with { Stream = GroupStream }, _groups.Length)];
        return group[Philox.NextInt(key, group.Length)];
    }
}
