using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Train.Distillation;

/// <summary>
/// A forest as an ordinary bundle: graph <c>act</c>, or <c>control</c> where a decision looks at several observations, of which the graph
/// then carries those seen before as its state.
/// </summary>
/// <param name="teacher">The teacher's manifest.</param>
/// <param name="environment">The environment it plays in.</param>
/// <param name="options">How it was learnt.</param>
internal sealed class ForestBundle(Manifest teacher, string environment, DistillOptions options)
{
    private const int Opset = 17;

    private int Size => teacher.Observation.Size;

    private string Name => options.History == 1 ? "act" : "control";

    /// <summary>Writes a bundle and its reference.</summary>
    /// <param name="directory">An empty folder.</param>
    /// <param name="forest">The trees.</param>
    /// <param name="starts">Observations (N, O) that the reference is made of.</param>
    /// <param name="training">How it was trained, for the card.</param>
    public void Write(string directory, Forest forest, float[] starts, TrainingSpec? training)
    {
        Directory.CreateDirectory(directory);
        ModelWriter.WriteBundle(directory, [Draw(forest)]);
        Npz.Write(Path.Combine(directory, "starts.npz"), new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(starts, [starts.Length / Size, .. teacher.Observation.Shape]),
        });
        Manifest manifest = new Manifest
        {
            Name = $"{environment}-{Names[options.Learner]}",
            Algorithm = "distill",
            Environment = environment,
            Opset = Opset,
            Observation = teacher.Observation,
            Action = teacher.Action,
            ActionRepeat = teacher.ActionRepeat,
            Graphs = new Dictionary<string, GraphSpec> { [Name] = new() { File = $"{Name}.onnx", Inputs = Inputs, Outputs = Outputs } },
            Training = training,
        };
        if (training is not null)
            File.WriteAllText(Path.Combine(directory, "README.md"), ModelCard.Write(manifest, Limits));
        (manifest with { Files = Manifest.HashFiles(directory) }).Save(directory);
        Npz.Write(Path.Combine(directory, "parity.npz"), BundleReference.Record(directory, starts));
        (manifest with { Parity = new() { Horizon = BundleReference.Horizon }, Files = Manifest.HashFiles(directory) }).Save(directory);
    }

    /// <summary>What a bundle gives for rows: actions, or the scores of numbered ones.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="rows">Rows (N) of k observations, which it is shown one after another.</param>
    public static IReadOnlyList<float[]> Answers(string directory, IReadOnlyList<float[]> rows)
    {
        using Controller controller = Controller.Load(directory, new() { Batch = rows.Count, Deterministic = true });
        ActionSpec action = controller.Manifest.Action;
        int size = controller.Manifest.Observation.Size;
        float[] numbers = new float[rows.Count * action.Size];
        for (int at = 0; at < rows[0].Length; at += size)
        {
            float[] observations = [.. rows.SelectMany(row => row[at..(at + size)])];
            if (action.Kind == ActionKind.Discrete)
                controller.Act(observations, new long[rows.Count]);
            else
                controller.Act(observations, numbers);
        }
        float[] answers = action.Kind == ActionKind.Discrete ? controller.Logits.ToArray() : numbers;
        int width = answers.Length / rows.Count;
        return [.. Enumerable.Range(0, rows.Count).Select(i => answers[(i * width)..((i + 1) * width)])];
    }

    /// <summary>What users call the learners.</summary>
    public static IReadOnlyDictionary<TreeLearner, string> Names { get; } = new Dictionary<TreeLearner, string>
    {
        [TreeLearner.FastForest] = "fast-forest", [TreeLearner.FastTree] = "fast-tree", [TreeLearner.LightGbm] = "lightgbm",
    };

    private IReadOnlyList<string> Limits =>
    [
        $"It imitates `{teacher.Name}`, and is at best as good. Where that never was, it answers with the nearest leaf.",
        "Its actions are steps, not smooth: a motor may need a filter.",
        .. options.History > 1 ? [$"It looks at the last {options.History} observations; before an episode they are zeros."] : Array.Empty<string>(),
    ];

    private IReadOnlyList<TensorSpec> Inputs =>
    [
        new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", .. teacher.Observation.Shape.Select(d => (Dim)d)] },
        .. options.History == 1 ? Array.Empty<TensorSpec>() : [History("seen") with { Initial = InitialState.Zeros }],
    ];

    private IReadOnlyList<TensorSpec> Outputs =>
    [
        .. teacher.Action.Kind == ActionKind.Discrete
            ? (TensorSpec[])
            [
                new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
                new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", teacher.Action.Count!.Value], Axis = 1 },
            ]
            : [new() { Name = "action", Role = TensorRole.Action, Shape = ["batch", .. teacher.Action.Shape!.Select(d => (Dim)d)] }],
        .. options.History == 1 ? Array.Empty<TensorSpec>() : [History("next_seen") with { Feeds = "seen" }],
    ];

    private TensorSpec History(string name) =>
        new() { Name = name, Role = TensorRole.State, Shape = ["batch", (options.History - 1) * Size] };

    private OnnxModel Draw(Forest forest)
    {
        Graph graph = new Graph(Name, Opset);
        graph.Metadata["worldmodels.algorithm"] = "distill";
        graph.Metadata["worldmodels.environment"] = environment;
        Symbol observation = graph.Input("observation", DType.Float32, ["batch", .. teacher.Observation.Shape.Select(d => (AxisSize)d)]);
        Symbol row = observation.Reshape(Axis.Keep, Size);                              // (B, O)
        if (options.History > 1)
            row = graph.Input("seen", DType.Float32, "batch", (options.History - 1) * Size).Concat(row);     // (B, k O)
        Symbol scores = forest.Apply(row);                                                                      // (B, A), or (B, C)
        if (teacher.Action.Kind == ActionKind.Discrete)
        {
            graph.Output("action", scores.ArgMax(1));
            graph.Output("logits", scores);
        }
        else
        {
            graph.Output("action", Bounded(scores));
        }
        if (options.History > 1)
            graph.Output("next_seen", row.Slice(1, Size, int.MaxValue));
        return graph.Build();
    }

    /// <summary>Actions (B, ...shape) within the bounds of each number.</summary>
    private Symbol Bounded(Symbol scores)
    {
        ActionSpec space = teacher.Action;
        Symbol within = space.Lows is null ? scores.Clamp(space.Low!.Value, space.High!.Value) : Symbol.Concat(1,
            [.. Enumerable.Range(0, space.Size).Select(i => scores.Slice(1, i, i + 1).Clamp(space.LowOf(i), space.HighOf(i)))]);
        return space.Shape!.Count == 1 ? within : within.Reshape([Axis.Keep, .. space.Shape]);
    }
}
