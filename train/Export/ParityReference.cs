using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// What the eager network answers to fixed inputs: one step of every graph, and a rollout of every graph that carries a state. Ships in the
/// bundle, so that anybody can compare his own device with it.
/// </summary>
public sealed class ParityReference
{
    /// <summary>Steps of the recorded rollout.</summary>
    public const int Horizon = 15;

    private const int MostRows = 8;
    private const long StateBytes = 1_500_000;
    private const ulong Seed = 20_260_101;

    private readonly Dictionary<string, NpyArray> _arrays = [];
    private readonly BundleDefinition _bundle;
    private readonly EagerParameters _parameters;
    private readonly int _rows;

    private ParityReference(BundleDefinition bundle, EagerParameters parameters)
    {
        _bundle = bundle;
        _parameters = parameters;
        // States fill the file where they are large, as caches are: of those there are fewer rows.
        long state = _bundle.Graphs.Values.SelectMany(graph => graph.Inputs.Concat(graph.Outputs))
            .Where(tensor => tensor.Role == TensorRole.State).Sum(tensor => 4L * tensor.RowSize * Horizon);
        _rows = (int)Math.Clamp(StateBytes / Math.Max(1, state), 1, MostRows);
    }

    /// <summary>Arrays by name, in the layout of <see cref="BundleVerifier"/>.</summary>
    public IReadOnlyDictionary<string, NpyArray> Arrays => _arrays;

    /// <summary>Runs every graph of a bundle with numbers.</summary>
    public static ParityReference Record(BundleDefinition bundle, IReadOnlyDictionary<string, WeightArray> weights)
    {
        using EagerParameters parameters = EagerParameters.From(weights);
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        ParityReference reference = new ParityReference(bundle, parameters);
        IReadOnlyDictionary<string, Tensor> states = reference.States();
        foreach ((string name, IGraphDefinition graph) in bundle.Graphs)
        {
            Tensor[] inputs = reference.Inputs(graph, states, step: 0);
            reference.Store($"{name}/", graph, inputs, reference.Run(graph, inputs));
            if (graph.Outputs.Any(output => output.Feeds is not null) && graph.Inputs.Any(input => input.Role == TensorRole.State))
                reference.Rollout(name, graph, states);
        }
        return reference;
    }

    /// <summary>States to start from: zeros, or what <c>observe</c> makes of the first observations.</summary>
    private IReadOnlyDictionary<string, Tensor> States()
    {
        Dictionary<string, Tensor> states = new Dictionary<string, Tensor>();
        foreach (TensorSpec input in _bundle.Graphs.Values.SelectMany(graph => graph.Inputs).Where(input => input.Role == TensorRole.State))
        {
            states[input.Name] = zeros([_rows, .. input.Shape.Skip(1).Select(dim => (long)dim.Size)], input.Dtype switch
            {
                TensorType.Float32 => ScalarType.Float32,
                TensorType.Int64 => ScalarType.Int64,
                _ => ScalarType.Bool,
            });
        }

        if (_bundle.Graphs.TryGetValue("observe", out IGraphDefinition? observe))
        {
            Tensor[] outputs = Run(observe, Inputs(observe, states, step: 0));
            for (int i = 0; i < outputs.Length; i++)
            {
                if (observe.Outputs[i].Feeds is { } state)
                    states[state] = outputs[i];
            }
        }
        return states;
    }

    private Tensor[] Run(IGraphDefinition graph, Tensor[] inputs)
    {
        Tensors<EagerTensor> named = new Tensors<EagerTensor>();
        for (int i = 0; i < inputs.Length; i++)
            named.Add(graph.Inputs[i].Name, inputs[i]);
        Tensors<EagerTensor> outputs = graph.Run(_parameters.Root, named);
        return [.. graph.Outputs.Select(output => outputs[output.Name].Value)];
    }

    private void Rollout(string name, IGraphDefinition graph, IReadOnlyDictionary<string, Tensor> states)
    {
        Dictionary<string, Tensor> current = new Dictionary<string, Tensor>(states);
        List<Tensor[]> inputs = [], outputs = [];
        for (int step = 0; step < Horizon; step++)
        {
            inputs.Add(Inputs(graph, current, step));
            outputs.Add(Run(graph, inputs[^1]));
            for (int i = 0; i < graph.Outputs.Count; i++)
            {
                if (graph.Outputs[i].Feeds is { } state)
                    current[state] = outputs[^1][i];
            }
        }
        Tensor[] Stacked(List<Tensor[]> steps) =>
            [.. Enumerable.Range(0, steps[0].Length).Select(i => stack(steps.Select(step => step[i])))];
        Store($"rollout/{name}/", graph, Stacked(inputs), Stacked(outputs));
    }

