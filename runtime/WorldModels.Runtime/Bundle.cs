using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace WorldModels.Runtime;

/// <summary>A checked bundle and its open sessions. Thread-safe; a session is opened once, at its first use.</summary>
internal sealed class Bundle : IDisposable
{
    private readonly RuntimeOptions options;
    private readonly ConcurrentDictionary<string, Graph> graphs = new();
    private readonly object gate = new();
    private readonly Lazy<Starts?> starts;
    private bool disposed;

    public Bundle(string directory, RuntimeOptions? options)
    {
        this.options = options ?? new();
        ExecutionProviders.Candidates(this.options.Provider); // An unknown name is said before anything is read.
        Directory = directory;
        Manifest = Manifest.Load(directory, this.options.VerifyHashes);
        starts = new(() => Starts.Load(directory, Manifest));
    }

    public string Directory { get; }

    public Manifest Manifest { get; }

    /// <summary>Set by the first session.</summary>
    public ProviderReport? Report { get; private set; }

    /// <summary>The bundle's recorded starts, or null.</summary>
    public Starts? Starts => starts.Value;

    public bool Has(string graph) => Manifest.Graphs.ContainsKey(graph);

    /// <summary>A graph by name, open and checked against the manifest.</summary>
    public Graph Open(string name)
    {
        if (graphs.TryGetValue(name, out var open)) return open;
        if (!Manifest.Graphs.TryGetValue(name, out var spec))
            throw new BundleException($"Bundle '{Directory}' has no graph '{name}'; it has: {ManifestCheck.Listed(Manifest.Graphs.Keys)}.");
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (graphs.TryGetValue(name, out open)) return open;
            var session = OpenSession(spec.File);
            var problems = Graph.Problems(name, spec, session);
            if (problems.Count > 0)
            {
                session.Dispose();
                throw BundleException.Of($"Bundle '{Directory}', {spec.File} is not what the manifest says", problems);
            }
            return graphs[name] = new Graph(name, spec, session);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var graph in graphs.Values) graph.Session.Dispose();
            graphs.Clear();
        }
    }

    private InferenceSession OpenSession(string file)
    {
        string path = Path.Combine(Directory, file);
        var passedOver = new Dictionary<string, string>();
        // The first session decides for all: graphs of one bundle run in one place.
        foreach (string provider in Report is { } decided ? [decided.Chosen] : ExecutionProviders.Candidates(options.Provider))
        {
            try
            {
                var session = Open(path, provider, file);
                Report ??= new(options.Provider.ToLowerInvariant(), provider, passedOver);
                return session;
            }
            catch (ProviderException e)
            {
                passedOver.Add(provider, e.Message);
            }
        }
        throw new BundleException($"Execution provider {string.Join("; ", passedOver.Values)}.");
    }

    private InferenceSession Open(string path, string provider, string file)
    {
        try
        {
            return ExecutionProviders.Open(path, provider, options);
        }
        catch (OnnxRuntimeException e) when (provider != "cpu" && OpensOnCpu(path))
        {
            throw new ProviderException(ExecutionProviders.Explain(provider, e.Message), e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"Bundle '{Directory}': {file} cannot be opened by ONNX Runtime ({e.Message.Split('\n')[0].Trim()}). "
                + "If the file or its weights are damaged or cut short, copy the bundle again, or export it again.", e);
        }
    }

    private bool OpensOnCpu(string path)
    {
        try
        {
            ExecutionProviders.Open(path, "cpu", options).Dispose();
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }
}

/// <summary>A graph's part of the manifest and its session.</summary>
internal sealed record Graph(string Name, GraphSpec Spec, InferenceSession Session)
{
    /// <summary>Where a session's tensors differ from the manifest's.</summary>
    public static List<string> Problems(string name, GraphSpec spec, InferenceSession session)
    {
        var problems = new List<string>();
        Compare($"graph {name}: input", spec.Inputs, session.InputMetadata, problems);
        Compare($"graph {name}: output", spec.Outputs, session.OutputMetadata, problems);
        return problems;
    }

    private static void Compare(string where, IReadOnlyList<TensorSpec> expected, IReadOnlyDictionary<string, NodeMetadata> found,
        List<string> problems)
    {
        foreach (var tensor in expected)
        {
            if (!found.TryGetValue(tensor.Name, out var node))
                problems.Add($"{where} '{tensor.Name}' is not in the graph, which has: {ManifestCheck.Listed(found.Keys)}");
            else if (!node.IsTensor || !Fits(tensor, node))
                problems.Add($"{where} '{tensor.Name}': manifest says {tensor.Describe()}, the graph has {Describe(node)}");
        }
        foreach (string extra in found.Keys.Where(n => expected.All(t => t.Name != n)))
            problems.Add($"{where} '{extra}' is in the graph ({Describe(found[extra])}) but not in the manifest");
    }

    private static bool Fits(TensorSpec tensor, NodeMetadata node)
    {
        if (node.ElementDataType != Tensors.ElementType(tensor.Dtype)) return false;
        int[] dims = node.Dimensions;
        if (dims.Length == 0) return true; // Shape inference did not reach this output.
        if (dims.Length != tensor.Shape.Count) return false;
        for (int i = 0; i < dims.Length; i++)
        {
            bool isFixed = dims[i] >= 0;
            if (isFixed && (!tensor.Shape[i].IsFixed || tensor.Shape[i].Size != dims[i])) return false;
        }
        return true;
    }

    private static string Describe(NodeMetadata node)
    {
        if (!node.IsTensor) return node.OnnxValueType.ToString();
        var dims = node.Dimensions.Select((d, i) => d >= 0 ? $"{d}" : node.SymbolicDimensions[i] is { Length: > 0 } n ? n : "?");
        string type = node.ElementDataType == TensorElementType.Float ? "float32" : node.ElementDataType.ToString().ToLowerInvariant();
        return $"{type} [{string.Join(", ", dims)}]";
    }
}
