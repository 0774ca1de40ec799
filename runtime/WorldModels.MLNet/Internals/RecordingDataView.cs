using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.MLNet.Internals;

/// <summary>A recording as data: each cursor reads it from the beginning, an episode at a time.</summary>
internal sealed class RecordingDataView : IDataView
{
    private readonly string _path;
    private readonly RecordingOptions _options;

    public RecordingDataView(string path, RecordingOptions options, bool taken)
    {
        (_path, _options, Taken) = (Path.GetFullPath(path), options, taken);
        if (!Path.Exists(_path))
            _path = path;      // an id, such as Minari's
        (Episode first, string source) = Recording.Stream(_path, options).FirstOrDefault();
        if (first is null)
            throw new RecordingException($"There is no episode of at least one step in '{path}'.");
        Columns = [.. first.Columns.Select(column => new RecordedColumn(column.Key, column.Value, source))];
        DataViewSchema.Builder builder = new();
        builder.AddColumn(RecordingColumn.Episode, NumberDataViewType.Int64);
        builder.AddColumn(RecordingColumn.Step, NumberDataViewType.Int64);
        foreach (RecordedColumn column in Columns)
            builder.AddColumn(column.Name, column.Type);
        Schema = builder.ToSchema();
    }

    /// <summary>False: the records of an episode are in order.</summary>
    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    /// <summary>Whether a row has the action taken at its observation.</summary>
    public bool Taken { get; }

    /// <summary>The columns of the episodes, which are those of the schema after the first two.</summary>
    public ImmutableArray<RecordedColumn> Columns { get; }

    /// <summary>Unknown: that takes reading all.</summary>
    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = new bool[Schema.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
            active[column.Index] = true;
        return new RecordingCursor(this, Recording.Stream(_path, _options), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}

/// <summary>A column of a recording's episodes, as data.</summary>
internal sealed class RecordedColumn
{
    public RecordedColumn(string name, NpyArray first, string source)
    {
        (Name, First, Source) = (name, first, source);
        Width = first.Length / first.Shape[0];
        int[] row = [.. first.Shape.Skip(1)];
        bool isPicture = row.Length > 1;
        // Vectors of an observation are what networks and trainers read: Single, whatever they were recorded as.
        AsSingles = first.Type == NpyType.Float32 || (name == EpisodeColumn.Observation && !isPicture);
        PrimitiveDataViewType item = AsSingles ? NumberDataViewType.Single : first.Type switch
        {
            NpyType.Int64 => NumberDataViewType.Int64,
            NpyType.UInt8 => NumberDataViewType.Byte,
            _ => BooleanDataViewType.Instance,
        };
        // An action of one number is what trainers take as a label.
        IsVector = row.Length > 0 && !(name == EpisodeColumn.Action && Width == 1);
        Type = IsVector ? new VectorDataViewType(item, row) : item;
    }

    public string Name { get; }

    public DataViewType Type { get; }

    /// <summary>Numbers in a record.</summary>
    public int Width { get; }

    public bool AsSingles { get; }

    public bool IsVector { get; }

    /// <summary>The array of the first episode, which those of the others have to be like.</summary>
    private NpyArray First { get; }

    private string Source { get; }

    /// <summary>The array of an episode.</summary>
    /// <exception cref="RecordingException">There is none, or of another type or shape.</exception>
    public NpyArray Of(Episode episode, string source)
    {
        string found = "is not there";
        if (episode.Columns.TryGetValue(Name, out NpyArray? array))
        {
            if (array.Type == First.Type && array.Shape.Skip(1).SequenceEqual(First.Shape.Skip(1)))
                return array;
            found = $"is {array.Describe()}";
        }

        throw new RecordingException($"{source}: {Name} {found}, in the first episode ({Source}) it is {First.Describe()}. Data have "
            + "columns of one type: take one of them out.");
    }
}
