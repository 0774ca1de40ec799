using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.MLNet.Internals;

/// <summary>Walks through the records of a recording.</summary>
internal sealed class RecordingCursor(
    RecordingDataView view, IEnumerable<(Episode Episode, string Source)> recording, bool[] active) : DataViewRowCursor
{
    private const int Added = 2;

    private readonly IEnumerator<(Episode Episode, string Source)> _episodes = recording.GetEnumerator();
    private readonly NpyArray?[] _arrays = new NpyArray?[view.Columns.Length];
    private Episode? _episode;
    private long _position = -1, _number = -1;
    private int _record;

    public override DataViewSchema Schema => view.Schema;

    public override long Position => _position;

    public override long Batch => 0;

    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = new((ulong)_position, 0);

    public override bool MoveNext()
    {
        if (_episode is null || ++_record == _episode.Records)
        {
            if (!_episodes.MoveNext())
                return false;
            (_episode, _record) = (_episodes.Current.Episode, 0);
            _number++;
            for (int i = 0; i < _arrays.Length; i++)
                _arrays[i] = active[Added + i] ? view.Columns[i].Of(_episode, _episodes.Current.Source) : null;
        }
        _position++;
        return true;
    }

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!active[column.Index])
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this cursor was made.");
        Delegate getter = column.Index switch
        {
            0 => (ValueGetter<long>)((ref long value) => value = _number),
            1 => (ValueGetter<long>)((ref long value) => value = _record),
            _ => Getter(view.Columns[column.Index - Added], column.Index - Added),
        };
        return getter as ValueGetter<TValue> ?? throw new InvalidOperationException(
            $"Column '{column.Name}' is {column.Type}, of {column.Type.RawType.Name}: it cannot be read as {typeof(TValue).Name}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _episodes.Dispose();
        base.Dispose(disposing);
    }

    private Delegate Getter(RecordedColumn column, int place)
    {
        bool taken = view.Taken && column.Name == EpisodeColumn.Action;
        if (column.AsSingles && column.Name == EpisodeColumn.Observation)
        {
            return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                VBufferEditor<float> editor = VBufferEditor.Create(ref value, column.Width);
                _episode!.CopyObservation(_record, editor.Values);
                value = editor.Commit();
            });
        }
        DataViewType item = column.Type is VectorDataViewType vector ? vector.ItemType : column.Type;
        return Type.GetTypeCode(item.RawType) switch
        {
            TypeCode.Single => Numbers<float>(column, place, taken),
            TypeCode.Int64 => Numbers<long>(column, place, taken),
            TypeCode.Byte => Numbers<byte>(column, place, taken),
            _ => Numbers<bool>(column, place, taken),
        };
    }

    private Delegate Numbers<T>(RecordedColumn column, int place, bool taken) where T : unmanaged
    {
        if (!column.IsVector)
        {
            return (ValueGetter<T>)((ref T value) =>
                value = taken && _record + 1 == _episode!.Records ? default : _arrays[place]!.As<T>()[taken ? _record + 1 : _record]);
        }
        int width = column.Width;
        return (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) =>
        {
            VBufferEditor<T> editor = VBufferEditor.Create(ref value, width);
            if (taken && _record + 1 == _episode!.Records)
                editor.Values.Clear();
            else
                _arrays[place]!.As<T>().Slice((taken ? _record + 1 : _record) * width, width).CopyTo(editor.Values);
            value = editor.Commit();
        });
    }
}
