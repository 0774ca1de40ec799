using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A foreign graph as a bundle has it: under our roles, with the shapes that passes need and the last step of a policy.</summary>
/// <param name="Source">The graph as it came.</param>
/// <param name="Model">The graph as it is used.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
/// <param name="Draws">
/// What its policy's numbers for each action are, if it gives such and not the action; null: it gives the action.
/// </param>
internal sealed record AdoptedGraph(
    ForeignGraph Source, OnnxModel Model, IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs, ActionScores? Draws)
{
    /// <summary>Whether it is another file than it was.</summary>
    public bool IsChanged => !Model.HasSameGraph(Source.Model);

    /// <summary>The file's name in the bundle.</summary>
    public string File => IsChanged ? $"{Source.Name}.adopted.onnx" : Source.File;

    /// <summary>The numbers that a policy gives for each numbered action, where it gives no action; null: it does.</summary>
    public static ForeignTensor? Scores(ForeignGraph graph, TensorRoles roles, bool isDiscrete)
    {
        if (graph.Name is not ("act" or "control" or "dream"))
            return null;
        if (graph.Outputs.Any(o => roles.Output(graph, o) == TensorRole.Action && o.Type == TensorType.Int64))
            return null;
        return graph.Outputs.FirstOrDefault(o => o is { Type: TensorType.Float32, Row.Count: 1 }
            && roles.Output(graph, o) == TensorRole.Logits)
            ?? (isDiscrete ? graph.Outputs.FirstOrDefault(o => o is { Type: TensorType.Float32, Row.Count: 1 }
                && roles.Output(graph, o) == TensorRole.Action) : null);
    }

    /// <summary>Gives a graph its roles.</summary>
    /// <exception cref="BundleException">A name does not tell enough.</exception>
    public static AdoptedGraph Of(ForeignGraph graph, TensorRoles roles, AdoptionOptions options, ActionSpec space, InitialStateOf initial)
    {
        List<TensorSpec> inputs = [.. graph.Inputs.Select(input => Input(graph, input, roles, initial))];
        ForeignTensor? scores = Scores(graph, roles, space.Kind == ActionKind.Discrete);
        List<TensorSpec> outputs = [.. graph.Outputs.Select(output => Output(graph, output, roles, isScores: output == scores))];
        OnnxModel model = ActionHead.NameBatch(graph.Model);
        ActionScores? draws = null;
        if (scores is not null)
        {
            draws = options.Scores ?? ScoresByName(graph, scores);
            (model, TensorSpec? noise, TensorSpec action) = ActionHead.Add(model, scores.Name, scores.Row[0], draws == ActionScores.Logits);
            if (noise is not null)
                inputs.Add(noise);
            outputs.Add(action);
        }
        return new(graph, InferredShapes.Complete(model), inputs, outputs, draws);
    }

    private static ActionScores ScoresByName(ForeignGraph graph, ForeignTensor scores)
    {
        string name = scores.Name.ToLowerInvariant();
        return name.Contains("logit") ? ActionScores.Logits
            : name is "q" || name.Contains("q_") || name.Contains("_q") || name.Contains("value")
            ? ActionScores.Values : throw new BundleException(
                $"'{graph.File}': output '{scores.Name}' has {scores.Row[0]} numbers, one for each action, and its name does not tell "
                + "which: give --scores logits (log-probabilities: an action is drawn), or --scores values (such as Q: the best is "
                + "taken).");
    }

    private static TensorSpec Input(ForeignGraph graph, ForeignTensor input, TensorRoles roles, InitialStateOf initial)
    {
        TensorRole role = roles.Input(graph, input);
        return Spec(input, role) with
        {
            Noise = role == TensorRole.Noise ? roles.Noise(graph, input) : null,
            Initial = role == TensorRole.State ? initial(input) : null,
        };
    }

    private static TensorSpec Output(ForeignGraph graph, ForeignTensor output, TensorRoles roles, bool isScores)
    {
        TensorRole role = isScores ? TensorRole.Logits : roles.Output(graph, output) ?? throw new BundleException(
            $"'{graph.File}': the name of output '{output.Name}' does not tell what it is for: give --role {output.Name}=ROLE, one of "
            + $"{string.Join(", ", Enum.GetNames<TensorRole>().Select(name => name.ToLowerInvariant()))}.");
        string? state = role == TensorRole.State ? roles.StateOf(output) ?? throw new BundleException(
            $"'{graph.File}': no state input fits output '{output.Name}': call it next_NAME, after the input that it becomes.") : null;
        return Spec(output, role) with { Feeds = state };
    }

    private static TensorSpec Spec(ForeignTensor tensor, TensorRole role) => new()
    {
        Name = tensor.Name, Role = role, Dtype = tensor.Type, Shape = ["batch", .. tensor.Row.Select(size => (Dim)size)],
    };
}

/// <summary>What a state is before the first step.</summary>
internal delegate InitialState InitialStateOf(ForeignTensor state);
