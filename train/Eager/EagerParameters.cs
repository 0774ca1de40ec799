using TorchSharp.Modules;
using WorldModels.Bundles;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// Parameters that learn: created once by path, each from its own random stream (seed and path), so that adding a layer changes no other
/// layer's first values.
/// </summary>
public sealed class EagerParameters(long seed, Device? device = null) : ParameterStore<EagerTensor>, IDisposable
{
    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly Dictionary<string, Tensor> _constants = [];

    /// <summary>Where the parameters live.</summary>
    public Device Device { get; } = device ?? CPU;

    /// <summary>The root path.</summary>
    public Parameters<EagerTensor> Root => new(this);

    /// <summary>All parameters by path, in order of creation.</summary>
    public IReadOnlyDictionary<string, Parameter> All => _parameters;

    /// <summary>Those below a path, "world" for "world/encoder/..." and others.</summary>
    public Parameter[] Below(string path) =>
        [.. _parameters.Where(pair => pair.Key.StartsWith(path + "/", StringComparison.Ordinal)).Select(pair => pair.Value)];

    /// <summary>Total number of scalars.</summary>
    public long Count => _parameters.Values.Sum(parameter => parameter.numel());

    public override EagerTensor Parameter(string path, ReadOnlySpan<int> shape, Init init)
    {
        if (_parameters.TryGetValue(path, out Parameter? existing))
        {
            if (!Matches(existing, shape))
            {
                throw new ArgumentException(
                    $"The parameter '{path}' is ({string.Join(", ", existing.shape)}), and is asked for as "
                    + $"({string.Join(", ", shape.ToArray())}): give the two another path each.");
            }

            return existing;
        }
        long[] sizes = [.. shape.ToArray().Select(size => (long)size)];
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        using Generator generator = new Generator(StableHash(seed, path));
        Tensor values = init.Kind switch
        {
            InitKind.Zeros => zeros(sizes),
            InitKind.Constant => full(sizes, init.Scale),
            InitKind.Uniform => (rand(sizes, generator: generator) * 2 - 1) * init.Scale,
            InitKind.Normal => randn(sizes, generator: generator) * init.Scale,
            InitKind.TruncatedNormal => TruncatedNormal(sizes, generator) * init.Scale,
            _ => throw new ArgumentOutOfRangeException(nameof(init), init, "unknown initialiser"),
        };
        Parameter parameter = nn.Parameter(values.to(ScalarType.Float32, Device));
        parameter.DetachFromDisposeScope();
        _parameters.Add(path, parameter);
        return parameter;
    }

    /// <summary>The values of all parameters, as the exporter and checkpoints take them.</summary>
    public IReadOnlyDictionary<string, WeightArray> ToWeights()
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        return _parameters.ToDictionary(
            pair => pair.Key,
            pair => new WeightArray(pair.Value.cpu().data<float>().ToArray(), [.. pair.Value.shape.Select(size => (int)size)]));
    }

    /// <summary>A store that holds these weights, for running a network outside of training.</summary>
    public static EagerParameters From(IReadOnlyDictionary<string, WeightArray> weights, Device? device = null)
    {
        EagerParameters store = new EagerParameters(0, device);
        foreach ((string path, WeightArray weight) in weights)
        {
            using TorchSharp.DisposeScope scope = NewDisposeScope();
            Tensor values = tensor(weight.Values, [.. weight.Shape.Select(size => (long)size)]).On(store.Device);
            Parameter parameter = nn.Parameter(values);
            parameter.DetachFromDisposeScope();
            store._parameters.Add(path, parameter);
        }
        return store;
    }

    public override EagerTensor Constant(string path, ReadOnlySpan<float> values, ReadOnlySpan<int> shape)
    {
        if (!_constants.TryGetValue(path, out Tensor? constant))
        {
            using TorchSharp.DisposeScope scope = NewDisposeScope();
            constant = tensor(values.ToArray(), [.. shape.ToArray().Select(size => (long)size)]).On(Device);
            constant.DetachFromDisposeScope();
            _constants.Add(path, constant);
        }
        return constant;
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _parameters.Values.Concat(_constants.Values))
            tensor.Dispose();
    }

    private static bool Matches(Tensor tensor, ReadOnlySpan<int> shape)
    {
        if (tensor.dim() != shape.Length)
            return false;
        for (int i = 0; i < shape.Length; i++)
        {
            if (tensor.size(i) != shape[i])
                return false;
        }

        return true;
    }

    /// <summary>Standard normal numbers between -2 and 2, by the inverse of their distribution function.</summary>
    private static Tensor TruncatedNormal(long[] sizes, Generator generator)
    {
        const double Inside = 0.9544997361036416;   // erf(2 / sqrt 2)
        return ((rand(sizes, generator: generator) * 2 - 1) * Inside).erfinv() * Math.Sqrt(2);
    }

    /// <summary>FNV-1a over the path, then mixed with the seed: the same on every machine and run, unlike string.GetHashCode.</summary>
    private static ulong StableHash(long seed, string path)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in path)
            hash = (hash ^ c) * 1099511628211;
        return hash ^ ((ulong)seed * 0x9E3779B97F4A7C15);
    }
}
