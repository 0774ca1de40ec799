namespace WorldModels.MLNet.Internals;

/// <summary>
/// Deals whole episodes to the rows of a batch, the longest first and each to the row that is free earliest, and says step by step which
/// record each row takes.
/// </summary>
internal sealed class Dealing
{
    private readonly List<Stretch>[] _slots;
    private readonly int[] _episode, _record;
    private readonly List<(int Slot, int Row, uint Episode, uint Step)> _taken = [];
    private readonly List<int> _begun = [];
    private readonly int[] _rows;

    /// <param name="stretches">The episodes.</param>
    /// <param name="most">Rows that a batch may have. It has no more than keep it busy as long as the longest episode lasts.</param>
    public Dealing(ReadOnlySpan<Stretch> stretches, int most)
    {
        Stretch[] sorted = stretches.ToArray();
        Array.Sort(sorted, (a, b) => a.Rows != b.Rows ? b.Rows.CompareTo(a.Rows) : a.First.CompareTo(b.First));
        int total = sorted.Sum(stretch => stretch.Rows);
        Batch = Math.Clamp((total + sorted[0].Rows - 1) / sorted[0].Rows, 1, most);
        _slots = [.. Enumerable.Range(0, Batch).Select(_ => new List<Stretch>())];
        (_episode, _record, _rows) = (new int[Batch], new int[Batch], new int[Batch]);
        PriorityQueue<int, (int Load, int Slot)> free = new(Enumerable.Range(0, Batch).Select(slot => (slot, (0, slot))));
        foreach (Stretch stretch in sorted)
        {
            free.TryDequeue(out int slot, out (int Load, int Slot) load);
            _slots[slot].Add(stretch);
            free.Enqueue(slot, (load.Load + stretch.Rows, slot));
        }
    }

    /// <summary>Rows of the batch.</summary>
    public int Batch { get; }

    /// <summary>Which record of the block each row takes at this step; rows that have none any more are not there.</summary>
    public IReadOnlyList<(int Slot, int Row, uint Episode, uint Step)> Taken => _taken;

    /// <summary>The rows whose record is the first of an episode.</summary>
    public ReadOnlySpan<int> Begun => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_begun);

    /// <summary>The record that a row took last.</summary>
    public int RowOf(int slot) => _rows[slot];

    /// <summary>Goes on to the next step; false: all records are taken.</summary>
    public bool Next()
    {
        _taken.Clear();
        _begun.Clear();
        for (int slot = 0; slot < Batch; slot++)
        {
            if (_episode[slot] == _slots[slot].Count)
                continue;
            Stretch stretch = _slots[slot][_episode[slot]];
            int record = _record[slot]++;
            if (record == 0)
                _begun.Add(slot);
            _rows[slot] = stretch.First + record;
            _taken.Add((slot, _rows[slot], stretch.Episode, stretch.Step + (uint)record));
            if (_record[slot] == stretch.Rows)
                (_episode[slot], _record[slot]) = (_episode[slot] + 1, 0);
        }
        return _taken.Count > 0;
    }
}
