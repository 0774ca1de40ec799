namespace WorldModels.Runtime;

/// <summary>
/// Graph <c>imagine</c> from each row's state along each of its candidates, some at a time, and the sum of the rewards on the way. State
/// has two tensors, as in <see cref="ControllerStep"/>.
/// </summary>
internal sealed class CandidateRollout : IDisposable
{
    private readonly Graph _imagine;
    private readonly ControllerStep _from;
    private readonly int _candidates;
    private readonly int _rows;
    private readonly int _tile;
    private readonly List<TensorBuffer> _all = [];
    private readonly Dictionary<string, TensorBuffer[]> _states = [];
    private readonly Dictionary<string, TensorBuffer> _local = [];
    private readonly List<NoiseInput> _noise = [];
    private readonly List<TensorBuffer> _tasks = [];
    private readonly TensorBuffer _action;
    private readonly TensorBuffer _reward;
    private readonly float _centre;
    private readonly float _reach;

    // For each phase: all rows of a tile, and those that the last tile has.
    private readonly BoundGraph[] _whole = new BoundGraph[2];
    private readonly BoundGraph[] _last = new BoundGraph[2];

    /// <param name="bundle">The bundle.</param>
    /// <param name="from">Where the rows' states are.</param>
    /// <param name="candidates">Candidates of one row.</param>
    /// <param name="tile">Candidates imagined together; 0: all of all rows.</param>
    public CandidateRollout(Bundle bundle, ControllerStep from, int candidates, int tile)
    {
        (_imagine, _from, _candidates) = (bundle.Open("imagine"), from, candidates);
        _rows = checked(from.Batch * candidates);
        _tile = tile == 0 ? _rows : Math.Min(tile, _rows);
        var space = bundle.Manifest.Action;
        (_centre, _reach) = ((float)((space.High!.Value + space.Low!.Value) / 2), (float)((space.High.Value - space.Low.Value) / 2));
        try
        {
            var spec = _imagine.Spec;
            _action = New(spec.Input(TensorRole.Action)!);
            _reward = New(spec.Output(TensorRole.Reward)!);
            foreach (var state in spec.Inputs.Where(i => i.Role == TensorRole.State))
            {
                // What imagine does not change is one tensor.
                var first = New(state);
                _states[state.Name] = [first, spec.Outputs.Any(o => o.Feeds == state.Name) ? New(state) : first];
            }
            foreach (var input in spec.Inputs) Supply(input);
            for (int phase = 0; phase < 2; phase++)
            {
                _whole[phase] = Bind(phase, _tile);
                _last[phase] = _rows % _tile == 0 ? _whole[phase] : Bind(phase, _rows % _tile);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sums each candidate's rewards.</summary>
    /// <param name="actions">(H, B * N, A) in [-1, 1].</param>
    /// <param name="returns">(B * N).</param>
    /// <param name="seed">Determines the noise.</param>
    /// <param name="noiseStep">The noise's step of the first action; those of the others follow.</param>
    /// <param name="task">The task all follow.</param>
    public void Run(ReadOnlySpan<float> actions, Span<float> returns, ulong seed, uint noiseStep, long task)
    {
        int size = _action.RowSize, horizon = actions.Length / (_rows * size);
        foreach (var buffer in _tasks) buffer.Span<long>().Fill(task);
        returns.Clear();
        for (int first = 0; first < _rows; first += _tile)
        {
            int count = Math.Min(_tile, _rows - first);
            var bound = count == _tile ? _whole : _last;
            Begin(first, count);
            for (int t = 0; t < horizon; t++)
            {
                Scale(actions.Slice((t * _rows + first) * size, count * size), _action.Span<float>());
                foreach (var input in _noise) input.Draw(seed, unchecked(noiseStep + (uint)t), first, count);
                bound[t & 1].Run();
                var rewards = _reward.Span<float>();
                for (int i = 0; i < count; i++) returns[first + i] += rewards[i];
            }
        }
    }

    /// <summary>From [-1, 1] to the bundle's bounds.</summary>
    public void Scale(ReadOnlySpan<float> actions, Span<float> scaled)
    {
        for (int i = 0; i < actions.Length; i++) scaled[i] = _centre + _reach * actions[i];
    }

    public void Dispose()
    {
        foreach (var graph in _whole.Concat(_last)) graph?.Dispose();
        foreach (var buffer in _all) buffer.Dispose();
    }

    /// <summary>Each candidate starts where its row stands.</summary>
    private void Begin(int first, int count)
    {
        foreach (var (name, buffers) in _states)
        {
            var rows = _from.State(name).Read<byte>();
            var tile = buffers[0].Span<byte>();
            int size = rows.Length / _from.Batch;
            for (int i = 0; i < count; i++) rows.Slice((first + i) / _candidates * size, size).CopyTo(tile[(i * size)..]);
        }
    }

    private BoundGraph Bind(int phase, int rows)
    {
        var bound = new BoundGraph(_imagine);
        foreach (var input in _imagine.Spec.Inputs)
        {
            var buffer = input.Role switch
            {
                TensorRole.State => _states[input.Name][phase],
                TensorRole.Action => _action,
                _ => Local(input),
            };
            bound.Input(input, buffer.View(0, rows));
        }
        foreach (var output in _imagine.Spec.Outputs)
        {
            var buffer = output.Role switch
            {
                TensorRole.State when _states.TryGetValue(output.Feeds!, out var state) => state[1 - phase],
                TensorRole.Reward => _reward,
                _ => Local(output),
            };
            bound.Output(output, buffer.View(0, rows));
        }
        return bound;
    }

    private void Supply(TensorSpec input)
    {
        switch (input.Role)
        {
            case TensorRole.State or TensorRole.Action or TensorRole.IsFirst:
                break; // What is imagined is no first step: zeros.
            case TensorRole.Noise:
                _noise.Add(new(_imagine, input, Local(input), 0, _tile, "plan/"));
                break;
            case TensorRole.Task:
                _tasks.Add(Local(input));
                break;
            default:
                throw new BundleException($"Graph {_imagine.Name}: a planner cannot supply input '{input.Name}' "
                    + $"({NameConverter<TensorRole>.Write(input.Role)}).");
        }
    }

    private TensorBuffer Local(TensorSpec tensor) =>
        _local.TryGetValue(tensor.Name, out var buffer) ? buffer : _local[tensor.Name] = New(tensor);

    private TensorBuffer New(TensorSpec tensor)
    {
        if (tensor.Shape.Skip(1).Any(d => !d.IsFixed))
            throw new BundleException($"'{tensor.Name}' {tensor.Describe()}: a planner needs every dimension but the batch fixed.");
        var buffer = new TensorBuffer(tensor, _tile);
        _all.Add(buffer);
        return buffer;
    }
}
