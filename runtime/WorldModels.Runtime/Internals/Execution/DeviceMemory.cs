using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

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
        try
        {
            bool isCuda = provider == "cuda";
            _info = new(isCuda ? "Cuda" : "Cpu", OrtAllocatorType.DeviceAllocator, isCuda ? options.Device : 0, OrtMemType.Default);
            _allocator = new(Copier(TensorType.Float32), _info);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the largest piece of memory; a tensor of several steps that needs more has a piece for each.</summary>
    public long LargestPiece => _options.HostAsDevice == DevicePieces.OneEachStep ? 0 : Array.MaxLength;

    /// <summary>Copies made so far.</summary>
    public long Copies { get; private set; }

    /// <summary>The memory of a provider's device, or null: its graphs then read and write the host's memory.</summary>
    public static DeviceMemory? Of(string provider, RuntimeOptions options) =>
        provider == "cuda" || (provider == "cpu" && options.HostAsDevice is not null) ? new(provider, options) : null;

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
        Copies++;
        lock (Gate)
            Copier(type).Run(_run, [CopyModel.From], [from], [CopyModel.To], [to]);
    }

    public void Dispose()
    {
        foreach (OrtValue value in _all)
            value.Dispose();
        _all.Clear();
        _allocator?.Dispose();
        _info?.Dispose();
        foreach (InferenceSession copier in _copiers.Values)
            copier.Dispose();
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
        fixed (byte* address = tensor.GetTensorMutableRawData())
            return (nint)address;
    }

    private InferenceSession Copier(TensorType type)
    {
        if (_copiers.TryGetValue(type, out InferenceSession? copier))
            return copier;
        using SessionOptions session = ExecutionProviders.Session(_provider, _options, Placement.Mixed);
        return _copiers[type] = new(CopyModel.For(type), session);
    }
}
