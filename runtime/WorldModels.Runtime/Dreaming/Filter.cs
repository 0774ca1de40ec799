using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>
/// Graph <c>observe</c> over a dream's context: from zeros, through the observations and the actions between them, to the posterior that
/// the dream starts from. Bound for the longest context so far; a shorter one begins in the middle.
/// </summary>
internal sealed class Filter : IDisposable
{
    private readonly DreamBuffers _buffers;
    private readonly Graph _observe;
    private readonly LocalTensors _local;
    private readonly List<Tile> _tiles = [];
    private readonly TensorBuffer? _isFirst;

    public Filter(DreamBuffers buffers)
    {
        (_buffers, _observe, _local) = (buffers, buffers.Bundle.Open("observe"), new(buffers));
        foreach (var input in _observe.Spec.Inputs.Where(i => i.Initial == InitialState.Starts))
            throw new BundleException($"Graph observe: state '{input.Name}' starts from {Starts.FileName}, but in a dream observe "
                + "makes the first state, from zeros: expected \"initial\": \"zeros\".");
        if (_observe.Spec.Input(TensorRole.IsFirst) is { } isFirst) _isFirst = _local.Of(_observe, isFirst);
        for (int row = 0; row < buffers.Batch; row += buffers.Tile)
            _tiles.Add(new(row, Math.Min(buffers.Tile, buffers.Batch - row), [], []));
        try
        {
            Reach(1);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Prepares for contexts of up to <paramref name="context"/> observations.</summary>
    public void Reach(int context)
    {
        _buffers.Remember(context);
        foreach (var tile in _tiles)
            while (tile.Steps.Count < context) tile.Steps.Add(Bind(tile, -tile.Steps.Count));
    }

    /// <summary>Filters the context that is there.</summary>
    public void Run(ulong seed)
    {
        int context = _buffers.Context;
        foreach (string state in _buffers.States.Keys) _buffers.State(state, -context).Bytes.Clear();
        _buffers.Action(-context).Bytes.Clear();
        foreach (var tile in _tiles)
        {
            for (int step = 0; step < context; step++)
            {
                _isFirst?.SetAll(step == 0 ? 1 : 0);
                foreach (var input in tile.Noise) input.Draw(seed, (uint)step);
                tile.Steps[context - 1 - step].Run();
            }
        }
    }

    public void Dispose()
    {
        foreach (var graph in _tiles.SelectMany(t => t.Steps)) graph.Dispose();
    }

    private BoundGraph Bind(Tile tile, int t)
    {
        OrtValue View(TensorBuffer buffer) => buffer.View(tile.First, tile.Rows);
        var bound = new BoundGraph(_observe);
        foreach (var input in _observe.Spec.Inputs)
        {
            bound.Input(input, input.Role switch
            {
                TensorRole.Observation => View(_buffers.Observation(t)),
                TensorRole.State => View(_buffers.State(input.Name, t - 1)),
                TensorRole.Action => View(_buffers.Action(t - 1)),
                _ => _local.Input(_observe, input, tile.First, tile.Rows, t == 0 ? tile.Noise : null),
            });
        }
        foreach (var output in _observe.Spec.Outputs)
            bound.Output(output, output.Role == TensorRole.State
                ? View(_buffers.State(output.Feeds!, t)) : _local.Output(_observe, output, tile.Rows));
        return bound;
    }

    /// <summary>Some rows; step i of the list is the i-th before the dream.</summary>
    private sealed record Tile(int First, int Rows, List<NoiseInput> Noise, List<BoundGraph> Steps);
}
