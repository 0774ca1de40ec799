using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Onnx.Proto;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What an adopted bundle sees and does: as its graphs and its environment say, and as it was told.</summary>
internal static class AdoptedSpaces
{
    /// <summary>The observations.</summary>
    /// <exception cref="BundleException">Bounds are missing, or the environment shows something else.</exception>
    public static ObservationSpec Observation(AdoptionOptions options, EnvironmentSpec? environment, IReadOnlyList<int> shape)
    {
        if (Space(environment, observations: true) is Box box && !box.Shape.SequenceEqual(shape)
            && box.Size != shape.Aggregate(1, (a, b) => a * b))
        {
            throw new BundleException($"The graphs read observations ({string.Join(", ", shape)}), and environment "
                + $"'{environment!.Name}' shows ({string.Join(", ", box.Shape)}): give the --env that they were trained on.");
        }
        (double low, double high) = options.ObservationBounds ?? (Space(environment, observations: true) is Box own ? (own.Low, own.High)
            : throw new BundleException("The bounds of observations are not known, as the environment is none of ours: give "
                + "--observation-low and --observation-high (-inf and inf where there are none)."));
        int size = shape.Aggregate(1, (a, b) => a * b);
        IReadOnlyList<string> names = options.ObservationNames.Count > 0 ? options.ObservationNames : environment?.ObservationNames ?? [];
        return new()
        {
            Shape = shape,
            Low = Math.Max(low, float.MinValue),
            High = Math.Min(high, float.MaxValue),
            Names = names.Count == 0 || (names.Count != size && options.ObservationNames.Count == 0) ? null : names,
        };
    }

    /// <summary>The actions, of which the graph that chooses or reads them gives the shape.</summary>
    /// <exception cref="BundleException">Count or bounds are missing, or contradict the graphs or the environment.</exception>
    public static ActionSpec Action(
        AdoptionOptions options, EnvironmentSpec? environment, ForeignTensor? action, int? scores, bool endsInTanh)
    {
        Space? own = Space(environment, observations: false);
        bool isDiscrete = action is null ? scores is not null || options.ActionCount is not null : action.Type == TensorType.Int64;
        IReadOnlyList<string> names = options.ActionNames.Count > 0 ? options.ActionNames : environment?.ActionNames ?? [];
        if (isDiscrete)
        {
            if (options.ActionBounds is not null)
                throw new BundleException("The graphs have numbered actions: --action-low and --action-high are of real ones.");
            int count = options.ActionCount ?? (own is Discrete numbered ? numbered.N : scores) ?? throw new BundleException(
                "How many actions there are is not known: give --action-count.");
            if (scores is { } given && given != count)
            {
                string by = options.ActionCount is null && own is not null ? $"in environment '{environment!.Name}'" : "by --action-count";
                throw new BundleException(
                    $"The policy gives {given} numbers, and there are {count} actions {by}: they have to be as many.");
            }
            return ActionSpec.Discrete(count) with { Names = Fitting(names, count, options) };
        }
        if (action is null)
        {
            throw new BundleException("What an action is cannot be told from the graphs: give --action-count (numbered actions), or "
                + "--action-low and --action-high (real ones).");
        }

        if (options.ActionCount is not null)
        {
            throw new BundleException(
                $"'{action.Name}' holds real numbers: --action-count is of numbered actions; give --action-low and --action-high.");
        }

        int size = action.Row.Aggregate(1, (a, b) => a * b);
        if (own is not null && (own is not Box || own.Size != size))
        {
            throw new BundleException($"'{action.Name}' is {size} real numbers, and an action of environment '{environment!.Name}' is "
                + $"{(own is Box ? $"{own.Size}" : "a number of a list")}: give the --env that it was trained on, or, of a policy whose "
                + $"numbers are one for each action, --role {action.Name}=logits.");
        }
        if (options.ActionBounds is null && endsInTanh && own is Box box && (box.Low != -1 || box.High != 1))
        {
            throw new BundleException($"'{action.Name}' ends in a Tanh, so it lies in -1..1, and actions of environment "
                + $"'{environment!.Name}' in {box.Low}..{box.High}: give --action-low -1 --action-high 1 if they are to be "
                + $"stretched to these, or --action-low {box.Low} --action-high {box.High} if they are meant as they are.");
        }
        (double low, double high) = options.ActionBounds ?? (own is Box bounds ? (bounds.Low, bounds.High)
            : throw new BundleException("The bounds of actions are not known, as the environment is none of ours: give --action-low and "
                + "--action-high."));
        return ActionSpec.Continuous(action.Row, low, high) with { Names = Fitting(names, size, options) };
    }

    /// <summary>Whether a value is a Tanh's, whatever shape it was given afterwards.</summary>
    public static bool EndsInTanh(GraphProto graph, string value)
    {
        NodeProto? node = graph.Node.FirstOrDefault(node => node.Output.Contains(value));
        return node?.OpType == "Tanh"
            || (node?.OpType is "Identity" or "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten" && EndsInTanh(graph, node.Input[0]));
    }

    private static IReadOnlyList<string>? Fitting(IReadOnlyList<string> names, int count, AdoptionOptions options) =>
        names.Count == 0 || (names.Count != count && options.ActionNames.Count == 0) ? null : names;

    private static Space? Space(EnvironmentSpec? environment, bool observations) => environment switch
    {
        EnvironmentSpec<long> discrete when discrete.Make() is var made => observations ? made.ObservationSpace : made.ActionSpace,
        EnvironmentSpec<float> continuous when continuous.Make() is var made => observations ? made.ObservationSpace : made.ActionSpace,
        _ => null,
    };
}
