using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.MLNet.Internals;
using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>
/// A bundle in a pipeline. Its view reads the input in blocks of rows when somebody looks at a column that it adds, keeps their order, and
/// passes all other columns through; each pass computes anew (<c>AppendCacheCheckpoint</c> keeps what a trainer reads several times).
/// Thread-safe: passes may run side by side. Dispose it when no view of it is used any more.
/// </summary>
public abstract class BundleTransformer : ITransformer, IDisposable
{
    private readonly ConcurrentBag<BlockRunner> _idle = [];
    private IReadOnlyList<OutputColumn>? _outputs;
    private volatile bool _disposed;

    private protected BundleTransformer(BundleSource source) => Source = source;

    /// <summary>False: rows are read in batches, and a policy has a memory of those before.</summary>
    public bool IsRowToRowMapper => false;

    internal BundleSource Source { get; }

    internal abstract string Observation { get; }

    internal virtual string? Episode => null;

    /// <summary>The new columns, as the bundle makes them.</summary>
    internal IReadOnlyList<OutputColumn> Outputs => _outputs ??= FindOutputs();

    /// <summary>What the bundle does with rows: a record that is saved with the pipeline.</summary>
    internal abstract object Saved { get; }

    /// <summary>The schema with the new columns; a column of the same name is hidden by a new one.</summary>
    /// <exception cref="BundleException">
    /// A column is missing, or of another type or width than the bundle's; or the bundle of a loaded pipeline is missing or another one.
    /// </exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        InputCheck.Columns(this, inputSchema);
        DataViewSchema.Builder builder = new();
        builder.AddColumns(inputSchema);
        foreach (OutputColumn column in Outputs)
            builder.AddColumn(column.Name, column.Type);
        return builder.ToSchema();
    }

    /// <summary>The data with the new columns, which are computed when somebody looks at them.</summary>
    /// <inheritdoc cref="GetOutputSchema" />
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new BlockDataView(this, input);
    }

    /// <summary>Refused.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException(
        "A bundle in a pipeline reads rows in batches, so that there is no prediction engine for it: transform an IDataView, or use "
        + "WorldModels.Runtime's Controller.Load or WorldModel.Load for single rows.");

    /// <summary>Closes the bundle, and deletes the files that a packed one was unpacked to.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out BlockRunner? runner))
            runner.Dispose();
        Close();
        Source.Dispose();
        GC.SuppressFinalize(this);
    }

    void ICanSaveModel.Save(ModelSaveContext context) => ModelFile.Save(context, this);

    /// <summary>Opens the bundle now, and not when the first row is read.</summary>
    internal void Open() => Return(Rent());

    internal SchemaShape ShapeAfter(SchemaShape input)
    {
        InputCheck.Shape(this, input);
        DataViewSchema.Builder builder = new();
        foreach (OutputColumn column in Outputs)
            builder.AddColumn(column.Name, column.Type);
        SchemaShape added = ModelFile.ShapeOf(builder.ToSchema());
        return new([.. input.Where(column => Outputs.All(output => output.Name != column.Name)), .. added]);
    }

    /// <summary>What computes blocks, for one pass at a time.</summary>
    internal BlockRunner Rent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _idle.TryTake(out BlockRunner? runner) ? runner : NewRunner();
    }

    internal void Return(BlockRunner runner)
    {
        if (_disposed)
            runner.Dispose();
        else
            _idle.Add(runner);
    }

    private protected abstract IReadOnlyList<OutputColumn> FindOutputs();

    private protected abstract BlockRunner NewRunner();

    private protected virtual void Close() { }
}
