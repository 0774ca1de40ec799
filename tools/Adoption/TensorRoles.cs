using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Guesses what tensors of foreign graphs are for, by their names and by what is left over.</summary>
/// <param name="options">What is told.</param>
/// <param name="states">Names of the states of all graphs: inputs that are nothing else.</param>
internal sealed class TensorRoles(AdoptionOptions options, HashSet<string> states)
{
    // Graphs that see what the environment shows; the others know states alone.
    private static readonly string[] Seeing = ["act", "control", "observe"];

    private static readonly Dictionary<string, TensorRole> ByName = new()
    {
        ["observation"] = TensorRole.Observation, ["observations"] = TensorRole.Observation, ["obs"] = TensorRole.Observation,
        ["image"] = TensorRole.Observation, ["pixels"] = TensorRole.Observation, ["recon"] = TensorRole.Observation,
        ["reconstruction"] = TensorRole.Observation, ["decoded"] = TensorRole.Observation,
        ["action"] = TensorRole.Action, ["actions"] = TensorRole.Action, ["act"] = TensorRole.Action, ["mean"] = TensorRole.Action,
        ["mu"] = TensorRole.Action,
        ["noise"] = TensorRole.Noise, ["eps"] = TensorRole.Noise, ["epsilon"] = TensorRole.Noise, ["gumbel"] = TensorRole.Noise,
        ["first"] = TensorRole.IsFirst, ["isfirst"] = TensorRole.IsFirst, ["reset"] = TensorRole.IsFirst, ["starts"] = TensorRole.IsFirst,
        ["task"] = TensorRole.Task,
        ["reward"] = TensorRole.Reward, ["rewards"] = TensorRole.Reward,
        ["continue"] = TensorRole.Continue, ["cont"] = TensorRole.Continue, ["discount"] = TensorRole.Continue,
        ["logits"] = TensorRole.Logits, ["q"] = TensorRole.Logits, ["qvalues"] = TensorRole.Logits,
        ["novelty"] = TensorRole.Novelty, ["value"] = TensorRole.Value, ["values"] = TensorRole.Value, ["critic"] = TensorRole.Value,
        ["std"] = TensorRole.Other, ["logstd"] = TensorRole.Other, ["done"] = TensorRole.Other, ["terminal"] = TensorRole.Other,
    };

    // What a name may have besides, of a state that goes in and comes out.
    private static readonly string[] Ways = ["next", "new", "out", "in", "prev", "previous", "last", "old", "n", "0", "t"];

    /// <summary>The role of an input.</summary>
    public TensorRole Input(ForeignGraph graph, ForeignTensor input)
    {
        if (options.Roles.TryGetValue(input.Name, out TensorRole told))
            return told;
        bool sees = Seeing.Contains(graph.Name);
        TensorRole? named = Named(input.Name);
        if (named is TensorRole.Action or TensorRole.Noise or TensorRole.IsFirst || (named == TensorRole.Observation && sees))
            return named.Value;
        // A critic may read observations where there are no states that have the name.
        if (named == TensorRole.Observation && graph.Name is not ("imagine" or "dream") && !states.Contains(input.Name))
            return TensorRole.Observation;
        bool isAlone = graph.Inputs.All(i => i == input || Named(i.Name) is not null || Feeds(graph, i) is not null);
        bool unseen = sees && graph.Inputs.All(i => Named(i.Name) != TensorRole.Observation
            && options.Roles.GetValueOrDefault(i.Name, TensorRole.Other)
            != TensorRole.Observation);
        bool isSeen = unseen && isAlone && input.Type == TensorType.Float32 && Feeds(graph, input) is null && !states.Contains(input.Name);
        return isSeen ? TensorRole.Observation : TensorRole.State;
    }

    /// <summary>The role of an output; null where nothing tells.</summary>
    public TensorRole? Output(ForeignGraph graph, ForeignTensor output)
    {
        if (options.Roles.TryGetValue(output.Name, out TensorRole told))
            return told;
        if (StateOf(output) is not null)
            return TensorRole.State;
        TensorRole? named = Named(output.Name);
        if (named is not null and not (TensorRole.Noise or TensorRole.IsFirst))
            return named;
        bool isAlone = graph.Outputs.All(o => o == output || StateOf(o) is not null || Named(o.Name) is not null);
        return !isAlone ? null : graph.Name switch
        {
            "act" or "control" => TensorRole.Action,
            "decode" => TensorRole.Observation,
            "reward" => TensorRole.Reward,
            "continue" => TensorRole.Continue,
            "value" => TensorRole.Value,
            _ => null,
        };
    }

    /// <summary>The state that an output becomes; null: none.</summary>
    public string? StateOf(ForeignTensor output) => states.FirstOrDefault(state => state != output.Name && Core(state) == Core(output.Name)
        && (HasWay(output.Name) || HasWay(state)));

    /// <summary>The distribution of a noise input.</summary>
    /// <exception cref="BundleException">Nothing tells.</exception>
    public NoiseKind Noise(ForeignGraph graph, ForeignTensor input)
    {
        if (options.Noise.TryGetValue(input.Name, out NoiseKind told))
            return told;
        string name = input.Name.ToLowerInvariant();
        return name.Contains("gumbel") ? NoiseKind.Gumbel : name.Contains("gauss") || name.Contains("normal") ? NoiseKind.Gaussian
            : name.Contains("uniform") ? NoiseKind.Uniform : throw new BundleException(
                $"'{graph.File}': the name of input '{input.Name}' does not tell what noise it is: give --noise {input.Name}=gaussian, "
                + "gumbel or uniform.");
    }

    /// <summary>What a name says by itself: a word of it, or all of them as one.</summary>
    public static TensorRole? Named(string name)
    {
        string[] words = Words(name);
        return ByName.TryGetValue(string.Concat(words), out TensorRole whole) ? whole
            : words.Reverse().Select(word => ByName.TryGetValue(word, out TensorRole role) ? role : (TensorRole?)null)
                .FirstOrDefault(role => role is not null);
    }

    private static ForeignTensor? Feeds(ForeignGraph graph, ForeignTensor input) => graph.Outputs.FirstOrDefault(output =>
        output.Name != input.Name && Core(output.Name) == Core(input.Name) && (HasWay(output.Name) || HasWay(input.Name)));

    private static bool HasWay(string name) => Words(name).Any(Ways.Contains) || IsShort(name);

    private static string Core(string name) =>
        IsShort(name) ? name[..1].ToLowerInvariant() : string.Join('_', Words(name).Where(word => !Ways.Contains(word)));

    /// <summary>hn and h0, as recurrent layers call what goes out and in.</summary>
    private static bool IsShort(string name) => name.Length == 2 && name[1] is 'n' or '0';

    private static string[] Words(string name) =>
        name.ToLowerInvariant().Split(['_', '.', '/', '-', ':', ' '], StringSplitOptions.RemoveEmptyEntries);
}
