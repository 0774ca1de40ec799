using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Runtime.Internals;

namespace WorldModels.Runtime;

/// <summary>
/// Runs one graph on named arrays: for verification and odd uses. It allocates at every run; <see cref="Dream"/> and
/// <see cref="Controller"/> do not. Thread-safe: any number of threads may run it at once, until its <see cref="WorldModel"/> is disposed.
/// </summary>
public sealed class GraphRunner
{
    private readonly GraphSession _graph;

    internal GraphRunner(GraphSession graph) => _graph = graph;

    /// <summary>The graph's name.</summary>
    public string Name => _graph.Name;

    /// <summary>The graph's tensors.</summary>
    public GraphSpec Spec => _graph.Spec;

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Every input by name; all with the same first dimension, the batch.</param>
    /// <returns>Every output by name.</returns>
    /// <exception cref="BundleException">An input is missing, unknown, or of another type or shape; one message lists all.</exception>
    /// <exception cref="ObjectDisposedException">The world model was disposed.</exception>
    public IReadOnlyDictionary<string, NpyArray> Run(IReadOnlyDictionary<string, NpyArray> inputs) => Run(inputs, explains: true);

    /// <summary>The same; tells whether a failure is tried to be explained, by running more.</summary>
    internal IReadOnlyDictionary<string, NpyArray> Run(IReadOnlyDictionary<string, NpyArray> inputs, bool explains)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        using Bundle.Lease lease = _graph.Bundle.LeaseFor(this);
        Check(inputs);
        Dictionary<string, OrtValue> values = new Dictionary<string, OrtValue>();
        List<GCHandle> pins = new List<GCHandle>();
        try
        {
            foreach (TensorSpec tensor in Spec.Inputs)
                values[tensor.Name] = Wrap(inputs[tensor.Name], pins);
            using RunOptions options = _graph.Options();
            string[] names = [.. Spec.Outputs.Select(t => t.Name)];
            using IDisposableReadOnlyCollection<OrtValue> results = _graph.Session.Run(options, values, names);
            return Enumerable.Range(0, names.Length).ToDictionary(i => names[i], i => Copy(Spec.Outputs[i], results[i]));
        }
        catch (OnnxRuntimeException e)
        {
            throw _graph.Failure(e, explains);
        }
        finally
        {
            foreach (OrtValue value in values.Values)
                value.Dispose();
            foreach (GCHandle pin in pins)
                pin.Free();
        }
    }

    private void Check(IReadOnlyDictionary<string, NpyArray> inputs)
    {
        List<string> problems = new List<string>();
        int? batch = null;
        foreach (TensorSpec tensor in Spec.Inputs)
        {
            if (!inputs.TryGetValue(tensor.Name, out NpyArray? array))
            {
                problems.Add($"input '{tensor.Name}' is missing: expected {tensor.Describe()}");
                continue;
            }
            bool fits = array.Type == Tensors.ArrayType(tensor.Dtype) && array.Shape.Count == tensor.Shape.Count
                && tensor.Shape.Select((d, i) => !d.IsFixed || d.Size == array.Shape[i]).All(ok => ok);
            if (!fits)
                problems.Add($"input '{tensor.Name}': expected {tensor.Describe()}, found {array.Describe()}");
            else if (array.Shape[0] == 0)
                problems.Add($"input '{tensor.Name}': expected a batch of at least 1, found {array.Describe()}");
            else if ((batch ??= array.Shape[0]) != array.Shape[0])
                problems.Add($"input '{tensor.Name}': expected batch {batch} as in the other inputs, found {array.Describe()}");
        }
        foreach (string name in inputs.Keys.Where(n => Spec.Inputs.All(t => t.Name != n)))
            problems.Add($"there is no input '{name}'; there are: {ManifestCheck.Listed(Spec.Inputs.Select(t => t.Name))}");
        if (problems.Count > 0)
            throw BundleException.Of($"Graph '{Name}'", problems);
    }

    private static OrtValue Wrap(NpyArray array, List<GCHandle> pins)
    {
        GCHandle pin = GCHandle.Alloc(array.Data, GCHandleType.Pinned);
        pins.Add(pin);
        long[] shape = [.. array.Shape.Select(d => (long)d)];
        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, Tensors.ElementType(array.Type), shape, pin.AddrOfPinnedObject(), array.Bytes.Length);
    }

    private static NpyArray Copy(TensorSpec tensor, OrtValue value)
    {
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        NpyArray array = NpyArray.Zeros(Tensors.ArrayType(tensor.Dtype), [.. info.Shape.Select(d => checked((int)d))]);
        if (array.Length == 0)
            return array;
        switch (tensor.Dtype)
        {
            case TensorType.Float32: value.GetTensorDataAsSpan<float>().CopyTo(array.As<float>()); break;
            case TensorType.Int64: value.GetTensorDataAsSpan<long>().CopyTo(array.As<long>()); break;
            default: value.GetTensorDataAsSpan<bool>().CopyTo(array.As<bool>()); break;
        }
        return array;
    }
}
