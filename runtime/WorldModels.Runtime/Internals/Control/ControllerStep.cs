using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// A controller bound to one batch size. State and previous action have two tensors each: even calls read the first and write the
/// second, odd calls the other way round, so nothing is copied. On a device they stay there: observations and noise are copied to
/// it (flags and rows that were reset only when they change), actions and results that are read are copied back.
/// </summary>
internal sealed class ControllerStep : IDisposable
{
    private const int MostRows = 256; // their tensors stay in a core's cache

    private readonly Bundle _bundle;
    private readonly DeviceMemory? _device;
    private readonly List<TensorBuffer> _all = [];
    private readonly Dictionary<string, TensorBuffer[]> _states = [];
    private readonly Dictionary<(string, string), TensorBuffer> _local = [];
    private readonly List<NoiseInput> _noise = [];
    private readonly List<TensorBuffer> _isFirst = [];
    private readonly List<TensorBuffer> _tasks = [];
    private readonly Dictionary<string, TensorBuffer> _settings = [];
    private readonly TensorBuffer _observation;
    private readonly TensorBuffer[] _actions;
    private readonly List<BoundGraph>[] _bound = [[], []];
    private readonly Dictionary<TensorRole, TensorBuffer> _results = [];
    private readonly string? _valueGraph;
    private readonly List<BoundGraph>[] _valueOf = [[], []];
    private readonly uint[] _begun;
    private uint _calls;
    private uint _callOfValues;

