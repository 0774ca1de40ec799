using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>A dream's steps, bound: for each tile of rows, at each step the graphs that make it.</summary>
internal sealed class Rollout : IDisposable
{
    private readonly List<Tile> _tiles = [];

    /// <param name="buffers">The dream's memory.</param>
    /// <param name="graphs">The graphs of one step, in order: act then imagine, or imagine, or dream.</param>
    public Rollout(DreamBuffers buffers, string[] graphs)
    {
        var local = new LocalTensors(buffers);
        try
        {
            for (int row = 0; row < buffers.Batch; row += buffers.Tile)
                _tiles.Add(new(buffers, local, graphs, row, Math.Min(buffers.Tile, buffers.Batch - row)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="seed">Determines the noise.</param>
    public void Run(ulong seed)
    {
        foreach (var tile in _tiles) tile.Run(seed);
    }

    public void Dispose()
    {
        foreach (var tile in _tiles) tile.Dispose();
    }

    private sealed class Tile : IDisposable
    {
        private readonly DreamBuffers _buffers;
        private readonly int _first;
        private readonly int _rows;
        private readonly LocalTensors _local;
        private readonly List<NoiseInput>[] _noise;
        private readonly BoundGraph[][] _steps;

        public Tile(DreamBuffers buffers, LocalTensors local, string[] graphs, int first, int rows)
        {
            (_buffers, _local, _first, _rows) = (buffers, local, first, rows);
            _noise = [.. graphs.Select(_ => new List<NoiseInput>())];
            _steps = [.. Enumerable.Range(0, buffers.Horizon).Select(_ => new BoundGraph[graphs.Length])];
            for (int t = 0; t < buffers.Horizon; t++)
                for (int g = 0; g < graphs.Length; g++)
                    _steps[t][g] = BindStep(buffers.Bundle.Open(graphs[g]), t, t == 0 ? _noise[g] : null);
        }

        public void Run(ulong seed)
        {
            for (int t = 0; t < _steps.Length; t++)
            {
                for (int g = 0; g < _steps[t].Length; g++)
                {
                    foreach (var input in _noise[g]) input.Draw(seed, (uint)t);
                    _steps[t][g].Run();
                }
            }
        }

        public void Dispose()
        {
            foreach (var graph in _steps.SelectMany(s => s)) graph?.Dispose();
        }

        private OrtValue View(TensorBuffer buffer) => buffer.View(_first, _rows);

        private BoundGraph BindStep(Graph graph, int t, List<NoiseInput>? noise)
        {
            var bound = new BoundGraph(graph);
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
                    _ => _local.Input(graph, input, _first, _rows, noise),
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
