namespace WorldModels.Runtime;

/// <summary>
/// A dream's steps, bound: for each tile of rows, at each step the graphs that make it, on the worker that has the tile; then the heads.
/// State of step t is read where step t - 1 wrote it.
/// </summary>
internal sealed class Rollout : IDisposable
{
    private readonly DreamBuffers _buffers;
    private readonly WorkerPool _pool;
    private readonly List<Tile>[] _tiles;
    private readonly HeadPass? _heads;
    private readonly HashSet<TensorRole> _computed;
    private readonly Action<int> _runTiles;
    private readonly Action<int>? _runHeads;
    private ulong _seed;
    private Filter? _filter;

    /// <param name="buffers">The dream's memory.</param>
    /// <param name="graphs">The graphs of one step, in order: act then imagine, or imagine, or dream.</param>
    /// <param name="pool">The workers.</param>
    public Rollout(DreamBuffers buffers, string[] graphs, WorkerPool pool)
    {
        (_buffers, _pool) = (buffers, pool);
        _tiles = [.. Enumerable.Range(0, pool.Count).Select(_ => new List<Tile>())];
        string form = buffers.Plan.Variant;
        _computed = [.. graphs.SelectMany(g => buffers.Bundle.Spec(g, form).Outputs).Select(o => o.Role)];
        _runTiles = RunTiles;
        try
        {
            // A device is given the noise of all steps at once.
            int noiseSteps = buffers.Device is null ? 1 : buffers.Horizon;
            var local = Enumerable.Range(0, pool.Count).Select(_ => new LocalTensors(buffers, noiseSteps)).ToArray();
            foreach (var (worker, first, rows) in buffers.Tiles)
                _tiles[worker].Add(new(buffers, local[worker], [.. graphs.Select(g => buffers.Bundle.Open(g, form, worker))], first, rows));
            TensorRole[] missing = [.. HeadPass.Asked(buffers).Where(role => !_computed.Contains(role))];
            if (missing.Length == 0) return;
            _heads = new(buffers, missing, pool.Count);
            _runHeads = _heads.Run;
            _computed.UnionWith(missing);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a run computes a role.</summary>
    public bool Computes(TensorRole role) => _computed.Contains(role);

    /// <param name="seed">Determines the noise.</param>
    /// <param name="filter">What makes the first states of observations; null: they are there.</param>
    public void Run(ulong seed, Filter? filter)
    {
        (_seed, _filter) = (seed, filter);
        filter?.Begin();
        _pool.Run(_runTiles);
        if (_runHeads is not null) _pool.Run(_runHeads);
    }

    public void Dispose()
    {
        foreach (var tile in _tiles.SelectMany(t => t)) tile.Dispose();
        _heads?.Dispose();
    }

    private void RunTiles(int worker)
    {
        _filter?.Run(worker, _seed);
        foreach (var tile in _tiles[worker]) tile.Run(_seed);
    }

    private sealed class Tile : IDisposable
    {
        private const int LeastParallelRows = 4096;

        private readonly DreamBuffers _buffers;
        private readonly int _first;
        private readonly int _rows;
        private readonly LocalTensors _local;
        private readonly List<NoiseInput>[][] _noise; // of each step, or of all; of each graph
        private readonly BoundGraph[][] _steps;

        public Tile(DreamBuffers buffers, LocalTensors local, Graph[] graphs, int first, int rows)
        {
            (_buffers, _local, _first, _rows) = (buffers, local, first, rows);
            int noiseSteps = buffers.Device is null ? 1 : buffers.Horizon;
            _noise = [.. Enumerable.Range(0, noiseSteps).Select(_ => graphs.Select(_ => new List<NoiseInput>()).ToArray())];
            _steps = [.. Enumerable.Range(0, buffers.Horizon).Select(_ => new BoundGraph[graphs.Length])];
            for (int t = 0; t < buffers.Horizon; t++)
            {
                // The next step of the same session waits for this one; another session's must be waited for.
                bool wait = graphs.Length > 1 || t == buffers.Horizon - 1;
                for (int g = 0; g < graphs.Length; g++)
                    _steps[t][g] = BindStep(graphs[g], t, t < noiseSteps ? _noise[t][g] : null, wait);
            }
        }

        public void Run(ulong seed)
        {
            if (_buffers.Device is not null) DrawAll(seed);
            for (int t = 0; t < _steps.Length; t++)
            {
                for (int g = 0; g < _steps[t].Length; g++)
                {
                    if (_buffers.Device is null)
                        foreach (var input in _noise[0][g]) input.Draw(seed, (uint)t);
                    _steps[t][g].Run();
                }
            }
        }

        public void Dispose()
        {
            foreach (var graph in _steps.SelectMany(s => s)) graph?.Dispose();
        }

        /// <summary>The host has nothing else to do: all its cores draw, if there is enough of it.</summary>
        private void DrawAll(ulong seed)
        {
            if (_rows < LeastParallelRows)
                for (int t = 0; t < _noise.Length; t++) Draw(t);
            else
                Parallel.For(0, _noise.Length, Draw);

            void Draw(int t)
            {
                foreach (var input in _noise[t].SelectMany(n => n)) input.Draw(seed, (uint)t);
            }
        }

        private TensorView View(TensorBuffer buffer) => buffer.View(_first, _rows);

        private BoundGraph BindStep(Graph graph, int t, List<NoiseInput>? noise, bool wait)
        {
            var bound = new BoundGraph(graph, _buffers.Device, wait);
            bool takesAction = graph.Name == "imagine";
            foreach (var input in graph.Spec.Inputs)
            {
                bound.Input(input, input.Role switch
                {
                    TensorRole.State => View(_buffers.States[input.Name][t]),
                    TensorRole.Action => View(_buffers.Action(takesAction ? t : t - 1)), // A policy may want the previous one.
                    TensorRole.Observation when _buffers.ObservationState is { } frame => View(_buffers.States[frame][t]),
                    TensorRole.Observation => throw new BundleException($"Graph {graph.Name} reads an observation, but no state of this "
                        + "bundle is one: in a dream it can read states only. Export it on the state."),
                    _ => _local.Input(graph, input, _first, _rows, _noise.Length == 1 ? 0 : t, noise),
                });
            }
            foreach (var output in graph.Spec.Outputs)
            {
                bound.Output(output, output.Role switch
                {
                    TensorRole.State => View(_buffers.States[output.Feeds!][t + 1]),
                    TensorRole.Action => View(_buffers.Actions[t]),
                    TensorRole.Reward => View(_buffers.Rewards![t]),
                    TensorRole.Continue => View(_buffers.Continues![t]),
                    TensorRole.Logits when _buffers.Logits.TryGetValue(output.Name, out var kept) => View(kept[t]),
                    _ => _local.Output(graph, output, _rows),
                });
            }
            return bound;
        }
    }
}
