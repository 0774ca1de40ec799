using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using WorldModels.Onnx;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// All that a run needs to continue: weights, optimiser state, counters, environments. One safetensors file, whole or absent; its weights
/// are under "parameters/", so that any safetensors reader finds them.
/// </summary>
public sealed class Checkpoint
{
    private const string ParameterPrefix = "parameters/";
    private readonly Dictionary<string, TensorData> _tensors = [];
    private readonly Dictionary<string, string> _values = [];
    private readonly string _source = "a new checkpoint";

    /// <summary>An empty checkpoint, to be filled and written.</summary>
    public Checkpoint() { }

    private Checkpoint(string source, SafetensorsContent content)
    {
        _source = source;
        _tensors = new(content.Tensors);
        _values = new(content.Metadata);
    }

    /// <summary>Reads a checkpoint.</summary>
    /// <exception cref="UserException">The file is missing, cut off or no checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        try
        {
            return new(path, Safetensors.Read(path));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UserException($"Cannot continue from the checkpoint: {exception.Message} Without it, start a new run.", exception);
        }
    }

    /// <summary>Writes the file; on any failure the checkpoint that stood there still stands.</summary>
    /// <exception cref="UserException">The disk is full or refuses.</exception>
    public void Write(string path)
    {
        try
        {
            Safetensors.Write(path, _tensors, _values);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AtomicFile.Refused(path, exception);
        }
    }

    public void Set(string key, long value) => _values[key] = value.ToString(CultureInfo.InvariantCulture);
    public void Set(string key, double value) => _values[key] = value.ToString("R", CultureInfo.InvariantCulture);
    public long Integer(string key) => long.Parse(Value(key), CultureInfo.InvariantCulture);
    public double Number(string key) => double.Parse(Value(key), CultureInfo.InvariantCulture);

    /// <summary>Stores every parameter.</summary>
    public void AddParameters(EagerParameters parameters)
    {
        foreach ((string path, WeightArray weight) in parameters.ToWeights())
            _tensors.Add(ParameterPrefix + path, TensorData.Of(weight.Values, [.. weight.Shape]));
    }

    /// <summary>Trained weights by path, as the exporter takes them.</summary>
    public IReadOnlyDictionary<string, WeightArray> Weights() => _tensors
        .Where(pair => pair.Key.StartsWith(ParameterPrefix, StringComparison.Ordinal))
        .ToDictionary(pair => pair.Key[ParameterPrefix.Length..], pair => new WeightArray(pair.Value.Values<float>(), [.. pair.Value.Shape]));

    /// <summary>Copies stored parameters into the ones of a network built with the same options.</summary>
    public void LoadParameters(EagerParameters parameters)
    {
        IReadOnlyDictionary<string, WeightArray> weights = Weights();
        using var guard = no_grad();
        foreach ((string path, Parameter parameter) in parameters.All)
        {
            if (!weights.TryGetValue(path, out WeightArray? weight) || !weight.Shape.Select(size => (long)size).SequenceEqual(parameter.shape))
                throw new UserException(
                    $"{_source} does not fit these options: {path} is ({(weight is null ? "missing" : string.Join(", ", weight.Shape))}) there and "
                    + $"({string.Join(", ", parameter.shape)}) here. Resume with the options the run was started with.");
            using Tensor values = tensor(weight.Values, parameter.shape);
            parameter.copy_(values);
        }
    }

    /// <summary>Stores bytes that a writer produces.</summary>
    public void AddBytes(string name, Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
            write(writer);
        byte[] bytes = stream.ToArray();
        _tensors.Add(name, TensorData.Of(bytes, bytes.Length));
    }

    /// <summary>Reads back what <see cref="AddBytes"/> stored.</summary>
    public void LoadBytes(string name, Action<BinaryReader> read)
    {
        using var reader = new BinaryReader(new MemoryStream(Find(name).Values<byte>()));
        read(reader);
    }

    /// <summary>Stores what an optimiser remembers of each parameter: "optimiser/3/exp_avg".</summary>
    public void AddOptimiser(OptimizerHelper optimiser)
    {
        int index = 0;
        foreach (OptimizerState state in optimiser.state_dict().State)
        {
            (long step, IEnumerable<(string Name, Tensor Value)> tensors) = Parts(state);
            Set($"optimiser/{index}/step", step);
            foreach ((string name, Tensor value) in tensors)
                _tensors.Add($"optimiser/{index}/{name}", ToData(value));
            index++;
        }
    }

    /// <summary>Takes back what <see cref="AddOptimiser"/> stored.</summary>
    public void LoadOptimiser(OptimizerHelper optimiser)
    {
        using var guard = no_grad();
        int index = 0;
        foreach (OptimizerState state in optimiser.state_dict().State)
        {
            long step = Integer($"optimiser/{index}/step");
            if (state is Adam.State adam)
                adam.step = step;
            else if (state is RMSProp.State rmsProp)
                rmsProp.step = step;
            foreach ((string name, Tensor value) in Parts(state).Tensors)
            {
                using Tensor stored = tensor(Find($"optimiser/{index}/{name}").Values<float>(), value.shape);
                value.copy_(stored);
            }
            index++;
        }
    }

    private static (long Step, IEnumerable<(string Name, Tensor Value)> Tensors) Parts(OptimizerState state) => state switch
    {
        Adam.State adam => (adam.step, [("exp_avg", adam.exp_avg), ("exp_avg_sq", adam.exp_avg_sq)]),
        RMSProp.State rmsProp => (rmsProp.step, [("square_avg", rmsProp.square_avg)]),
        _ => throw new NotSupportedException($"No checkpoint is defined for the state of {state.GetType().DeclaringType?.Name}."),
    };

    private static TensorData ToData(Tensor value)
    {
        using Tensor flat = value.detach().cpu().contiguous();
        return TensorData.Of(flat.data<float>().ToArray(), [.. value.shape.Select(size => (int)size)]);
    }

    private TensorData Find(string name) => _tensors.TryGetValue(name, out TensorData? data)
        ? data
        : throw new UserException($"{_source} holds no '{name}': it was made by another algorithm or with other options. Start a new run.");

    private string Value(string key) =>
        _values.TryGetValue(key, out string? value) ? value : throw new UserException($"{_source} is not a checkpoint of a run (no '{key}').");
}
