using Microsoft.ML;
using Microsoft.ML.Data;

namespace WorldModels.MLNet.Internals;

/// <summary>
/// Walks through data with a bundle's columns. Two cursors of the input go in step: one moves row by row and gives the columns that pass
/// through, the other reads the observations of a block ahead. Where nobody looks at what the bundle adds, there is but the first.
/// </summary>
internal sealed class BlockCursor : DataViewRowCursor
{
    private readonly BlockDataView _view;
    private readonly bool[] _active;
    private readonly DataViewRowCursor _rows;
    private readonly Block? _block;
    private readonly BlockReader? _reader;
    private BlockRunner? _runner;
    private int _row = -1;     // in the block

    public BlockCursor(BlockDataView view, bool[] active)
    {
        (_view, _active) = (view, active);
        IDataView input = view.Input;
        _rows = input.GetRowCursor(input.Schema.Where(column => active[column.Index]));
        if (!active.AsSpan(view.Added).Contains(true))
            return;
        try
        {
            BundleTransformer transformer = view.Transformer;
            _runner = transformer.Rent();
            _runner.Begin();
            _block = new(_runner.Capacity, transformer.Source.Manifest.Observation.Size, transformer.Outputs, active[view.Added..]);
            _reader = new(input, transformer.Observation, transformer.Episode, _block, _runner.Episodes);
        }
        catch
        {
            Dispose(true);
            throw;
        }
    }

    public override DataViewSchema Schema => _view.Schema;

    public override long Position => _rows.Position;

    public override long Batch => _rows.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => _rows.GetIdGetter();

    public override bool MoveNext()
    {
        if (!_rows.MoveNext())
            return false;
        if (_block is null || ++_row < _block.Ready)
            return true;
        _row = 0;
        if (!_reader!.Fill())
        {
            throw new InvalidOperationException($"The data gave {_rows.Position + 1} rows or more to one cursor, and fewer to another: a "
                + "bundle in a pipeline reads them ahead, so that they have to be the same every time.");
        }
        _runner!.Run(_block);
        return true;
    }

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active[column.Index])
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this cursor was made.");
        if (column.Index < _view.Added)
            return _rows.GetGetter<TValue>(_view.Input.Schema[column.Index]);
        int place = column.Index - _view.Added;
        OutputColumn output = _view.Transformer.Outputs[place];
        Delegate getter = output switch
        {
            { IsWhole: true, Type: VectorDataViewType } => (ValueGetter<VBuffer<long>>)((ref VBuffer<long> value) =>
                Copy(_block!.Wholes(place), output.Width, ref value)),
            { IsWhole: true } => (ValueGetter<long>)((ref long value) => value = _block!.Wholes(place)[_row]),
            { Type: VectorDataViewType } => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
                Copy(_block!.Singles(place), output.Width, ref value)),
            _ => (ValueGetter<float>)((ref float value) => value = _block!.Singles(place)[_row]),
        };
        return getter as ValueGetter<TValue> ?? throw new InvalidOperationException(
            $"Column '{column.Name}' is {column.Type}, of {column.Type.RawType.Name}: it cannot be read as {typeof(TValue).Name}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _reader?.Dispose();
            if (Interlocked.Exchange(ref _runner, null) is { } runner)
                _view.Transformer.Return(runner);
        }
        base.Dispose(disposing);
    }

    private void Copy<T>(Span<T> column, int width, ref VBuffer<T> value)
    {
        VBufferEditor<T> editor = VBufferEditor.Create(ref value, width);
        column.Slice(_row * width, width).CopyTo(editor.Values);
        value = editor.Commit();
    }
}
