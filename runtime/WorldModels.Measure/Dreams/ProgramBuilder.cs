using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>
/// Writes down as a <see cref="RolloutProgram"/> what the runtime does with a bundle's graphs at a level: the same roles, in the same
/// order.
/// </summary>
internal sealed class ProgramBuilder
{
    /// <summary>Names of values: those of their roles.</summary>
    public const string Action = "action", Reward = "reward", Continue = "continue", Value = "value", Observation = "observation";

    private readonly string _directory;
    private readonly Manifest _manifest;
    private readonly List<string> _states = [], _start = [], _given = [], _fixed = [];
    private readonly HashSet<string> _made = [];    // what a step made already
    private readonly Dictionary<string, (string, TensorSpec)> _inputs = [];
    private readonly string? _observationState;

    private ProgramBuilder(string directory, Manifest manifest, IEnumerable<string> graphs)
    {
        (_directory, _manifest) = (directory, manifest);
        foreach (string graph in graphs.Where(manifest.Graphs.ContainsKey))
        {
            foreach (TensorSpec state in manifest.Graphs[graph].Inputs.Where(t => t.Role == TensorRole.State))
            {
                if (_inputs.TryAdd(State(state.Name), (graph, state)))
                    _states.Add(State(state.Name));
                bool seen = state.Dtype == TensorType.Float32
                    && state.Shape.Skip(1).Select(d => d.Size).SequenceEqual(manifest.Observation.Shape);
                if (seen)
                    _observationState ??= state.Name;
            }
        }
    }

    /// <summary>The name of a state.</summary>
    public static string State(string name) => $"state/{name}";

    /// <summary>What a dream computes at a level.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="level">How much of it.</param>
    /// <param name="horizon">T.</param>
    public static RolloutProgram Dream(string directory, Manifest manifest, BenchmarkLevel level, int horizon)
    {
        string[] step = level == BenchmarkLevel.Latent ? ["imagine"] : manifest.DreamGraphs;
        string[] observe = level == BenchmarkLevel.EndToEnd && manifest.Graphs.ContainsKey("observe") ? ["observe"] : [];
        ProgramBuilder builder = new(directory, manifest, ["observe", .. step]);
        bool heads = level != BenchmarkLevel.Latent;
        bool frames = level is BenchmarkLevel.Pixels or BenchmarkLevel.EndToEnd && BenchmarkLevels.HasDecoder(manifest);
        TensorRole[] arrivals = heads ? [TensorRole.Reward, TensorRole.Continue] : [];
        bool InStep(TensorRole head) => arrivals.Contains(head) && step.Any(graph => manifest.Graphs[graph].Output(head) is not null);
        if (!step.Any(graph => manifest.Graphs[graph].Output(TensorRole.Action) is not null))
            builder._given.Add(Action);
        GraphCall[] before = [.. observe.Select(graph => builder.Call(graph, [TensorRole.State], before: true))];
        GraphCall[] steps = [.. step.Select(graph => builder.Call(graph, [TensorRole.State, TensorRole.Action, .. arrivals]))];
        GraphCall[] onStates = [.. BenchmarkLevels.Heads.Where(head => heads && !InStep(head)).Append(TensorRole.Observation)
            .Where(head => head != TensorRole.Observation || frames)
            .Where(head => manifest.Head(head) is not null)
            .Select(head => builder.Call(manifest.Head(head)!, [head]))];
        return builder.Build(horizon) with
        {
            Before = before,
            // Rewards and continuations belong to arrivals; the first state has a value and an observation as well.
            First = [.. onStates.Where(call => call.Outputs.Values.All(value => value is Value or Observation))],
            Step = [.. steps, .. onStates],
        };
    }

    /// <summary>One graph of states alone.</summary>
    public static RolloutProgram Decoder(string directory, Manifest manifest)
    {
        ProgramBuilder builder = new(directory, manifest, ["decode"]);
        GraphCall decode = builder.Call("decode", [TensorRole.Observation]);
        return builder.Build(steps: 1) with { Step = [decode] };
    }

    /// <summary>A decision: the policy's graphs, the state and the action carried on.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="manifest">Its manifest.</param>
    public static RolloutProgram Control(string directory, Manifest manifest)
    {
        ProgramBuilder builder = new(directory, manifest, manifest.PolicyGraphs);
        GraphCall[] calls =
            [.. manifest.PolicyGraphs.Select(graph => builder.Call(graph, [TensorRole.State, TensorRole.Action], control: true))];
        return builder.Build(steps: 1) with { Step = calls };
    }

    private RolloutProgram Build(int steps) => new()
    {
        Steps = steps,
        Start = [.. _states, .. _start],
        Given = _given,
        Fixed = _fixed,
        Inputs = _inputs,
    };

    private GraphCall Call(string graph, IReadOnlyList<TensorRole> wanted, bool before = false, bool control = false)
    {
        GraphSpec spec = _manifest.Graphs[graph];
        Dictionary<string, string> inputs = spec.Inputs.ToDictionary(t => t.Name, t => Input(graph, t, before, control));
        Dictionary<string, string> outputs = [];
        foreach (TensorSpec output in spec.Outputs.Where(t => wanted.Contains(t.Role)))
        {
            string name = output.Role == TensorRole.State ? State(output.Feeds!) : output.Role.ToString().ToLowerInvariant();
            // The first of a role counts, as in the runtime.
            if (outputs.ContainsValue(name) || (output.Role == TensorRole.State && !_states.Contains(name)))
                continue;
            outputs.Add(output.Name, name);
            if (!before)
                _made.Add(name);
        }
        return new(graph, Path.GetFullPath(Path.Combine(_directory, spec.File)), inputs, outputs);
    }

    private string Input(string graph, TensorSpec tensor, bool before, bool control)
    {
        string own = $"{graph}/{tensor.Name}";
        switch (tensor.Role)
        {
            case TensorRole.State:
                return State(tensor.Name);
            case TensorRole.Action when before:
                return Place(_start, $"start/{own}", graph, tensor);
            case TensorRole.Action when _given.Contains(Action) || (_made.Contains(Action) && !_states.Contains(Action)):
                _inputs.TryAdd(Action, (graph, tensor));
                return Action;
            case TensorRole.Action: // A policy reads its previous one, which each step hands on.
                if (!_states.Contains(Action))
                    _states.Add(Action);
                _inputs.TryAdd(Action, (graph, tensor));
                return Action;
            case TensorRole.Observation when !before && !control && _observationState is not null:
                return State(_observationState);
            case TensorRole.Observation or TensorRole.IsFirst or TensorRole.Noise when before:
                return Place(_start, $"start/{own}", graph, tensor);
            case TensorRole.Noise:
                return Place(_given, $"noise/{own}", graph, tensor);
            case TensorRole.Observation or TensorRole.IsFirst or TensorRole.Setting:
            case TensorRole.Task:       // all rows have the first one, 0
                return Place(_fixed, $"fixed/{own}", graph, tensor);
            default:
                throw new BundleException($"Graph {graph} reads '{tensor.Name}' ({tensor.Role.ToString().ToLowerInvariant()}), "
                    + "which a benchmark cannot supply.");
        }
    }

    private string Place(List<string> names, string name, string graph, TensorSpec tensor)
    {
        if (_inputs.TryAdd(name, (graph, tensor)))
            names.Add(name);
        return name;
    }
}
