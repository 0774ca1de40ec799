using System.Runtime.InteropServices;

namespace WorldModels.MLNet.Internals;

/// <summary>A record that a row of a batch takes at a step.</summary>
/// <param name="Slot">The row of the batch.</param>
/// <param name="Row">The record's row in its block.</param>
/// <param name="Episode">The number of its episode in the data.</param>
/// <param name="Step">Its number in the episode.</param>
internal readonly record struct Take(int Slot, int Row, uint Episode, uint Step);

/// <summary>
/// Deals whole episodes to the rows of a batch, the longest first and each to the row that is free earliest, and says step by step which
/// record each row takes.
/// </summary>
internal sealed class Dealing
{
    private readonly Queue<Stretch>[] _waiting;
    private readonly Stretch[] _current;      // what is left of the episode that a row plays
    private readonly Take[] _taken;
    private readonly int[] _rows;
    private readonly List<int> _begun = [];
    private int _count;

    /// <param name="stretches">The episodes.</param>
    /// <param name="most">Rows that a batch may have. It has no more than keep it busy as long as the longest episode lasts.</param>
    public Dealing(ReadOnlySpan<Stretch> stretches, int most)
    {
        Stretch[] sorted = stretches.ToArray();
        Array.Sort(sorted, (a, b) => a.Rows != b.Rows ? b.Rows.CompareTo(a.Rows) : a.First.CompareTo(b.First));
        int total = sorted.Sum(stretch => stretch.Rows);
        Batch = Math.Clamp((total + sorted[0].Rows - 1) / sorted[0].Rows, 1, most);
        _waiting = [.. Enumerable.Range(0, Batch).Select(_ => new Queue<Stretch>())];
        (_current, _taken, _rows) = (new Stretch[Batch], new Take[Batch], new int[Batch]);
        PriorityQueue<int, (int Load, int Slot)> free = new(Enumerable.Range(0, Batch).Select(slot => (slot, (0, slot))));
        foreach (Stretch stretch in sorted)
        {
            free.TryDequeue(out int slot, out (int Load, int Slot) load);
            _waiting[slot].Enqueue(stretch);
            free.Enqueue(slot, (load.Load + stretch.Rows, slot));
        }
    }

    /// <summary>Rows of the batch.</summary>
    public int Batch { get; }

    /// <summary>The records that are taken at this step; a row that has none any more is not there.</summary>
    public ReadOnlySpan<Take> Taken => _taken.AsSpan(0, _count);

    /// <summary>The rows whose record is the first of an episode.</summary>
    public ReadOnlySpan<int> Begun => CollectionsMarshal.AsSpan(_begun);

    /// <summary>The record that a row took last.</summary>
    public int RowOf(int slot) => _rows[slot];

    /// <summary>Goes on to the next step; false: all records are taken.</summary>
    public bool Next()
    {
        _count = 0;
        _begun.Clear();
        for (int slot = 0; slot < Batch; slot++)
        {
            ref Stretch current = ref _current[slot];
            if (current.Rows == 0)
            {
                if (!_waiting[slot].TryDequeue(out current))
                    continue;
                _begun.Add(slot);
            }
            _taken[_count++] = new(slot, current.First, current.Episode, current.Step);
            _rows[slot] = current.First;
            current = new(current.First + 1, current.Rows - 1, current.Episode, current.Step + 1);
        }
        return _count > 0;
    }
}
