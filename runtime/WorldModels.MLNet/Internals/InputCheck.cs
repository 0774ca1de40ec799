using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.MLNet.Internals;

/// <summary>Whether data have the columns that a bundle reads, before a row is read.</summary>
internal static class InputCheck
{
    /// <summary>Checks a schema.</summary>
    /// <exception cref="BundleException">A column is missing, or of another type or width.</exception>
    public static void Columns(BundleTransformer transformer, DataViewSchema schema)
    {
        IEnumerable<string> names = schema.Where(column => !column.IsHidden).Select(column => column.Name);
        DataViewSchema.Column observation = schema.GetColumnOrNull(transformer.Observation)
            ?? throw Missing(transformer.Observation, "observations", names);
        ObservationSpec spec = transformer.Source.Manifest.Observation;
        bool fits = observation.Type switch
        {
            VectorDataViewType vector => IsObservation(vector.ItemType, spec) && vector.Size == spec.Size,
            _ => observation.Type == NumberDataViewType.Single && spec.Size == 1,
        };
        if (!fits)
            throw Wrong(transformer, $"{observation.Type}");
        if (transformer.Episode is not { } name)
            return;
        DataViewSchema.Column episode = schema.GetColumnOrNull(name) ?? throw Missing(name, "episodes", names);
        if (!EpisodeMarks.Takes(episode.Type))
            throw WrongEpisode(name, $"{episode.Type}");
    }

    /// <summary>Checks what ML.NET knows of columns while a pipeline is put together: no widths.</summary>
    /// <inheritdoc cref="Columns" />
    public static void Shape(BundleTransformer transformer, SchemaShape shape)
    {
        IEnumerable<string> names = shape.Select(column => column.Name);
        SchemaShape.Column observation = Find(shape, transformer.Observation)
            ?? throw Missing(transformer.Observation, "observations", names);
        ObservationSpec spec = transformer.Source.Manifest.Observation;
        bool isVector = observation.Kind == SchemaShape.Column.VectorKind.Vector;
        if (isVector ? !IsObservation(observation.ItemType, spec) : observation.ItemType != NumberDataViewType.Single || spec.Size > 1)
            throw Wrong(transformer, isVector ? $"Vector<{observation.ItemType}>" : $"{observation.ItemType}");
        if (transformer.Episode is not { } name)
            return;
        SchemaShape.Column episode = Find(shape, name) ?? throw Missing(name, "episodes", names);
        if (episode.Kind != SchemaShape.Column.VectorKind.Scalar || !EpisodeMarks.Takes(episode.ItemType))
            throw WrongEpisode(name, $"{episode.ItemType}");
    }

    private static SchemaShape.Column? Find(SchemaShape shape, string name) =>
        shape.Where(column => column.Name == name).Select(column => (SchemaShape.Column?)column).LastOrDefault();

    /// <summary>Bytes are what images are kept as.</summary>
    private static bool IsObservation(DataViewType item, ObservationSpec spec) =>
        item == NumberDataViewType.Single || (item == NumberDataViewType.Byte && spec.Shape.Count > 1);

    private static BundleException Missing(string column, string what, IEnumerable<string> names) => new(
        $"There is no column '{column}' of {what}: the data have {string.Join(", ", names)}. "
        + "Name one of these, or add it before this step.");

    private static BundleException Wrong(BundleTransformer transformer, string found)
    {
        ObservationSpec spec = transformer.Source.Manifest.Observation;
        string expected = $"Vector<Single, {spec.Size}>{(spec.Size == 1 ? " or Single" : "")}"
            + $"{(spec.Shape.Count > 1 ? $" or Vector<Byte, {spec.Size}>" : "")}";
        string numbers = spec.Names is { } names ? string.Join(", ", names) : $"shape {string.Join(" x ", spec.Shape)}";
        return new($"Column '{transformer.Observation}' is {found}, and the observations of bundle '{transformer.Source.Path}' are "
            + $"{expected} ({numbers}). Bring it to that with ConvertType or Concatenate, or name another column.");
    }

    private static BundleException WrongEpisode(string column, string found) => new($"Column '{column}' is {found}, and episodes are told "
        + "apart by numbers, text, keys or Booleans, one a row. Name another column.");
}
