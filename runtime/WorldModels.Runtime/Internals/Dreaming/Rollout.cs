using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// A dream's steps, bound: for each tile of rows, at each step the graphs that make it, on the worker that has the tile; then the heads.
/// State of step t is read where step t - 1 wrote it; what is kept for the last step alone has two places, used in turn.
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
    private readonly int _turns;
    private ulong _seed;
    private uint _noiseStep;
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
            TensorRole[] missing = [.. HeadPass.Asked(buffers.Manifest, buffers.Options).Where(role => !_computed.Contains(role))];
            _computed.UnionWith(missing);
            // A head runs within the steps where only the last step of a state that it reads is kept: two steps later that is overwritten.
            ILookup<bool, TensorRole> heads = missing.ToLookup(role => HeadPass.ReadsLast(buffers.Manifest, role));
            LocalTensors[] local = Enumerable.Range(0, pool.Count).Select(_ => new LocalTensors(buffers)).ToArray();
            foreach ((int worker, int first, int rows) in buffers.Tiles)
            {
                Tile tile = new Tile(buffers, local[worker], graphs, [.. heads[true]], worker, first, rows);
                _tiles[worker].Add(tile);
                _turns = tile.Turns;
            }
            if (!heads[false].Any())
                return;
            _heads = new(buffers, heads[false], pool.Count);
            _runHeads = _heads.Run;
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
    /// <param name="filter">Makes the first states from observations; null: they are in place.</param>
    /// <param name="noiseStep">The noise's step of the first step; those of the others follow.</param>
    public void Run(ulong seed, Filter? filter, uint noiseStep = 0)
    {
        (_seed, _filter, _noiseStep) = (seed, filter, noiseStep);
        filter?.Begin();
        _pool.Run(_runTiles);
        if (_runHeads is not null)
            _pool.Run(_runHeads);
        _buffers.LastTurn = _turns;
    }

    public void Dispose()
    {
        foreach (Tile tile in _tiles.SelectMany(t => t))
            tile.Dispose();
        _heads?.Dispose();
    }

    private void RunTiles(int worker)
    {
        _filter?.Run(worker, _seed);
        foreach (Tile tile in _tiles[worker])
            tile.Run(_seed, _noiseStep);
    }

    private sealed class Tile : IDisposable
    {
        private const int LeastParallelRows = 512;

        private readonly DreamBuffers _buffers;
        private readonly int _first;
        private readonly int _rows;
        private readonly LocalTensors _local;
        private readonly List<Step> _steps = [];

        public Tile(DreamBuffers buffers, LocalTensors local, string[] graphs, TensorRole[] heads, int worker, int first, int rows)
        {
            (_buffers, _local, _first, _rows) = (buffers, local, first, rows);
            (Bundle bundle, string form, int unrolled) = (buffers.Bundle, buffers.Plan.Variant, buffers.Plan.Unrolled);
            int t = 0;
            // Several steps in one run while enough steps remain; the rest one by one.
            if (unrolled > 1 && heads.Length == 0 && graphs is [var only] && bundle.Unrolled(only, form) is not null)
            {
                for (; t + unrolled <= buffers.Horizon; t += unrolled, Turns++)
                    Bind(only, bundle.OpenUnrolled(only, form, worker), t, unrolled, wait: true);
            }

            foreach (TensorRole role in heads)
                BindHead(role, t, worker);
            for (; t < buffers.Horizon; t++)
            {
                // A device runs the steps of one session in order; between sessions, a step has to wait until the one before is done.
                bool wait = graphs.Length + heads.Length > 1 || t == buffers.Horizon - 1;
                foreach (string graph in graphs)
                    Bind(graph, bundle.Open(graph, form, worker), t, 1, wait);
                Turns++;
                foreach (TensorRole role in heads)
                    BindHead(role, t + 1, worker);
            }
        }

        /// <summary>Runs of a step's graphs, each of which writes states that are kept in turn.</summary>
        public int Turns { get; private set; }

        public void Run(ulong seed, uint noiseStep)
        {
            if (_buffers.Device is not null)
                DrawAll(seed, noiseStep);
            foreach (Step step in _steps)
            {
                if (_buffers.Device is null)
                    Draw(step, seed, noiseStep);
                step.Graph.Run();
            }
        }

        public void Dispose()
        {
            foreach (Step step in _steps)
                step.Graph.Dispose();
        }

        private static void Draw(Step step, ulong seed, uint noiseStep)
        {
            foreach ((NoiseInput input, int t) in step.Noise)
                input.Draw(seed, unchecked(noiseStep + (uint)t));
        }

        /// <summary>Draws the noise of all steps before a device runs them; if it is much, on all of the host's cores.</summary>
        private void DrawAll(ulong seed, uint noiseStep)
        {
            if (_rows >= LeastParallelRows)
            {
                Parallel.ForEach(_steps, step => Draw(step, seed, noiseStep));
            }
            else
            {
                foreach (Step step in _steps)
                    Draw(step, seed, noiseStep);
            }
        }

        private TensorView View(TensorBuffer buffer) => buffer.View(_first, _rows);

        private void Bind(string name, GraphSession graph, int first, int steps, bool wait)
        {
            BoundGraph bound = new BoundGraph(graph, _buffers.Device, wait);
            List<(NoiseInput, int)> noise = new List<(NoiseInput, int)>();
            _steps.Add(new(bound, noise));
            GraphSpec spec = _buffers.Bundle.Spec(name, _buffers.Plan.Variant);
            for (int k = 0; k < steps; k++)
            {
                TensorSpec Named(TensorSpec tensor) => steps == 1 ? tensor : UnrolledSpec.At(name, tensor, k);
                foreach (TensorSpec input in spec.Inputs)
                {
                    if (!UnrolledSpec.IsShared(input))
                        Bind(bound, name, Named(input), first + k, noise);
                    else if (k == 0)
                        Bind(bound, name, input, first, noise);
                }
                foreach (TensorSpec output in spec.Outputs)
                {
                    if (k == steps - 1 || !IsInTurn(output))
                        bound.Output(Named(output), Target(name, output, Named(output), first + k));
                }
            }
        }

        /// <summary>Binds a head that reads the states before a step, which later steps overwrite.</summary>
        private void BindHead(TensorRole role, int t, int worker)
        {
            (string name, GraphSpec spec, Trajectory target) = HeadPass.Of(_buffers, role);
            int entry = t - (_buffers.Horizon + 1 - target.Length); // A reward belongs to the state that it arrives at.
            if (entry < 0)
                return;
            BoundGraph bound = new BoundGraph(_buffers.Bundle.Open(name, _buffers.Plan.Variant, worker), _buffers.Device);
            _steps.Add(new(bound, []));
            foreach (TensorSpec input in spec.Inputs)
                bound.Input(input, View(_buffers.States[input.Name].At(t, Turns)));
            foreach (TensorSpec output in spec.Outputs)
                bound.Output(output, output.Role == role ? View(target[entry]) : _local.Output(name, output, _rows));
        }

        /// <summary>Whether an output is a state that an unrolled run writes in its last step alone, as no other step is kept.</summary>
        private bool IsInTurn(TensorSpec output) => output.Feeds is { } state && _buffers.States[state].IsInTurn;

        private void Bind(BoundGraph bound, string graph, TensorSpec input, int t, List<(NoiseInput, int)> noise)
        {
            bool takesAction = graph == "imagine";
            bound.Input(input, input.Role switch
            {
                TensorRole.State => View(_buffers.States[input.Name].At(t, Turns)),
                TensorRole.Action => View(_buffers.Action(takesAction ? t : t - 1)), // A policy reads the previous one.
                TensorRole.Observation when _buffers.ObservationState is { } frame => View(_buffers.States[frame].At(t, Turns)),
                TensorRole.Observation => throw new BundleException($"Graph {graph} reads an observation, but no state of this "
                    + "bundle is one: in a dream it can read states only. Export it on the state."),
                _ => _local.Input(graph, input, t, _first, _rows, drawn => noise.Add((drawn, t))),
            });
        }

        private TensorView Target(string graph, TensorSpec output, TensorSpec named, int t) => output.Role switch
        {
            TensorRole.State => View(_buffers.States[output.Feeds!].At(t + 1, Turns + 1)),
            TensorRole.Action => View(_buffers.Actions[t]),
            TensorRole.Reward => View(_buffers.Rewards![t]),
            TensorRole.Continue => View(_buffers.Continues![t]),
            TensorRole.Logits when _buffers.Logits.TryGetValue(output.Name, out Trajectory? kept) => View(kept[t]),
            _ => _local.Output(graph, named, _rows),
        };
    }

    /// <summary>A bound graph of one step or several, and the noise it reads with the step it is drawn for.</summary>
    private sealed record Step(BoundGraph Graph, List<(NoiseInput Input, int Step)> Noise);
}