    /// <param name="bundle">The bundle.</param>
    /// <param name="graphs">The graphs of one step, in order. Where none chooses an action, the caller does.</param>
    /// <param name="batch">B, rows.</param>
    /// <param name="reader">Another graph, which reads the states that they make; or null.</param>
    public ControllerStep(Bundle bundle, string[] graphs, int batch, string? reader = null)
    {
        (_bundle, Batch, _begun) = (bundle, batch, new uint[batch]);
        try
        {
            _device = bundle.NewDeviceMemory();
            List<GraphSpec> specs = graphs.Select(g => bundle.Manifest.Graphs[g]).ToList();
            TensorSpec? observation = specs[0].Input(TensorRole.Observation);
            _observation = New(observation ?? throw new BundleException($"Graph {graphs[0]} reads no observation."));
            TensorSpec action = specs[^1].Output(TensorRole.Action) ?? TensorSpec.Of(bundle.Manifest.Action);
            _actions = [New(action), New(action)];
            if (reader is not null)
                specs.Add(bundle.Manifest.Graphs[reader]);
            foreach (TensorSpec state in specs.SelectMany(s => s.Inputs).Where(t => t.Role == TensorRole.State))
            {
                if (_states.ContainsKey(state.Name))
                    continue;
                if (state.Initial == InitialState.Starts)
                    throw new BundleException($"State '{state.Name}' starts from {Starts.FileName}; a controller's start from zeros.");
                _states[state.Name] = [New(state), New(state)];
            }
            foreach ((int first, int rows) in Pieces())
            {
                for (int phase = 0; phase < 2; phase++)
                    Bind(graphs, phase, first, rows);
            }

            if (!_results.ContainsKey(TensorRole.Value) && bundle.Manifest.Head(TensorRole.Value) is { } value
                && bundle.Manifest.Graphs[value].Inputs.All(i => _states.ContainsKey(i.Name)))
            {
                _valueGraph = value;
            }

            for (int row = 0; row < batch; row++)
                Reset(row);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Batch { get; }

    /// <summary>Copies to and from the device so far; 0 where there is none.</summary>
    public long Copies => _device?.Copies ?? 0;

    /// <summary>How many steps there were.</summary>
    public uint Calls => _calls;

    /// <summary>Logits of the last call where reading them costs no copy from a device; empty where there are none, or it would.</summary>
    public ReadOnlySpan<float> LogitsAtHand =>
        _device is null && _results.TryGetValue(TensorRole.Logits, out TensorBuffer? logits) ? logits.Read<float>() : [];

    /// <summary>How many calls there were since a row's last reset.</summary>
    public uint StepOf(int row) => _calls - _begun[row];

    /// <summary>A state as the last step left it.</summary>
    public TensorBuffer State(string name) => _states[name][(int)(_calls & 1)];

    /// <summary>An output of the last call by role, or null. What the step leaves to a graph on states is computed now.</summary>
    public TensorBuffer? Result(TensorRole role)
    {
        if (role == TensorRole.Value && _valueGraph is not null && _calls > 0)
            RunValue();
        return _results.GetValueOrDefault(role);
    }

    /// <summary>One step; the actions, valid until the next, which reads them as the previous ones.</summary>
    /// <param name="observations">(B, ...observation).</param>
    /// <param name="seed">Determines the noise.</param>
    /// <param name="deterministic">Whether there is none.</param>
    /// <param name="places">Whose noise each row draws; none: its own, at this call.</param>
    public TensorBuffer Run(ReadOnlySpan<float> observations, ulong seed, bool deterministic, ReadOnlySpan<DrawPlace> places = default)
    {
        int phase = (int)(_calls & 1);
        observations.CopyTo(_observation.Overwrite<float>());
        if (!deterministic)
        {
            foreach (NoiseInput input in _noise)
            {
                if (places.IsEmpty)
                    input.Draw(seed, _calls);
                else
                    input.Draw(seed, places);
            }
        }

        foreach (BoundGraph graph in _bound[phase])
            graph.Run();
        foreach (TensorBuffer isFirst in _isFirst)
            isFirst.SetAll(0);
        _calls++;
        return _actions[1 - phase];
    }

    /// <summary>Takes other actions for those of the last step.</summary>
    public void Play<T>(ReadOnlySpan<T> actions) where T : unmanaged => actions.CopyTo(_actions[(int)(_calls & 1)].Overwrite<T>());

    /// <summary>Sets the task that a row acts for from now on.</summary>
    public void SetTask(int row, int task)
    {
        foreach (TensorBuffer tasks in _tasks)
            tasks.Set(row, task);
    }

    /// <summary>Sets what a graph takes as a setting: values of every row, or of one for all.</summary>
    public void Set(string setting, ReadOnlySpan<float> values) => SettingValues.Fill(_settings, setting, values);

    /// <summary>Takes the last step of a row back: its states and previous action are those before it.</summary>
    public void TakeBack(int row)
    {
        int phase = (int)(_calls & 1);
        foreach (TensorBuffer[] state in _states.Values)
            state[phase].CopyRow(state[1 - phase], row);
        _actions[phase].CopyRow(_actions[1 - phase], row);
        _begun[row]++;
        if (StepOf(row) > 0)
            return;
        foreach (TensorBuffer isFirst in _isFirst)
            isFirst.Set(row, 1);
    }

    /// <summary>Starts an episode in a row.</summary>
    public void Reset(int row)
    {
        // The values of the last call are computed while its states are still there.
        if (_valueGraph is not null && _calls > 0)
            RunValue();
        int phase = (int)(_calls & 1);
        _begun[row] = _calls;
        foreach (TensorBuffer[] state in _states.Values)
            state[phase].Set(row, 0);
        _actions[phase].Set(row, 0);
        foreach (TensorBuffer isFirst in _isFirst)
            isFirst.Set(row, 1);
    }

    public void Dispose()
    {
        foreach (BoundGraph graph in _bound.Concat(_valueOf).SelectMany(g => g))
            graph.Dispose();
        foreach (TensorBuffer buffer in _all)
            buffer.Dispose();
        _device?.Dispose();
    }

    /// <summary>The rows of the batch that run together.</summary>
    private IEnumerable<(int First, int Rows)> Pieces()
    {
        int most = _bundle.IsOnDevice ? Batch : MostRows;
        for (int first = 0; first < Batch; first += most)
            yield return (first, Math.Min(most, Batch - first));
    }

    private void RunValue()
    {
        if (_callOfValues == _calls)
            return;
        _callOfValues = _calls;
        int phase = (int)(_calls & 1);
        if (_valueOf[phase].Count == 0)
        {
            foreach ((int first, int rows) in Pieces())
                BindValue(phase, first, rows);
        }

        foreach (BoundGraph graph in _valueOf[phase])
            graph.Run();
    }

    private void BindValue(int phase, int first, int rows)
    {
        GraphSession graph = _bundle.Open(_valueGraph!, Batch);
        BoundGraph bound = new BoundGraph(graph, _device);
        _valueOf[phase].Add(bound);
        foreach (TensorSpec input in graph.Spec.Inputs)
            bound.Input(input, _states[input.Name][phase].View(first, rows));
        foreach (TensorSpec output in graph.Spec.Outputs)
        {
            TensorBuffer buffer = Local(graph, output);
            if (output.Role == TensorRole.Value)
                _results[TensorRole.Value] = buffer;
            bound.Output(output, buffer.View(first, rows));
        }
    }

    private void Bind(string[] graphs, int phase, int first, int rows)
    {
        // A state that an earlier graph of this step wrote is read where it was written.
        Dictionary<string, TensorBuffer> current = _states.ToDictionary(s => s.Key, s => s.Value[phase]);
        foreach (string name in graphs)
        {
            GraphSession graph = _bundle.Open(name, Batch);
            BoundGraph step = new BoundGraph(graph, _device);
            _bound[phase].Add(step);
            foreach (TensorSpec input in graph.Spec.Inputs)
            {
                TensorBuffer buffer = input.Role switch
                {
                    TensorRole.Observation => _observation,
                    TensorRole.State => current[input.Name],
                    TensorRole.Action => _actions[phase],
                    _ => Supplied(graph, input),
                };
                step.Input(input, buffer.View(first, rows));
            }
            foreach (TensorSpec output in graph.Spec.Outputs)
            {
                TensorBuffer buffer = output.Role switch
                {
                    TensorRole.Action when name == graphs[^1] => _actions[1 - phase],
                    TensorRole.State when _states.TryGetValue(output.Feeds!, out TensorBuffer[]? state) => Next(output, state[1 - phase]),
                    _ => Local(graph, output),
                };
                if (output.Role is TensorRole.Value or TensorRole.Logits or TensorRole.Novelty)
                    _results.TryAdd(output.Role, buffer);
                step.Output(output, buffer.View(first, rows));
            }
        }

        TensorBuffer Next(TensorSpec output, TensorBuffer next) => ReferenceEquals(current[output.Feeds!], next)
            ? throw new BundleException($"Two graphs of one step, {string.Join(" and ", graphs)}, both write state '{output.Feeds}'.")
            : current[output.Feeds!] = next;
    }

    private TensorBuffer Supplied(GraphSession graph, TensorSpec input)
    {
        if (input.Role == TensorRole.Setting && _settings.TryGetValue(input.Name, out TensorBuffer? setting))
            return setting;     // one for all graphs of a step
        bool isNew = !_local.ContainsKey((graph.Name, input.Name));
        TensorBuffer buffer = Local(graph, input);
        if (!isNew)
            return buffer;
        switch (input.Role)
        {
            case TensorRole.Noise:
                // What a deterministic controller leaves there: zero gives the mode of Gaussian and Gumbel draws,
                // a half the median of uniform ones.
                if (input.Noise == NoiseKind.Uniform)
                    buffer.Span<float>().Fill(0.5f);
                _noise.Add(new(graph.Name, input, buffer, 0, Batch));
                break;
            case TensorRole.IsFirst:
                _isFirst.Add(buffer);
                break;
            case TensorRole.Task:
                _tasks.Add(buffer);
                break;
            case TensorRole.Setting:
                _settings[input.Name] = buffer;
                buffer.Overwrite<float>().Fill(input.Default!.Value);
                break;
            default:
                throw new BundleException($"Graph {graph.Name}: a controller cannot supply input '{input.Name}' "
                    + $"({NameConverter<TensorRole>.Write(input.Role)}).");
        }
        return buffer;
    }

    private TensorBuffer Local(GraphSession graph, TensorSpec tensor) =>
        _local.TryGetValue((graph.Name, tensor.Name), out TensorBuffer? buffer) ? buffer : _local[(graph.Name, tensor.Name)] = New(tensor);

    private TensorBuffer New(TensorSpec tensor)
    {
        if (tensor.Shape.Skip(1).Any(d => !d.IsFixed))
            throw new BundleException($"'{tensor.Name}' {tensor.Describe()}: a controller needs every dimension but the batch fixed.");
        TensorBuffer buffer = new TensorBuffer(tensor, Batch, _device);
        _all.Add(buffer);
        return buffer;
    }
}
