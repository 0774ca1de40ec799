using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// Graph <c>observe</c> over a dream's context: from zeros, through the observations and the actions between them, to the posterior that
/// the dream starts from. Bound for the longest context so far; a shorter one begins in the middle.
/// </summary>
internal sealed class Filter : IDisposable
{
    private const string Name = "observe";

    private readonly DreamBuffers _buffers;
    private readonly string[] _carried; // the states that observe reads as it wrote them
    private readonly Worker[] _workers;
    private readonly List<Tile> _tiles = [];

    public Filter(DreamBuffers buffers)
    {
        _buffers = buffers;
        string form = buffers.Plan.Variant;
        GraphSpec spec = buffers.Bundle.Spec(Name, form);
        foreach (TensorSpec input in spec.Inputs.Where(i => i.Initial == InitialState.Starts))
        {
            throw new BundleException($"Graph observe: state '{input.Name}' starts from {Starts.FileName}, but in a dream observe "
                + "makes the first state, from zeros: expected \"initial\": \"zeros\".");
        }

        _carried = [.. spec.Inputs.Select(i => i.Name).Intersect(spec.Outputs.Select(o => o.Feeds).OfType<string>())];
        _workers = [.. Enumerable.Range(0, buffers.Plan.Threads).Select(i =>
        {
            (GraphSession graph, LocalTensors local) = (buffers.Bundle.Open(Name, form, i), new LocalTensors(buffers));
            return new Worker(graph, local, spec.Input(TensorRole.IsFirst) is { } isFirst ? local.Of(Name, isFirst) : null);
        })];
        foreach ((int worker, int first, int rows) in buffers.Tiles)
            _tiles.Add(new(worker, first, rows, [], []));
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
        foreach (Tile tile in _tiles)
        {
            while (tile.Steps.Count < context)
                tile.Steps.Add(Bind(tile, -tile.Steps.Count));
        }
    }

    /// <summary>Before the workers run: states and actions before the context are zeros.</summary>
    public void Begin()
    {
        int context = _buffers.Context;
        foreach (string state in _carried)
            _buffers.State(state, -context).SetAll(0);
        _buffers.Action(-context).SetAll(0);
    }

    /// <summary>Filters the context that is there, in the tiles of one worker.</summary>
    public void Run(int worker, ulong seed)
    {
        int context = _buffers.Context;
        foreach (Tile tile in _tiles)
        {
            if (tile.Worker != worker)
                continue;
            for (int step = 0; step < context; step++)
            {
                _workers[worker].IsFirst?.SetAll(step == 0 ? 1 : 0);
                foreach (NoiseInput input in tile.Noise)
                    input.Draw(seed, (uint)step);
                tile.Steps[context - 1 - step].Run();
            }
        }
    }

    public void Dispose()
    {
        foreach (BoundGraph graph in _tiles.SelectMany(t => t.Steps))
            graph.Dispose();
    }

    private BoundGraph Bind(Tile tile, int t)
    {
        TensorView View(TensorBuffer buffer) => buffer.View(tile.First, tile.Rows);
        (GraphSession graph, LocalTensors local, TensorBuffer? _) = _workers[tile.Worker];
        BoundGraph bound = new BoundGraph(graph, _buffers.Device);
        foreach (TensorSpec input in graph.Spec.Inputs)
        {
            bound.Input(input, input.Role switch
            {
                TensorRole.Observation => View(_buffers.Observation(t)),
                TensorRole.State when _carried.Contains(input.Name) => View(_buffers.State(input.Name, t - 1)),
                TensorRole.State => local.Output(Name, input, tile.Rows), // Nobody writes it before the dream: zeros.
                TensorRole.Action => View(_buffers.Action(t - 1)),
                _ => local.Input(Name, input, tile.First, tile.Rows, t == 0 ? tile.Noise.Add : null),
            });
        }
        foreach (TensorSpec output in graph.Spec.Outputs)
        {
            bound.Output(output, output.Role == TensorRole.State
                ? View(_buffers.State(output.Feeds!, t)) : local.Output(Name, output, tile.Rows));
        }

        return bound;
    }

    /// <summary>Some rows; step i of the list is the i-th before the dream.</summary>
    private sealed record Tile(int Worker, int First, int Rows, List<NoiseInput> Noise, List<BoundGraph> Steps);

    /// <summary>What a worker's tiles share.</summary>
    private sealed record Worker(GraphSession Graph, LocalTensors Local, TensorBuffer? IsFirst);
}
