using System.Text.Json;

namespace WorldModels.Bundles;

/// <summary>What a manifest must satisfy before anything trusts it. Every check adds a line that says expected against found.</summary>
internal static class ManifestCheck
{
    private static readonly TensorRole[] Single =
        [TensorRole.Observation, TensorRole.Action, TensorRole.Reward, TensorRole.Continue, TensorRole.IsFirst, TensorRole.Task,
            TensorRole.Novelty];

    /// <summary>What the JSON reader lets pass: another schema, repeated members, nulls.</summary>
    public static void Syntax(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new Utf8JsonReader(utf8);
        Stack<HashSet<string>> open = new Stack<HashSet<string>>();
        string member = "";
        int? schema = null;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open.Push([]);
                    break;
                case JsonTokenType.EndObject:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    member = reader.GetString()!;
                    if (!open.Peek().Add(member))
                        throw new JsonException($"member '{member}' appears twice in one object");
                    break;
                case JsonTokenType.Null:
                    throw new JsonException($"member '{member}' is null: leave it out instead");
                case JsonTokenType.Number when open.Count == 1 && member == "schema":
                    schema = reader.TryGetInt32(out int number) ? number : -1;
                    break;
            }
        }
        if (schema != Manifest.CurrentSchema)
        {
            string advice = schema > Manifest.CurrentSchema ? "update WorldModels.Runtime" : "export the bundle again";
            throw new InvalidDataException(
                $"expected manifest schema {Manifest.CurrentSchema}, found {schema?.ToString() ?? "none"}: {advice}.");
        }
    }

    /// <summary>Contradictions inside the manifest itself.</summary>
    public static List<string> Problems(Manifest manifest)
    {
        List<string> problems = new List<string>();
        if (manifest.Schema != Manifest.CurrentSchema)
            problems.Add($"expected manifest schema {Manifest.CurrentSchema}, found {manifest.Schema}");
        if (!Positive(manifest.Observation.Shape))
            problems.Add($"observation.shape must hold sizes of at least 1, found [{string.Join(", ", manifest.Observation.Shape)}]");
        if (manifest.Observation.Picture is { } picture
            && !(picture.Count == 3 && Positive(picture) && manifest.Observation.Shape is [var size] && TensorSpec.Product(picture) < size))
        {
            problems.Add($"observation.picture must be (channels, rows, columns) of fewer numbers than the flat observation.shape, found "
                + $"[{string.Join(", ", picture)}] and [{string.Join(", ", manifest.Observation.Shape)}]");
        }
        Action(manifest.Action, problems);
        Names("observation", manifest.Observation.Names, manifest.Observation.Size, problems);
        Names("action", manifest.Action.Names, manifest.Action.Count ?? TensorSpec.Product(manifest.Action.Shape ?? []), problems);
        if (manifest.Graphs.Count == 0)
            problems.Add("graphs is empty: a bundle has at least one graph");
        foreach (string name in manifest.Graphs.Keys.Concat(manifest.Variants?.Keys ?? []).Where(n => !IsPlainName(n)))
            problems.Add($"'{name}' names a graph or variant, and is part of file names: expected letters, digits, '-', '_' and '.'");
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            Graph(manifest, name, graph, problems);
            if (!manifest.Files.ContainsKey(graph.File) || BundleFiles.IsForeign(graph.File))
                problems.Add($"graph {name}: '{graph.File}' is not listed in files");
        }
        if (manifest.Parity is { } parity)
        {
            if (!manifest.Files.ContainsKey(parity.File) || BundleFiles.IsForeign(parity.File))
                problems.Add($"parity: '{parity.File}' is not listed in files");
            if (!(parity.Tolerance >= 0 && parity.NearTies >= 0))
                problems.Add("parity: tolerance and nearTies must be at least 0");
        }
        if (manifest.Tasks is { } tasks)
            Tasks(manifest, tasks, problems);
        if (manifest.NoveltyThreshold is { } threshold)
            Novelty(manifest, threshold, problems);
        if (manifest.ActionRepeat < 1)
            problems.Add($"actionRepeat must be at least 1, found {manifest.ActionRepeat}");
        if (manifest.Planner is { } planner)
            problems.AddRange(planner.Problems());
        States(manifest, problems);
        VariantCheck.Problems(manifest, problems);
        return problems;
    }

    private static void Tasks(Manifest manifest, IReadOnlyList<string> tasks, List<string> problems)
    {
        if (tasks.Count == 0 || tasks.Any(string.IsNullOrWhiteSpace) || tasks.Distinct().Count() < tasks.Count)
            problems.Add($"tasks must be different names, found [{string.Join(", ", tasks)}]");
        if (manifest.Graphs.Values.All(graph => graph.Input(TensorRole.Task) is null))
            problems.Add("tasks are named, and no graph has an input of role task by which to choose one");
    }

    private static void Novelty(Manifest manifest, double threshold, List<string> problems)
    {
        if (!double.IsFinite(threshold) || threshold < 0)
            problems.Add($"noveltyThreshold must be a finite number of at least 0, found {threshold}");
        if (manifest.Graphs.Values.All(graph => graph.Output(TensorRole.Novelty) is null))
            problems.Add("noveltyThreshold is given, and no graph has an output of role novelty to compare with it");
    }

    private static bool IsPlainName(string name) =>
        name.Length > 0 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool Positive(IReadOnlyList<int> shape) => shape.All(d => d > 0);

    private static void Action(ActionSpec action, List<string> problems)
    {
        if (action.Kind == ActionKind.Discrete)
        {
            if (action.Count is not > 0 || action.Shape is not null || action.Low is not null || action.High is not null)
                problems.Add("action: discrete needs a count of at least 1, and neither shape nor bounds");
        }
        else if (action.Count is not null || action.Shape is null || !Positive(action.Shape) || !action.HasBounds)
        {
            problems.Add("action: continuous needs a shape and low < high, and no count; lows and highs of each element, or neither");
        }
    }

    private static void Names(string space, IReadOnlyList<string>? names, int expected, List<string> problems)
    {
        if (names is not null && (names.Count != expected || names.Any(string.IsNullOrWhiteSpace)))
            problems.Add($"{space}.names must hold {expected} names or be left out, found [{string.Join(", ", names)}]");
    }

    private static void Graph(Manifest manifest, string name, GraphSpec graph, List<string> problems)
    {
        foreach (IGrouping<string, TensorSpec> duplicate in graph.Inputs.Concat(graph.Outputs).GroupBy(t => t.Name).Where(g => g.Count() > 1))
            problems.Add($"graph {name}: tensor name '{duplicate.Key}' appears {duplicate.Count()} times, expected once");
        Once(name, "inputs", graph.Inputs, problems);
        Once(name, "outputs", graph.Outputs, problems);
        foreach (TensorSpec tensor in graph.Inputs)
            Tensor(manifest, $"graph {name}: input '{tensor.Name}'", tensor, isInput: true, problems);
        foreach (TensorSpec tensor in graph.Outputs)
            Tensor(manifest, $"graph {name}: output '{tensor.Name}'", tensor, isInput: false, problems);
    }

    /// <summary>Roles that a host binds to one tensor of its own.</summary>
    private static void Once(string graph, string side, IReadOnlyList<TensorSpec> tensors, List<string> problems)
    {
        foreach (IGrouping<TensorRole, TensorSpec> role in tensors.GroupBy(t => t.Role).Where(g => g.Count() > 1 && Single.Contains(g.Key)))
        {
            string names = string.Join(", ", role.Select(t => $"'{t.Name}'"));
            string name = NameConverter<TensorRole>.Write(role.Key);
            problems.Add($"graph {graph}: expected at most one of role {name} among the {side}, found {names}");
        }
    }

    private static void Tensor(Manifest manifest, string where, TensorSpec tensor, bool isInput, List<string> problems)
    {
        void Expect(bool condition, string expected)
        {
            string role = NameConverter<TensorRole>.Write(tensor.Role);
            if (!condition)
                problems.Add($"{where} ({role}): expected {expected}, found {tensor.Describe()}");
        }

        if (tensor.Shape.Count == 0 || tensor.Shape[0].Name != "batch")
            Expect(false, "axis 0 named \"batch\"");
        if (tensor.Shape.Any(d => d.IsFixed ? d.Size < 1 : d.Name!.Length == 0))
            Expect(false, "sizes of at least 1");
        bool isScalar = tensor.Shape.Count is 1 or 2 && tensor.Shape.Skip(1).All(d => d == 1);
        bool isFloat = tensor.Dtype == TensorType.Float32;
        switch (tensor.Role)
        {
            case TensorRole.Observation:
                Expect(isFloat && Matches(tensor, manifest.Observation.Shape), Row(manifest.Observation.Shape));
                break;
            case TensorRole.Action when manifest.Action.Kind == ActionKind.Discrete:
                Expect(tensor.Dtype == TensorType.Int64 && isScalar, "int64 [batch], as the action space is discrete");
                break;
            case TensorRole.Action:
                Expect(isFloat && Matches(tensor, manifest.Action.Shape ?? []), Row(manifest.Action.Shape ?? []));
                break;
            case TensorRole.Noise:
                Expect(isFloat && isInput && tensor.Noise is not null, "a float32 input with its \"noise\" distribution");
                break;
            case TensorRole.Reward or TensorRole.Continue or TensorRole.Novelty:
                Expect(isFloat && isScalar && !isInput, "a float32 output [batch]");
                break;
            case TensorRole.Logits:
                Expect(isFloat && !isInput && tensor.Shape.Count > 1, "a float32 output [batch, ..., classes]");
                int axis = tensor.Axis ?? -1;
                Expect(axis < tensor.Shape.Count && axis >= 1 - tensor.Shape.Count && axis != 0, "an axis of classes, not the batch");
                break;
            case TensorRole.Value:
                Expect(isFloat && !isInput, "a float32 output");
                break;
            case TensorRole.IsFirst:
                Expect(isInput && isScalar, "an input [batch]");
                break;
            case TensorRole.Task:
                Expect(isInput && isScalar && tensor.Dtype == TensorType.Int64 && manifest.Tasks is not null,
                    "an int64 input [batch], and the tasks' names under \"tasks\"");
                break;
            case TensorRole.Setting:
                Expect(isFloat && isInput && tensor.Default is { } set && float.IsFinite(set), "a float32 input with its \"default\"");
                break;
            case TensorRole.State:
                if (isInput)
                    Expect(tensor.Initial is not null && tensor.Feeds is null, "a state input with \"initial\" and no \"feeds\"");
                else
                    Expect(tensor.Feeds is not null && tensor.Initial is null, "a state output with \"feeds\" and no \"initial\"");
                break;
        }
        if (tensor.Role != TensorRole.Noise)
            Expect(tensor.Noise is null && tensor.Stream is null, "no \"noise\" and no \"stream\"");
        if (tensor.Role != TensorRole.State)
            Expect(tensor.Initial is null && tensor.Feeds is null, "no \"initial\" and no \"feeds\"");
        if (tensor.Role != TensorRole.State || !isInput)
            Expect(tensor.Keep is null, "no \"keep\"");
        if (tensor.Role != TensorRole.Logits)
            Expect(tensor.Axis is null, "no \"axis\"");
        if (tensor.Role != TensorRole.Setting)
            Expect(tensor.Default is null, "no \"default\"");
    }

    private static string Row(IReadOnlyList<int> row) => $"float32 [{string.Join(", ", row.Select(d => $"{d}").Prepend("batch"))}]";

    private static bool Matches(TensorSpec tensor, IReadOnlyList<int> row) =>
        tensor.Shape.Skip(1).SequenceEqual(row.Select(size => new Dim(size)));

    /// <summary>A state is one thing in all graphs: inputs of one name agree, and each output that feeds it fits.</summary>
    private static void States(Manifest manifest, List<string> problems)
    {
        Dictionary<string, (string Graph, TensorSpec Tensor)> states = new Dictionary<string, (string Graph, TensorSpec Tensor)>();
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            foreach (TensorSpec input in graph.Inputs.Where(t => t.Role == TensorRole.State))
            {
                if (!states.TryGetValue(input.Name, out (string Graph, TensorSpec Tensor) first))
                {
                    states[input.Name] = (name, input);
                }
                else if (!Same(first.Tensor, input) || first.Tensor.Initial != input.Initial)
                {
                    problems.Add($"state '{input.Name}': graph {first.Graph} has {first.Tensor.Describe()} initial {first.Tensor.Initial}, "
                        + $"graph {name} has {input.Describe()} initial {input.Initial}; expected the same");
                }
                else if (KeptOf(first.Tensor) != KeptOf(input))
                {
                    problems.Add($"state '{input.Name}': graph {first.Graph} keeps {NameConverter<KeptSteps>.Write(KeptOf(first.Tensor))}, "
                        + $"graph {name} keeps {NameConverter<KeptSteps>.Write(KeptOf(input))}; expected the same");
                }
            }
        }
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            HashSet<string> fed = new HashSet<string>();
            foreach (TensorSpec output in graph.Outputs.Where(t => t is { Role: TensorRole.State, Feeds: not null }))
            {
                string where = $"graph {name}: output '{output.Name}' feeds '{output.Feeds}'";
                if (!states.TryGetValue(output.Feeds!, out (string Graph, TensorSpec Tensor) target))
                    problems.Add($"{where}, but no graph has a state input of that name; there are: {Listed(states.Keys)}");
                else if (!Same(target.Tensor, output))
                    problems.Add($"{where}: expected {target.Tensor.Describe()}, found {output.Describe()}");
                if (!fed.Add(output.Feeds!))
                    problems.Add($"{where}, as another output of this graph does");
            }
        }
    }

    private static KeptSteps KeptOf(TensorSpec state) => state.Keep ?? KeptSteps.EveryStep;

    private static bool Same(TensorSpec a, TensorSpec b) => a.Dtype == b.Dtype && a.Shape.SequenceEqual(b.Shape);

    internal static string Listed(IEnumerable<string> names) => names.DefaultIfEmpty("none").Aggregate((a, b) => $"{a}, {b}");
}
