using Microsoft.ML;

namespace WorldModels.MLNet.Internals;

/// <summary>Reads observations and episodes ahead, into a block.</summary>
internal sealed class BlockReader : IDisposable
{
    private readonly DataViewRowCursor _rows;
    private readonly ObservationGetter _observation;
    private readonly EpisodeMarks? _marks;
    private readonly Block _block;
    private readonly int _episodes;
    private Stretch _last = new(0, 0, uint.MaxValue, 0);      // the episode before the first is none
    private bool _ended;

    public BlockReader(IDataView input, string observation, string? episode, Block block, int episodes)
    {
        (_block, _episodes) = (block, episodes);
        DataViewSchema.Column seen = input.Schema[observation];
        DataViewSchema.Column? marked = episode is null ? null : input.Schema[episode];
        _rows = input.GetRowCursor(marked is { } both ? [seen, both] : [seen]);
        _observation = ObservationGetters.Of(_rows, seen);
        _marks = marked is { } column ? EpisodeMarks.Of(_rows, column) : null;
    }

    /// <summary>
    /// Reads as many rows as there is room for, or until there are the wanted number of whole episodes; false: there are none any more.
    /// </summary>
    public bool Fill()
    {
        int size = _block.ObservationSize, left = _block.Rows - _block.Ready;
        List<Stretch> stretches = _block.Stretches;
        Array.Copy(_block.Observations, _block.Ready * size, _block.Observations, 0, left * size);
        _block.FirstRow += _block.Ready;
        stretches.Clear();
        if (left > 0)
            stretches.Add(_last = _last with { First = 0 });
        int rows = left;
        while (rows < _block.Capacity && (_episodes == 0 || stretches.Count <= _episodes) && Read())
        {
            bool begins = _marks?.Begins() ?? _last.Episode == uint.MaxValue;
            if (begins)
                _last = new(rows, 0, unchecked(_last.Episode + 1), 0);
            else if (stretches.Count == 0)
                _last = new(rows, 0, _last.Episode, _last.Step + (uint)_last.Rows);
            if (begins || stretches.Count == 0)
                stretches.Add(_last);
            _observation(_block.Observations.AsSpan(rows * size, size));
            _last = _last with { Rows = _last.Rows + 1 };
            stretches[^1] = _last;
            rows++;
        }

        _block.Rows = rows;
        _block.Ready = _ended || _episodes == 0 || stretches.Count == 1 ? rows : _last.First;
        return rows > 0;
    }

    public void Dispose() => _rows.Dispose();

    private bool Read()
    {
        _ended = _ended || !_rows.MoveNext();
        return !_ended;
    }
}
