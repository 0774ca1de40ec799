using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>A checked bundle and its open sessions. Thread-safe; a session is opened once, at its first use.</summary>
internal sealed class Bundle : IDisposable
{
    private readonly RuntimeOptions _options;
    private readonly ConcurrentDictionary<string, Graph> _graphs = new();
    private readonly object _gate = new();
    private readonly Lazy<Starts?> _starts;
    private bool _disposed;

    public Bundle(string directory, RuntimeOptions? options)
    {
        _options = options ?? new();
        // What the caller got wrong is said before anything is read.
        ExecutionProviders.Candidates(_options.Provider);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Threads);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Device);
        Directory = directory;
        Manifest = Manifest.Load(directory, _options.VerifyHashes);
        _starts = new(() => Starts.Load(directory, Manifest));
    }

    public string Directory { get; }

    public Manifest Manifest { get; }

    /// <summary>Set by the first session.</summary>
    public ProviderReport? Report { get; private set; }

    /// <summary>The bundle's recorded starts, or null.</summary>
    public Starts? Starts => _starts.Value;

    public bool Has(string graph) => Manifest.Graphs.ContainsKey(graph);

    /// <summary>A graph by name, open and checked against the manifest.</summary>
    public Graph Open(string name)
    {
        if (_graphs.TryGetValue(name, out var open)) return open;
        if (!Manifest.Graphs.TryGetValue(name, out var spec))
            throw new BundleException($"Bundle '{Directory}' has no graph '{name}'; it has: {ManifestCheck.Listed(Manifest.Graphs.Keys)}.");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_graphs.TryGetValue(name, out open)) return open;
            var session = OpenSession(spec.File);
            var problems = Graph.Problems(name, spec, session);
            if (problems.Count > 0)
            {
                session.Dispose();
                throw BundleException.Of($"Bundle '{Directory}', {spec.File} is not what the manifest says", problems);
            }
            return _graphs[name] = new Graph(name, spec, session);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var graph in _graphs.Values) graph.Session.Dispose();
            _graphs.Clear();
        }
    }

    private InferenceSession OpenSession(string file)
    {
        string path = Path.Combine(Directory, file);
        var passedOver = new Dictionary<string, string>();
        // The first session decides for all: graphs of one bundle run in one place.
        foreach (string provider in Report is { } decided ? [decided.Chosen] : ExecutionProviders.Candidates(_options.Provider))
        {
            try
            {
                var session = Open(path, provider, file);
                Report ??= new(_options.Provider.ToLowerInvariant(), provider, passedOver);
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
            return ExecutionProviders.Open(path, provider, _options);
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
            ExecutionProviders.Open(path, "cpu", _options).Dispose();
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }
}
