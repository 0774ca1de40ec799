using Microsoft.ML;

namespace WorldModels.MLNet;

/// <summary>
/// Puts a bundle into a pipeline. It learns nothing: fitting checks the columns, and opens the bundle for the transformer, which is to be
/// disposed (ML.NET's chain of transformers does so with its parts).
/// </summary>
/// <typeparam name="TTransformer">What it fits.</typeparam>
public sealed class BundleEstimator<TTransformer> : IEstimator<TTransformer> where TTransformer : BundleTransformer
{
    private readonly Func<TTransformer> _make;
    private readonly TTransformer _checked;

    internal BundleEstimator(Func<TTransformer> make)
    {
        _make = make;
        _checked = make();
        _ = _checked.Outputs;
    }

    /// <summary>Checks the columns, and opens the bundle.</summary>
    /// <exception cref="Runtime.BundleException">A column is missing, or of another type or width than the bundle's.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _checked.GetOutputSchema(input.Schema);
        TTransformer transformer = _make();
        try
        {
            transformer.Open();
            return transformer;
        }
        catch
        {
            transformer.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="Fit" />
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return _checked.ShapeAfter(inputSchema);
    }
}