    /// <summary>Inputs by role: recorded observations, drawn actions and noise, given states.</summary>
    private Tensor[] Inputs(IGraphDefinition graph, IReadOnlyDictionary<string, Tensor> states, int step) =>
        [.. graph.Inputs.Select(input => input.Role switch
        {
            TensorRole.Observation => Observations(step),
            TensorRole.State => states[input.Name],
            TensorRole.Action => Actions(input, step),
            TensorRole.Noise => Noise(input, step),
            TensorRole.IsFirst => full([_rows], step == 0 ? 1f : 0f),
            TensorRole.Task => tensor(
                Enumerable.Range(0, _rows).Select(row => (long)((row + step) % _bundle.Tasks!.Count)).ToArray(), [_rows]),
            TensorRole.Setting => Draw(input, NoiseKind.Uniform, step, Philox.Stream($"parity-{input.Name}")) + input.Default!.Value,
            _ => throw new InvalidOperationException($"No reference input is defined for the role {input.Role} of {input.Name}."),
        })];

    /// <summary>Other ones at every step, for a graph may remember those before.</summary>
    private Tensor Observations(int step)
    {
        int size = _bundle.Observation.Size, starts = _bundle.Starts.Length / size;
        float[] values = new float[_rows * size];
        for (int row = 0; row < _rows; row++)
            Array.Copy(_bundle.Starts, (row * starts / _rows + step) % starts * size, values, row * size, size);
        return tensor(values, [_rows, .. _bundle.Observation.Shape.Select(axis => (long)axis)]);
    }

    private Tensor Actions(TensorSpec input, int step)
    {
        uint stream = Philox.Stream("parity-action");
        if (input.Dtype == TensorType.Int64)
        {
            return tensor(Enumerable.Range(0, _rows)
                .Select(row => (long)Philox.NextInt(new NoiseKey(Seed, (uint)row, (uint)step, stream), _bundle.Action.Count!.Value)).ToArray(), [_rows]);
        }

        Tensor uniform = Draw(input, NoiseKind.Uniform, step, stream);
        ActionSpec space = _bundle.Action;
        double[] lows = [.. Enumerable.Range(0, space.Size).Select(space.LowOf)], highs = [.. Enumerable.Range(0, space.Size).Select(space.HighOf)];
        long[] shape = [.. space.Shape!.Select(axis => (long)axis)];
        using Tensor low = tensor(lows, shape, ScalarType.Float32), high = tensor(highs, shape, ScalarType.Float32);
        return uniform * (high - low) + low;
    }

    private Tensor Noise(TensorSpec input, int step) => Draw(input, input.Noise!.Value, step, Philox.Stream($"parity-{input.Name}"));

    private Tensor Draw(TensorSpec input, NoiseKind kind, int step, uint stream)
    {
        int size = input.RowSize;
        float[] values = new float[_rows * size];
        for (int row = 0; row < _rows; row++)
            Philox.Fill(kind, new NoiseKey(Seed, (uint)row, (uint)step, stream), values.AsSpan(row * size, size));
        return tensor(values, [_rows, .. input.Shape.Skip(1).Select(dim => (long)dim.Size)]);
    }

    private void Store(string prefix, IGraphDefinition graph, Tensor[] inputs, Tensor[] outputs)
    {
        for (int i = 0; i < inputs.Length; i++)
            _arrays[$"{prefix}inputs/{graph.Inputs[i].Name}"] = ToArray(inputs[i]);
        for (int i = 0; i < outputs.Length; i++)
            _arrays[$"{prefix}outputs/{graph.Outputs[i].Name}"] = ToArray(outputs[i]);
    }

    private static NpyArray ToArray(Tensor tensor)
    {
        int[] shape = [.. tensor.shape.Select(size => (int)size)];
        return tensor.dtype switch
        {
            ScalarType.Int64 => NpyArray.Of(tensor.contiguous().data<long>().ToArray(), shape),
            ScalarType.Bool => NpyArray.Of(tensor.contiguous().data<bool>().ToArray(), shape),
            _ => NpyArray.Of(tensor.contiguous().data<float>().ToArray(), shape),
        };
    }
}
