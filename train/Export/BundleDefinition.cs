using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train;

/// <summary>
/// One graph of a bundle: its signature, and its computation over any tensor. Run with numbers it is the reference; run with symbols it is
/// the export.
/// </summary>
public interface IGraphDefinition
{
    /// <summary>Inputs, in the order in which the graph lists them.</summary>
    IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>Outputs, in the order in which the graph lists them.</summary>
    IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>
    /// Builds the network from parameters <paramref name="p"/> and runs it: tensors by the names of <see cref="Inputs"/> to tensors by the
    /// names of <see cref="Outputs"/>.
    /// </summary>
    Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>;
}

/// <summary>What an algorithm ships.</summary>
public sealed record BundleDefinition
{
    public required string Algorithm { get; init; }
    public required string Environment { get; init; }
    public required ObservationSpec Observation { get; init; }
    public required ActionSpec Action { get; init; }

    /// <summary>Graphs by name (observe, imagine, act, value, control ...).</summary>
    public required IReadOnlyDictionary<string, IGraphDefinition> Graphs { get; init; }

    /// <summary>What a user must not expect of it, for the model card.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>Observations to start dreams and reference inputs from, (N, observation) row-major.</summary>
    public required float[] Starts { get; init; }

    /// <summary>How the runtime's planner plans in it unless told otherwise; null where nothing is planned.</summary>
    public PlannerSpec? Planner { get; init; }

    /// <summary>Names of the tasks among which hosts choose, the main one first; null where there is one task only.</summary>
    public IReadOnlyList<string>? Tasks { get; init; }

    /// <summary>The novelty that held-out play seldom exceeds; null where none was measured.</summary>
    public double? NoveltyThreshold { get; init; }

    /// <summary>Arrays that travel along, by file name (.npz) and by name in it.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, NpyArray>> Files { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, NpyArray>>();

    /// <summary>Steps of the environment that one action lasts.</summary>
    public int ActionRepeat { get; init; } = 1;
}
