using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>
/// Memory of a device, and copies to and from it. It has sessions of its own for both: a captured run goes on writing to the scratch memory
/// of its session wherever that was, so nothing else may be there; and what is here outlives the bundle's sessions. Not thread-safe.
/// </summary>
internal sealed class DeviceMemory : IDisposable
{
    /// <summary>
    /// Held during captured runs and copies: while CUDA records the launches of one thread, no other may allocate.
    /// </summary>
    public static readonly object Gate = new();

    // What was never disposed must not be finalised either: a value after its session would end the process.
    private static readonly ConcurrentDictionary<DeviceMemory, bool> Alive = new();

    // What providers call their memory, newest name first.
    private static readonly Dictionary<string, string[]> MemoryNames = new()
    {
        ["cuda"] = ["Cuda"],
        ["webgpu"] = ["WebGPU_Buf", "WebGPU_Buffer"],
        ["cpu"] = ["Cpu"],
    };

    private readonly string _provider;
    private readonly RuntimeOptions _options;
    private readonly Dictionary<TensorType, InferenceSession> _copiers = [];
    private readonly RunOptions _run = new();
    private readonly OrtMemoryInfo _info;
    private readonly OrtAllocator _allocator;
    private readonly List<OrtValue> _all = [];

    private DeviceMemory(string provider, RuntimeOptions options)
    {
        (_provider, _options) = (provider, options);
        Alive[this] = true;
        IsAddressable = options.HostAsDevice ?? provider != "webgpu";
        try
        {
            (_info, _allocator) = Allocator(Copier(TensorType.Float32), MemoryNames[provider], provider == "cuda" ? options.Device : 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a tensor can begin inside another one's memory; otherwise each has memory of its own.</summary>
    public bool IsAddressable { get; }

    /// <summary>The memory of a provider's device, or null: its graphs then read and write the host's memory.</summary>
    public static DeviceMemory? Of(string provider, RuntimeOptions options) =>
        provider is "cuda" or "webgpu" || (provider == "cpu" && options.HostAsDevice is not null) ? new(provider, options) : null;

    /// <summary>A tensor of undefined values; lives as long as this.</summary>
    /// <exception cref="BundleException">The device has not enough memory.</exception>
    public OrtValue Allocate(TensorSpec spec, long rows)
    {
        try
        {
            lock (Gate)
                return Keep(OrtValue.CreateAllocatedTensorValue(_allocator, Tensors.ElementType(spec.Dtype), Tensors.Shape(spec, rows)));
        }
        catch (OnnxRuntimeException e)
        {
            throw new BundleException($"{_provider} has not enough memory for {rows} rows of '{spec.Name}' {spec.Describe()} besides what "
                + "it "
                + $"holds: use a smaller batch or horizon ({e.Message.Split('\n')[0].Trim()}).", e);
        }
    }

    /// <summary>Rows of a tensor that this memory has; lives as long as this.</summary>
    public OrtValue View(OrtValue tensor, TensorSpec spec, long first, long rows)
    {
        long row = (long)spec.RowSize * Tensors.SizeOf(spec.Dtype);
        return Wrap(_info, spec, Address(tensor) + (nint)(first * row), rows);
    }

    /// <summary>Rows of a tensor in the host's memory, to copy from or to; lives as long as this.</summary>
    public OrtValue Host(TensorSpec spec, nint address, long rows) => Wrap(OrtMemoryInfo.DefaultInstance, spec, address, rows);

    /// <summary>Copies a tensor into another of the same type and shape. Each may be the device's or the host's.</summary>
    public void Copy(TensorType type, OrtValue from, OrtValue to)
    {
        lock (Gate) Copier(type).Run(_run, [CopyModel.From], [from], [CopyModel.To], [to]);
    }

    public void Dispose()
    {
        foreach (var value in _all) value.Dispose();
        _all.Clear();
        _allocator?.Dispose();
        _info?.Dispose();
        foreach (var copier in _copiers.Values) copier.Dispose();
        _copiers.Clear();
        _run.Dispose();
        Alive.TryRemove(this, out _);
    }

    private OrtValue Wrap(OrtMemoryInfo memory, TensorSpec spec, nint address, long rows) => Keep(OrtValue.CreateTensorValueWithData(
        memory, Tensors.ElementType(spec.Dtype), Tensors.Shape(spec, rows), address, rows * spec.RowSize * Tensors.SizeOf(spec.Dtype)));

    private OrtValue Keep(OrtValue value)
    {
        _all.Add(value);
        return value;
    }

    private static unsafe nint Address(OrtValue tensor)
    {
        fixed (byte* address = tensor.GetTensorMutableRawData()) return (nint)address;
    }

    private static (OrtMemoryInfo, OrtAllocator) Allocator(InferenceSession session, string[] names, int device)
    {
        for (int i = 0; ; i++)
        {
            var info = new OrtMemoryInfo(names[i], OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);
            try
            {
                return (info, new(session, info));
            }
            catch (OnnxRuntimeException) when (i < names.Length - 1)
            {
                info.Dispose();
            }
        }
    }

    private InferenceSession Copier(TensorType type)
    {
        if (_copiers.TryGetValue(type, out var copier)) return copier;
        using var session = ExecutionProviders.Session(_provider, _options, Placement.Mixed);
        return _copiers[type] = new(CopyModel.For(type), session);
    }
}
