namespace WorldModels.Runtime;

/// <summary>
/// A controller bound to one batch size. State and previous action have two tensors each: even calls read the first and write the
/// second, odd calls the other way round, so nothing is copied.
/// </summary>
internal sealed class ControllerStep : IDisposable
{
    private readonly Bundle bundle;
    private readonly List<TensorBuffer> all = [];
    private readonly Dictionary<string, TensorBuffer[]> states = [];
    private readonly Dictionary<(string, string), TensorBuffer> local = [];
    private readonly List<NoiseInput> noise = [];
    private readonly List<TensorBuffer> firsts = [];
    private readonly List<TensorBuffer> tasks = [];
    private readonly TensorBuffer observation;
    private readonly TensorBuffer[] actions;
    private readonly List<BoundGraph>[] bound = [[], []];
    private readonly Dictionary<TensorRole, TensorBuffer> results = [];
    private uint calls;

    public ControllerStep(Bundle bundle, string[] graphs, int batch)
    {
        (this.bundle, Batch) = (bundle, batch);
        try
        {
            var specs = graphs.Select(g => bundle.Manifest.Graphs[g]).ToList();
            var seen = specs[0].Input(TensorRole.Observation);
            observation = New(seen ?? throw new BundleException($"Graph {graphs[0]} reads no observation."));
            var action = specs[^1].Output(TensorRole.Action)!;
            actions = [New(action), New(action)];
            foreach (var state in specs.SelectMany(s => s.Inputs).Where(t => t.Role == TensorRole.State))
            {
                if (states.ContainsKey(state.Name)) continue;
                if (state.Initial == InitialState.Starts)
                    throw new BundleException($"State '{state.Name}' starts from {Starts.FileName}; a controller's start from zeros.");
                states[state.Name] = [New(state), New(state)];
            }
            for (int phase = 0; phase < 2; phase++) Bind(graphs, phase);
            for (int row = 0; row < batch; row++) Reset(row);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Batch { get; }

    /// <summary>An output of the last call by role, or null.</summary>
    public TensorBuffer? Result(TensorRole role) => results.GetValueOrDefault(role);

    /// <summary>One step; the actions, valid until the next.</summary>
    public TensorBuffer Run(ReadOnlySpan<float> observations, ulong seed, bool deterministic, long task)
    {
        int phase = (int)(calls & 1);
        observations.CopyTo(observation.Span<float>());
        foreach (var buffer in tasks) buffer.Span<long>().Fill(task);
        if (!deterministic)
            foreach (var input in noise) input.Draw(seed, calls);
        foreach (var graph in bound[phase]) graph.Run();
        foreach (var buffer in firsts) buffer.Bytes.Clear();
        calls++;
        return actions[1 - phase];
    }

    /// <summary>Starts an episode in a row.</summary>
    public void Reset(int row)
    {
        int phase = (int)(calls & 1);
        foreach (var state in states.Values) state[phase].Set(row, 0);
        actions[phase].Set(row, 0);
        foreach (var first in firsts) first.Set(row, 1);
    }

    public void Dispose()
    {
        foreach (var graph in bound.SelectMany(g => g)) graph.Dispose();
        foreach (var buffer in all) buffer.Dispose();
    }

    private void Bind(string[] graphs, int phase)
    {
        // A state that an earlier graph of this step wrote is read where it was written.
        var current = states.ToDictionary(s => s.Key, s => s.Value[phase]);
        foreach (string name in graphs)
        {
            var graph = bundle.Open(name);
            var step = new BoundGraph(graph);
            bound[phase].Add(step);
            foreach (var input in graph.Spec.Inputs)
            {
                var buffer = input.Role switch
                {
                    TensorRole.Observation => observation,
                    TensorRole.State => current[input.Name],
                    TensorRole.Action => actions[phase],
                    _ => Supplied(graph, input),
                };
                step.Input(input, buffer.View(0, Batch));
            }
            foreach (var output in graph.Spec.Outputs)
            {
                var buffer = output.Role switch
                {
                    TensorRole.Action when name == graphs[^1] => actions[1 - phase],
                    TensorRole.State when states.TryGetValue(output.Feeds!, out var state) => current[output.Feeds!] = state[1 - phase],
                    _ => Local(graph, output),
                };
                if (output.Role is TensorRole.Value or TensorRole.Logits) results.TryAdd(output.Role, buffer);
                step.Output(output, buffer.View(0, Batch));
            }
        }
    }

    private TensorBuffer Supplied(Graph graph, TensorSpec input)
    {
        bool isNew = !local.ContainsKey((graph.Name, input.Name));
        var buffer = Local(graph, input);
        if (!isNew) return buffer;
        switch (input.Role)
        {
            case TensorRole.Noise:
                // What a deterministic controller leaves there: zero gives the mode of Gaussian and Gumbel draws,
                // a half the median of uniform ones.
                if (input.Noise == NoiseKind.Uniform) buffer.Span<float>().Fill(0.5f);
                noise.Add(new(graph, input, buffer, 0, Batch));
                break;
            case TensorRole.IsFirst:
                firsts.Add(buffer);
                break;
            case TensorRole.Task:
                tasks.Add(buffer);
                break;
            default:
                throw new BundleException($"Graph {graph.Name}: a controller cannot supply input '{input.Name}' "
                    + $"({NameConverter<TensorRole>.Write(input.Role)}).");
        }
        return buffer;
    }

    private TensorBuffer Local(Graph graph, TensorSpec tensor) =>
        local.TryGetValue((graph.Name, tensor.Name), out var buffer) ? buffer : local[(graph.Name, tensor.Name)] = New(tensor);

    private TensorBuffer New(TensorSpec tensor)
    {
        if (tensor.Shape.Skip(1).Any(d => !d.IsFixed))
            throw new BundleException($"'{tensor.Name}' {tensor.Describe()}: a controller needs every dimension but the batch fixed.");
        var buffer = new TensorBuffer(tensor, Batch);
        all.Add(buffer);
        return buffer;
    }
}
