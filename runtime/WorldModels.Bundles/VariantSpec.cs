using System.Text.Json.Serialization;

namespace WorldModels.Bundles;

/// <summary>The numbers that a variant's graphs compute with inside; inputs and outputs are float32 in all.</summary>
[JsonConverter(typeof(NameConverter<Precision>))]
public enum Precision
{
    /// <summary>32-bit floating point: the plain graphs' numbers within rounding.</summary>
    Float32,
    /// <summary>
    /// 8-bit weights and activations in matrix products. The rows that run together share the scales of their activations, so that a row's
    /// numbers depend, by less than a step of 8 bits, on those beside it.
    /// </summary>
    Int8,
    /// <summary>16-bit floating point, for CUDA.</summary>
    Float16,
    /// <summary>16-bit floating point with the exponent of float32, for CUDA.</summary>
    BFloat16,
}

/// <summary>
/// Another form of a bundle's graphs: faster at some batch sizes, or in another precision. Each has the name and inputs of the plain graph
/// it stands for, and its outputs but those that a graph of the bundle computes from states alone (reward, continue).
/// </summary>
public sealed record VariantSpec
{
    /// <summary>The name that means: the fastest float32 form for the batch.</summary>
    public const string Auto = "auto";

    /// <summary>The name of the graphs as they were exported.</summary>
    public const string Plain = "plain";

    /// <summary>What it computes with.</summary>
    [JsonRequired]
    public Precision Precision { get; init; }

    /// <summary>
    /// The least batch at which <see cref="Auto"/> takes it, if it is of float32, or its precision's name (such as "int8"); null: it is
    /// taken by its own name alone.
    /// </summary>
    public int? LeastBatch { get; init; }

    /// <summary>The graphs it has, by the plain graph's name; the others are the plain ones.</summary>
    public required IReadOnlyDictionary<string, GraphSpec> Graphs { get; init; }

    /// <summary>Several steps of a graph in one file, by the graph's name; null: none.</summary>
    public IReadOnlyDictionary<string, UnrolledSpec>? Unrolled { get; init; }

    /// <summary>Its own parity tolerance, largest |a - b| / (1 + |b|); null: the bundle's.</summary>
    public double? Tolerance { get; init; }

    /// <summary>What it costs and gains, measured.</summary>
    public IReadOnlyDictionary<string, double>? Figures { get; init; }
}
