using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>A dream's steps, bound: for each tile of rows, the start, then at each step the graphs that make it.</summary>
internal sealed class Rollout : IDisposable
{
    private readonly List<Tile> _tiles = [];

    // Memory that no trajectory keeps: noise, constants, scratch. One tensor for all steps and tiles, which run one after another.
    private readonly Dictionary<(string, string), TensorBuffer> _local = [];

    /// <param name="buffers">The dream's memory.</param>
    /// <param name="graphs">The graphs of one step, in order: act then imagine, or imagine, or dream.</param>
    public Rollout(DreamBuffers buffers, string[] graphs)
    {
        try
        {
            for (int row = 0; row < buffers.Batch; row += buffers.Tile)
                _tiles.Add(new(buffers, _local, graphs, row, Math.Min(buffers.Tile, buffers.Batch - row)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="seed">Determines the noise.</param>
    /// <param name="observe">Whether the first state is made by graph <c>observe</c>; otherwise it is there already.</param>
    public void Run(ulong seed, bool observe)
    {
        foreach (var tile in _tiles) tile.Run(seed, observe);
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
        private readonly Dictionary<(string, string), TensorBuffer> _local;
        private readonly List<NoiseInput> _startNoise = [];
        private readonly List<NoiseInput>[] _noise;
        private readonly BoundGraph? _start;
        private readonly BoundGraph[][] _steps;

        public Tile(DreamBuffers buffers, Dictionary<(string, string), TensorBuffer> local, string[] graphs, int first, int rows)
        {
            (_buffers, _local, _first, _rows) = (buffers, local, first, rows);
            _noise = [.. graphs.Select(_ => new List<NoiseInput>())];
            _steps = [.. Enumerable.Range(0, buffers.Horizon).Select(_ => new BoundGraph[graphs.Length])];
            if (buffers.Bundle.Has("observe")) _start = BindStart(buffers.Bundle.Open("observe"));
            for (int t = 0; t < buffers.Horizon; t++)
                for (int g = 0; g < graphs.Length; g++)
                    _steps[t][g] = BindStep(buffers.Bundle.Open(graphs[g]), t, t == 0 ? _noise[g] : null);
        }

        public void Run(ulong seed, bool observe)
        {
            if (observe)
            {
                foreach (var input in _startNoise) input.Draw(seed, 0);
                _start?.Run();
            }
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
            _start?.Dispose();
            foreach (var graph in _steps.SelectMany(s => s)) graph?.Dispose();
        }

        private OrtValue View(TensorBuffer buffer) => buffer.View(_first, _rows);

        private TensorBuffer Local(string purpose, TensorSpec tensor)
        {
            if (!_local.TryGetValue((purpose, tensor.Name), out var buffer))
                _local[(purpose, tensor.Name)] = buffer = _buffers.New(tensor, perTile: true);
            return buffer;
        }

        private BoundGraph BindStart(Graph graph)
        {
            var bound = new BoundGraph(graph);
            foreach (var input in graph.Spec.Inputs)
            {
                if (input.Role == TensorRole.Observation) bound.Input(input, View(_buffers.StartObservation));
                else if (input.Initial == InitialState.Starts)
                    throw new BundleException($"Graph observe: state '{input.Name}' starts from {Starts.FileName}, but in a dream observe "
                        + "makes the first state, from zeros: expected \"initial\": \"zeros\".");
                else bound.Input(input, Common(graph, input, _startNoise, isFirst: 1, Local("start", input)));
            }
            foreach (var output in graph.Spec.Outputs)
                bound.Output(output, output.Role == TensorRole.State ? View(_buffers.States[output.Feeds!][0]) : Scratch(graph, output));
            return bound;
        }

        private BoundGraph BindStep(Graph graph, int t, List<NoiseInput>? noiseInputs)
        {
            var bound = new BoundGraph(graph);
            bool takesAction = graph.Name == "imagine";
            foreach (var input in graph.Spec.Inputs)
            {
                bound.Input(input, input.Role switch
                {
                    TensorRole.State => View(_buffers.States[input.Name][t]),
                    TensorRole.Action when takesAction => View(_buffers.Actions[t]),
                    TensorRole.Action when t > 0 => View(_buffers.Actions[t - 1]), // The previous one, for a policy that wants it.
                    TensorRole.Observation when _buffers.ObservationState is { } frames => View(frames[t]),
                    TensorRole.Observation => throw new BundleException($"Graph {graph.Name} reads an observation, but no state of this "
                        + "bundle is one: in a dream it can read states only. Export it on the state."),
                    _ => Common(graph, input, noiseInputs, isFirst: 0, Local(graph.Name, input)),
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
                    _ => Scratch(graph, output),
                });
            }
            return bound;
        }

        private OrtValue Scratch(Graph graph, TensorSpec output) => Local(graph.Name + "/out", output).View(0, _rows);

        /// <summary>An input that is the same at every step (zeros, flags, the task) or redrawn before it (noise).</summary>
        private OrtValue Common(Graph graph, TensorSpec input, List<NoiseInput>? noiseInputs, int isFirst, TensorBuffer buffer)
        {
            switch (input.Role)
            {
                case TensorRole.Noise:
                    noiseInputs?.Add(new(graph, input, buffer, _first, _rows));
                    break;
                case TensorRole.IsFirst:
                    buffer.SetAll(isFirst);
                    break;
                case TensorRole.Task:
                    buffer.Span<long>().Fill(_buffers.Options.Task);
                    break;
                case TensorRole.State or TensorRole.Action:
                    break; // Before the first step: zeros.
                default:
                    throw new BundleException($"Graph {graph.Name}: a dream cannot supply input '{input.Name}' "
                        + $"({NameConverter<TensorRole>.Write(input.Role)}). Run it with WorldModel.Graph instead.");
            }
            return buffer.View(0, _rows);
        }
    }
}
