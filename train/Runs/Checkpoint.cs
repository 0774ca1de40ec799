using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorchSharp.Modules;
using WorldModels.Bundles;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// All that a run needs to continue: weights, optimiser state, counters, environments. One safetensors file, whole or absent; its weights
/// are under "parameters/", so that any safetensors reader finds them.
/// </summary>
public sealed class Checkpoint
{
    private const string ParameterPrefix = "parameters/", HashKey = "sha256", FormatKey = "format";
    private const long Format = 4;      // raised where a checkpoint of the version before does not fit
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
    /// <exception cref="UserException">The file is missing, cut off, damaged or no checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        if (!File.Exists(path))
            throw new UserException($"There is no checkpoint {path}: the folder is no run, or its training has not come to the first one.");
        try
        {
            Checkpoint checkpoint = new Checkpoint(path, Safetensors.Read(path));
            if (checkpoint._values.TryGetValue(HashKey, out string? hash) && hash != checkpoint.Hash())
                throw new InvalidDataException($"the contents of '{path}' are not those that were written.");
            if (checkpoint._values.ContainsKey(HashKey) && checkpoint._values.GetValueOrDefault(FormatKey) != $"{Format}")
            {
                throw new UserException($"{path} was written by an earlier version of this program, or a later one, whose checkpoints have "
                    + "another form. Continue it with that version, or start a new run with --run.");
            }

            return checkpoint;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UserException(
                $"The checkpoint is damaged: {exception.Message} Put back a copy, or start a new run with --run.", exception);
        }
    }

    /// <summary>Writes the file; on any failure the checkpoint that stood there still stands.</summary>
    /// <exception cref="UserException">The disk is full or refuses.</exception>
    public void Write(string path)
    {
        Set(FormatKey, Format);
        _values[HashKey] = Hash();
        try
        {
            Safetensors.Write(path, _tensors, _values);
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(path, exception);
        }
    }

    public void Set(string key, long value) => _values[key] = value.ToString(CultureInfo.InvariantCulture);
    public void Set(string key, double value) => _values[key] = value.ToString("R", CultureInfo.InvariantCulture);
    public void Set(string key, string value) => _values[key] = value;
    public bool Has(string key) => _values.ContainsKey(key);
    public long Integer(string key) => Value<long>(key);
    public double Number(string key) => Value<double>(key);
    public string Text(string key) => Value<string>(key);

    /// <summary>Name of a tensor that holds a NaN or an infinity: nothing to continue from. Null if there is none.</summary>
    public string? NotFinite() => _tensors.FirstOrDefault(pair => pair.Value.ElementType == typeof(float)
        && pair.Value.Values<float>().AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue)).Key;

    /// <summary>Stores weights by path.</summary>
    public void AddWeights(IReadOnlyDictionary<string, WeightArray> weights)
    {
        foreach ((string path, WeightArray weight) in weights)
            _tensors.Add(ParameterPrefix + path, TensorData.Of(weight.Values, [.. weight.Shape]));
    }

    /// <summary>The weights by path, as the exporter takes them.</summary>
    public IReadOnlyDictionary<string, WeightArray> Weights() => _tensors
        .Where(pair => pair.Key.StartsWith(ParameterPrefix, StringComparison.Ordinal))
        .ToDictionary(
            pair => pair.Key[ParameterPrefix.Length..], pair => new WeightArray(pair.Value.Values<float>(), [.. pair.Value.Shape]));

    /// <summary>Copies stored parameters into the ones of a network built with the same options.</summary>
    public void LoadParameters(EagerParameters parameters)
    {
        IReadOnlyDictionary<string, WeightArray> weights = Weights();
        using IDisposable guard = no_grad();
        foreach ((string path, Parameter parameter) in parameters.All)
        {
            if (!weights.TryGetValue(path, out WeightArray? weight)
                || !weight.Shape.Select(size => (long)size).SequenceEqual(parameter.shape))
            {
                throw Misfit($"{path} is {(weight is null ? "missing" : $"({string.Join(", ", weight.Shape)})")} there and "
                    + $"({string.Join(", ", parameter.shape)}) here");
            }

            using Tensor values = tensor(weight.Values, parameter.shape);
            parameter.copy_(values);
        }
    }

    /// <summary>Stores bytes that a writer produces.</summary>
    public void AddBytes(string name, Action<BinaryWriter> write)
    {
        using MemoryStream stream = new MemoryStream();
        using (BinaryWriter writer = new BinaryWriter(stream))
            write(writer);
        byte[] bytes = stream.ToArray();
        _tensors.Add(name, TensorData.Of(bytes, bytes.Length));
    }

    /// <summary>Reads back what <see cref="AddBytes"/> stored.</summary>
    public void LoadBytes(string name, Action<BinaryReader> read)
    {
        using BinaryReader reader = new BinaryReader(new MemoryStream(Find<byte>(name)));
        try
        {
            read(reader);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw Misfit($"{name}: {exception.Message.TrimEnd('.')}");
        }
    }

    /// <summary>Stores what an optimiser remembers of its parameters: "optimiser/exp_avg".</summary>
    public void AddOptimiser(FlatOptimiser optimiser, string name = "optimiser")
    {
        (long step, IEnumerable<(string Name, Tensor Value)> tensors) = Parts(optimiser.Optimiser.state_dict().State.Single());
        Set($"{name}/step", step);
        foreach ((string part, Tensor value) in tensors)
            _tensors.Add($"{name}/{part}", ToData(value));
    }

    /// <summary>Takes back what <see cref="AddOptimiser"/> stored.</summary>
    public void LoadOptimiser(FlatOptimiser optimiser, string name = "optimiser")
    {
        using IDisposable guard = no_grad();
        OptimizerState state = optimiser.Optimiser.state_dict().State.Single();
        long step = Integer($"{name}/step");
        if (state is Adam.State adam)
            adam.step = step;
        else if (state is LaProp.State laProp)
            laProp.Steps = step;
        else if (state is RMSProp.State rmsProp)
            rmsProp.step = step;
        foreach ((string part, Tensor value) in Parts(state).Tensors)
        {
            float[] numbers = Find<float>($"{name}/{part}");
            if (numbers.Length != value.numel())
                throw Misfit($"{name}/{part} has {numbers.Length} numbers there and {value.numel()} here");
            using Tensor stored = tensor(numbers, value.shape);
            value.copy_(stored);
        }
    }

    private static (long Step, IEnumerable<(string Name, Tensor Value)> Tensors) Parts(OptimizerState state) => state switch
    {
        Adam.State adam => (adam.step, [("exp_avg", adam.exp_avg), ("exp_avg_sq", adam.exp_avg_sq)]),
        LaProp.State laProp => (laProp.Steps, [("exp_avg", laProp.Mean), ("exp_avg_sq", laProp.Squares)]),
        RMSProp.State rmsProp => (rmsProp.step, [("square_avg", rmsProp.square_avg)]),
        _ => throw new NotSupportedException($"No checkpoint is defined for the state of {state.GetType().DeclaringType?.Name}."),
    };

    private static TensorData ToData(Tensor value)
    {
        using Tensor flat = value.detach().cpu().contiguous();
        return TensorData.Of(flat.data<float>().ToArray(), [.. value.shape.Select(size => (int)size)]);
    }

    private T[] Find<T>(string name) where T : unmanaged =>
        _tensors.TryGetValue(name, out TensorData? data) && data.ElementType == typeof(T)
            ? data.Values<T>()
            : throw Misfit($"{name} is missing there");

    private T Value<T>(string key) where T : IParsable<T> =>
        _values.TryGetValue(key, out string? text) && T.TryParse(text, CultureInfo.InvariantCulture, out T? value)
            ? value
            : throw Misfit($"{key} is missing there");

    private UserException Misfit(string where) =>
        new($"{_source} does not fit this run: {where}. Restore the run's own checkpoint and config.json, or start a new run with --run.");

    /// <summary>Hash of everything but itself: a safetensors reader cannot tell a flipped bit from a weight.</summary>
    private string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string key, string value) in _values.Where(pair => pair.Key != HashKey).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes($"{key}={value}\n"));
        foreach ((string name, TensorData tensor) in _tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n"));
            hash.AppendData(tensor.Bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
