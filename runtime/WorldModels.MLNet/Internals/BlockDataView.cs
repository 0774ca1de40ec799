using Microsoft.ML;

namespace WorldModels.MLNet.Internals;

/// <summary>Data with the columns that a bundle adds.</summary>
internal sealed class BlockDataView(BundleTransformer transformer, IDataView input) : IDataView
{
    /// <summary>False: the rows of an episode are in order.</summary>
    public bool CanShuffle => false;

    public DataViewSchema Schema { get; } = transformer.GetOutputSchema(input.Schema);

    /// <summary>The first column that the bundle adds; those of the input are before.</summary>
    public int Added => input.Schema.Count;

    public BundleTransformer Transformer => transformer;

    public IDataView Input => input;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        bool[] active = new bool[Schema.Count];
        foreach (DataViewSchema.Column column in columnsNeeded)
            active[column.Index] = true;
        return new BlockCursor(this, active);
    }

    /// <summary>One cursor: the rows of an episode follow each other.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
