using WorldModels.Bundles;

namespace WorldModels.Onnx;

/// <summary>A bundle's graphs in another form, to be added by <see cref="BundleVariant"/>.</summary>
/// <param name="Facts">What the manifest says of it.</param>
/// <param name="Graphs">The graphs that the form changes.</param>
public sealed record BundleForm(VariantSpec Facts, IReadOnlyList<RewrittenGraph> Graphs)
{
    /// <summary>The rewritten graphs.</summary>
    public IReadOnlyCollection<OnnxModel> Models => [.. Graphs.Select(graph => graph.Model)];
}

/// <summary>One graph in another form.</summary>
/// <param name="Model">The graph, under the plain one's name.</param>
/// <param name="NodesBefore">Nodes of the plain one.</param>
/// <param name="Removed">Outputs that it leaves to graphs on states.</param>
public sealed record RewrittenGraph(OnnxModel Model, int NodesBefore, IReadOnlyList<string> Removed);

/// <summary>
/// The forms into which a bundle's graphs can be rewritten without training: exact ones for large and for small batches, which leave
/// rewards, continuations and values to graphs on states where there are such, and 16-bit ones.
/// </summary>
public static class BundleForms
{
    /// <summary>For batches from <see cref="ThroughputBatch"/> on.</summary>
    public const string Throughput = "throughput";

    /// <summary>For smaller ones.</summary>
    public const string Latency = "latency";

    /// <summary>Products of 16 bits, for CUDA.</summary>
    public const string Float16 = "float16";

    /// <inheritdoc cref="Float16"/>
    public const string BFloat16 = "bfloat16";

    /// <summary>Where <see cref="Throughput"/> begins to be faster than the graphs as they were exported.</summary>
    public const int ThroughputBatch = 16;

    // Twice what rounding every 16-bit value on its way gave at worst over the zoo's parity files: 1.4e-2 and 1.5e-1.
    private const double Float16Tolerance = 3e-2, BFloat16Tolerance = 3e-1;

    // What a graph may leave to a head: what nothing of a step, or of a decision, waits for.
    private static readonly Dictionary<string, TensorRole[]> Left = new()
    {
        ["dream"] = [TensorRole.Reward, TensorRole.Continue],
        ["imagine"] = [TensorRole.Reward, TensorRole.Continue],
        ["control"] = [TensorRole.Value],
    };

    /// <summary>Every form's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Throughput, Latency, Float16, BFloat16];

    /// <summary>Rewrites a bundle's graphs; null where the form would change none.</summary>
    /// <exception cref="InvalidDataException">A graph cannot be read, or its weights do not fit into the form's numbers.</exception>
    /// <param name="directory">The bundle.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="form">The form's name.</param>
    /// <param name="complete">Declares the shapes that a foreign graph leaves out; null: they are all there.</param>
    public static BundleForm? Make(string directory, Manifest manifest, string form, Func<OnnxModel, OnnxModel>? complete = null)
    {
        (Func<OnnxModel, OnnxModel> rewrite, VariantSpec facts) = Of(form);
        List<RewrittenGraph> graphs = [];
        foreach (string name in manifest.Graphs.Keys)
        {
            OnnxModel plain = BundleVariant.Load(directory, manifest, name);
            plain = complete?.Invoke(plain) ?? plain;
            string[] removed = facts.Precision == Precision.Float32 ? LeftToHeads(manifest, name) : [];
            OnnxModel model = Rewritten(directory, manifest.Graphs[name].File, SplitHeadsPass.Apply(plain, removed), rewrite);
            if (!model.HasSameGraph(plain))
                graphs.Add(new(model, plain.NodeCount, removed));
        }
        return graphs.Count == 0 ? null : new(facts, graphs);
    }

    /// <summary>Outputs that a graph may leave to another one, which computes them from states alone.</summary>
    public static string[] LeftToHeads(Manifest manifest, string graph) =>
    [
        .. manifest.Graphs[graph].Outputs
            .Where(output => Left.GetValueOrDefault(graph, []).Contains(output.Role) && manifest.Head(output.Role) is not null)
            .Select(output => output.Name),
    ];

    private static (Func<OnnxModel, OnnxModel> Rewrite, VariantSpec Facts) Of(string form)
    {
        VariantSpec exact = new() { Precision = Precision.Float32, Graphs = new Dictionary<string, GraphSpec>() };
        return form switch
        {
            Throughput => (ExactForms.Throughput, exact with { LeastBatch = ThroughputBatch }),
            Latency => (ExactForms.Latency, exact with { LeastBatch = 1 }),
            Float16 => (Half(HalfType.Float16), exact with { Precision = Precision.Float16, Tolerance = Float16Tolerance }),
            BFloat16 => (Half(HalfType.BFloat16), exact with { Precision = Precision.BFloat16, Tolerance = BFloat16Tolerance }),
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, $"There are {string.Join(", ", Names)}."),
        };

        static Func<OnnxModel, OnnxModel> Half(HalfType type) => model => PrecisionPass.Apply(ExactForms.Latency(model), type);
    }

    private static OnnxModel Rewritten(string directory, string file, OnnxModel model, Func<OnnxModel, OnnxModel> rewrite)
    {
        try
        {
            return rewrite(model);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path.Combine(directory, file)}: {e.Message}", e);
        }
    }
}
