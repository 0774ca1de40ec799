using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// A checked bundle and its open sessions. Thread-safe; a session is opened once, at its first use. After Dispose nothing new begins, and
/// the sessions are closed when the last lease is given back: whoever opens or runs one holds a lease meanwhile.
/// </summary>
internal sealed class Bundle : IDisposable
{
    private readonly RuntimeOptions _options;
    private readonly ConcurrentDictionary<(string Name, string Form, int Core), GraphSession> _graphs = new();
    private readonly object _gate = new();
    private readonly IReadOnlyDictionary<string, VariantSpec> _family;
    private readonly Lazy<Starts?> _starts;
    private readonly SharedWeights _weights = new();
    private readonly Dictionary<string, (long Length, DateTime Written)> _stamps;
    private int _leases = 1; // One is the owner's.
    private int _disposed;

    public Bundle(string directory, RuntimeOptions? options)
    {
        _options = options ?? new();
        // What the caller got wrong is said before anything is read.
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(_options.Provider, nameof(options));
        ArgumentNullException.ThrowIfNull(_options.Variant, nameof(options));
        ExecutionProviders.Candidates(_options.Provider);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Threads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.Threads, SizeCheck.MostThreads);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Device);
        Directory = directory;
        Manifest = BundleException.Reading(() => Manifest.Load(directory, _options.VerifyHashes));
        if (_options.Variant is not (VariantSpec.Auto or VariantSpec.Plain) && Manifest.Variants?.ContainsKey(_options.Variant) != true)
        {
            throw new BundleException($"Bundle '{directory}' has no variant '{_options.Variant}'; it has: "
                + $"{ManifestCheck.Listed([VariantSpec.Plain, .. Manifest.Variants?.Keys ?? []])}. Make int8 with: "
                + $"tools quantize {directory}, "
                + $"others with: tools convert {directory} --to NAME.");
        }

        _family = Family(Manifest, _options.Variant);
        FullPath = Path.GetFullPath(directory);
        _stamps = Manifest.Files.Keys.Where(f => Path.GetExtension(f) is ".onnx" or ".safetensors" or ".npz").ToDictionary(f => f, Stamp);
        _starts = new(() =>
        {
            ExpectUnchanged();
            return Starts.Load(FullPath, Manifest);
        });
    }

    /// <summary>The directory, as the caller named it: for messages.</summary>
    public string Directory { get; }

    /// <summary>The directory, wherever the process goes: for files that are opened later.</summary>
    public string FullPath { get; }

    /// <summary>Where to report; logs nothing unless the options gave one.</summary>
    public ILogger Logger => _options.Logger ?? NullLogger.Instance;

    /// <summary>Whether the owner has disposed it.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    public Manifest Manifest { get; }

    /// <summary>Set by the first session.</summary>
    public ProviderReport? Report { get; private set; }

    /// <summary>The bundle's recorded starts, or null.</summary>
    public Starts? Starts => _starts.Value;

    public bool Has(string graph) => Manifest.Graphs.ContainsKey(graph);

    /// <summary>The form in which graphs run for a batch: a variant's name, or "plain".</summary>
    public string Form(int batch)
    {
        // What a CPU gains at large batches by more and simpler operations, a device loses by launching them.
        int size = IsOnDevice ? 1 : batch;
        return _family.Where(v => v.Value.LeastBatch <= size).OrderByDescending(v => v.Value.LeastBatch)
            .ThenBy(v => v.Key, StringComparer.Ordinal).Select(v => v.Key).FirstOrDefault()
            ?? (_options.Variant == VariantSpec.Auto ? VariantSpec.Plain : _options.Variant);
    }

    /// <summary>The forms that the options allow.</summary>
    public IEnumerable<string> Forms => _options.Variant == VariantSpec.Auto
        ? [VariantSpec.Plain, .. _family.Keys.Order(StringComparer.Ordinal)]
        : _family.Count > 0 ? _family.Keys.Order(StringComparer.Ordinal) : [_options.Variant];

    /// <summary>What the options ask for.</summary>
    public string Wanted => _options.Variant;

    /// <summary>Whether graphs run on a device: all rows at once, and there is nothing for cores to share.</summary>
    public bool IsOnDevice => Report is { Chosen: not "cpu" } || _options.HostAsDevice is not null;

    /// <summary>New memory of the device that runs the graphs; null where they read and write the host's.</summary>
    public DeviceMemory? NewDeviceMemory() => DeviceMemory.Of(Report!.Chosen, _options);

    /// <summary>A graph by name for a batch, in the form that <see cref="Form"/> chooses.</summary>
    public GraphSession Open(string name, int batch) => Open(name, Form(batch));

    /// <summary>A graph's part of the manifest in a form, or the plain one's where the form has none of that name.</summary>
    public GraphSpec Spec(string name, string form)
    {
        if (!Manifest.Graphs.TryGetValue(name, out GraphSpec? plain))
            throw new BundleException($"Bundle '{Directory}' has no graph '{name}'; it has: {ManifestCheck.Listed(Manifest.Graphs.Keys)}.");
        return Manifest.Variants?.GetValueOrDefault(form)?.Graphs.GetValueOrDefault(name) ?? plain;
    }

    /// <summary>A graph by name, open and checked. Each core that runs it beside others has a session, over the same weights.</summary>
    public GraphSession Open(string name, string form = VariantSpec.Plain, int core = 0)
    {
        if (_graphs.TryGetValue((name, form, core), out GraphSession? open))
            return open;
        GraphSpec spec = Spec(name, form);
        VariantSpec? variant = Manifest.Variants?.GetValueOrDefault(form);
        if (variant is not null && !variant.Graphs.ContainsKey(name))
            return _graphs[(name, form, core)] = Open(name, VariantSpec.Plain, core);
        return Open((name, form, core), spec, variant);
    }

    /// <summary>Several steps of a graph in one, or null where the form has none.</summary>
    public UnrolledSpec? Unrolled(string name, string form) =>
        Manifest.Variants?.GetValueOrDefault(form)?.Unrolled?.GetValueOrDefault(name);

    /// <summary>Several steps of a graph in one, open and checked.</summary>
    public GraphSession OpenUnrolled(string name, string form, int core)
    {
        UnrolledSpec unrolled = Unrolled(name, form)!;
        return Open(($"{name} x {unrolled.Steps}", form, core), unrolled.Of(name, Spec(name, form)), Manifest.Variants![form]);
    }

    private GraphSession Open((string Name, string Form, int Core) key, GraphSpec spec, VariantSpec? variant)
    {
        (string name, string form, int _) = key;
        lock (_gate)
        {
            if (_graphs.TryGetValue(key, out GraphSession? open))
                return open;
            ExpectUnchanged();
            bool isHalf = variant is { Precision: Precision.Float16 or Precision.BFloat16 };
            (InferenceSession session, Placement placement) = OpenSession(spec.File, isHalf ? form : null);
            List<string> problems = GraphSession.Problems(name, spec, session);
            if (problems.Count > 0)
            {
                session.Dispose();
                throw BundleException.Of($"Bundle '{Directory}', {spec.File} is not what the manifest says", problems);
            }
            Note(name, placement);
            RuntimeLog.GraphOpened(Logger, Directory, name, form, key.Core, placement);
            return _graphs[key] = new GraphSession(name, spec, session, placement) { Bundle = this };
        }
    }

    /// <summary>Keeps the sessions open until <see cref="Release"/>; false: they may be closed already.</summary>
    public bool TryLease()
    {
        int leases = Volatile.Read(ref _leases);
        while (leases > 0 && !IsDisposed)
        {
            int found = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (found == leases)
                return true;
            leases = found;
        }
        return false;
    }

    /// <summary>Keeps the sessions open until what this returns is disposed.</summary>
    /// <param name="user">What is used, for the message.</param>
    /// <exception cref="ObjectDisposedException">The owner has disposed the bundle.</exception>
    public Lease LeaseFor(object user) => TryLease() ? new(this) : throw Disposed(user);

    /// <summary>Gives a lease back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
            Close();
    }

    /// <summary>What a user is told after the owner has disposed the bundle.</summary>
    public ObjectDisposedException Disposed(object user)
    {
        Type type = user.GetType();
        return user is WorldModel ? new(type.FullName)
            : new(type.FullName, $"The {nameof(WorldModel)} that this {type.Name} runs was disposed, so that it cannot be used any more.");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Release();
    }

    private void Close()
    {
        lock (_gate)
        {
            foreach (GraphSession graph in _graphs.Values.Distinct())
                graph.Session.Dispose();
            _graphs.Clear();
            _weights.Dispose();
        }
    }

    /// <summary>Graphs and weights of two bundles must not be mixed when a new one is copied over that which runs.</summary>
    private void ExpectUnchanged()
    {
        foreach ((string file, (long Length, DateTime Written) stamp) in _stamps)
        {
            if (Stamp(file) == stamp)
                continue;
            string path = Path.Combine(FullPath, file);
            if (File.Exists(path) && Manifest.Hash(path).Equals(Manifest.Files[file], StringComparison.OrdinalIgnoreCase))
                continue;
            throw new BundleException($"Bundle '{Directory}' was changed since it was loaded: {file} is "
                + $"{(File.Exists(path) ? "another file" : "gone")}. What is open can still run, but nothing more can be opened: "
                + "load the bundle again.");
        }
    }

    private (long Length, DateTime Written) Stamp(string file)
    {
        FileInfo info = new FileInfo(Path.Combine(FullPath, file));
        if (!info.Exists)
            return default;
        if (info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
            info = target;
        return info.Exists ? (info.Length, info.LastWriteTimeUtc) : default;
    }

    private void Note(string graph, Placement placement)
    {
        if (placement == Placement.Mixed)
        {
            Report = Report! with { PartlyOnCpu = [.. Report.PartlyOnCpu.Append(graph).Distinct()] };
            RuntimeLog.PartlyOnCpu(Logger, Directory, graph, Report.Chosen);
        }
        if (placement == Placement.Capturing)
            Report = Report! with { Captured = [.. Report.Captured.Append(graph).Distinct()] };
    }

    private (InferenceSession Session, Placement Placement) OpenSession(string file, string? halfForm)
    {
        string path = Path.Combine(FullPath, file);
        Dictionary<string, string> passedOver = new Dictionary<string, string>();
        // The first session decides for all: graphs of one bundle run in one place.
        foreach (string provider in Report is { } decided ? [decided.Chosen] : ExecutionProviders.Candidates(_options.Provider))
        {
            if (halfForm is not null && provider == "cpu")
                throw SlowOnCpu(halfForm, passedOver.Values);
            try
            {
                (InferenceSession Session, Placement Placement) opened = Open(path, provider, file);
                if (Report is null)
                {
                    Report = new(_options.Provider.ToLowerInvariant(), provider, passedOver);
                    RuntimeLog.ProviderChosen(Logger, Directory, provider, Report.Requested);
                }
                return opened;
            }
            catch (ProviderException e)
            {
                passedOver.Add(provider, e.Message);
                RuntimeLog.ProviderPassedOver(Logger, Directory, e.Message);
            }
        }
        throw new BundleException($"Execution provider {string.Join("; ", passedOver.Values)}.");
    }

    /// <summary>The variants among which the batch decides: all of float32, or of the precision that is asked for by its name.</summary>
    private static Dictionary<string, VariantSpec> Family(Manifest manifest, string wanted)
    {
        List<Precision> precisions = Enum.GetValues<Precision>().Where(p => wanted == NameConverter<Precision>.Write(p)
            || (wanted == VariantSpec.Auto && p == Precision.Float32)).ToList();
        return (manifest.Variants ?? new Dictionary<string, VariantSpec>())
            .Where(v => v.Value.LeastBatch is not null && precisions.Contains(v.Value.Precision)).ToDictionary(v => v.Key, v => v.Value);
    }

    private BundleException SlowOnCpu(string form, IEnumerable<string> passedOver) => new(
        $"Variant '{form}' of bundle '{Directory}' is for CUDA: on the CPU its 16-bit graphs run a hundred times slower than float32. "
        + $"Choose variant 'auto', or make one for the CPU: tools convert {Directory} --to throughput (float32), or "
        + $"tools quantize {Directory} (int8).{string.Concat(passedOver.Select(why => $" ({why}.)"))}");

    private (InferenceSession Session, Placement Placement) Open(string path, string provider, string file)
    {
        try
        {
            return ExecutionProviders.Open(path, provider, _options, _weights);
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
            ExecutionProviders.Open(path, "cpu", _options).Session.Dispose();
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    /// <summary>What keeps the sessions open.</summary>
    public readonly ref struct Lease(Bundle of)
    {
        /// <summary>Gives it back.</summary>
        public void Dispose() => of.Release();
    }
}
