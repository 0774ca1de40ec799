using Microsoft.ML.OnnxRuntime;

namespace WorldModels.Runtime;

/// <summary>A dream's steps, bound: for each tile of rows, the start, then at each step the graphs that make it.</summary>
internal sealed class Rollout : IDisposable
{
    private readonly List<Tile> tiles = [];

    // Memory that no trajectory keeps: noise, constants, scratch. One tensor for all steps and tiles, which run one after another.
    private readonly Dictionary<(string, string), TensorBuffer> local = [];

    /// <param name="buffers">The dream's memory.</param>
    /// <param name="graphs">The graphs of one step, in order: act then imagine, or imagine, or dream.</param>
    public Rollout(DreamBuffers buffers, string[] graphs)
    {
        try
        {
            for (int row = 0; row < buffers.Batch; row += buffers.Tile)
                tiles.Add(new(buffers, local, graphs, row, Math.Min(buffers.Tile, buffers.Batch - row)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The graphs of one step when the bundle's policy acts, or chance if it has none.</summary>
    public static string[] Policy(Bundle bundle) =>
        bundle.Has("dream") ? ["dream"] : bundle.Has("act") ? ["act", "imagine"] : ["imagine"];

    public void Run(ulong seed)
    {
        foreach (var tile in tiles) tile.Run(seed);
    }

    public void Dispose()
    {
        foreach (var tile in tiles) tile.Dispose();
    }

    private sealed class Tile : IDisposable
    {
        private readonly DreamBuffers buffers;
        private readonly int first;
        private readonly int rows;
        private readonly Dictionary<(string, string), TensorBuffer> local;
        private readonly List<NoiseInput> startNoise = [];
        private readonly List<NoiseInput>[] noise;
        private readonly BoundGraph? start;
        private readonly BoundGraph[][] steps;

        public Tile(DreamBuffers buffers, Dictionary<(string, string), TensorBuffer> local, string[] graphs, int first, int rows)
        {
            (this.buffers, this.local, this.first, this.rows) = (buffers, local, first, rows);
            noise = [.. graphs.Select(_ => new List<NoiseInput>())];
            steps = [.. Enumerable.Range(0, buffers.Horizon).Select(_ => new BoundGraph[graphs.Length])];
            if (buffers.Bundle.Has("observe")) start = BindStart(buffers.Bundle.Open("observe"));
            for (int t = 0; t < buffers.Horizon; t++)
                for (int g = 0; g < graphs.Length; g++)
                    steps[t][g] = BindStep(buffers.Bundle.Open(graphs[g]), t, t == 0 ? noise[g] : null);
        }

        public void Run(ulong seed)
        {
            foreach (var input in startNoise) input.Draw(seed, 0);
            start?.Run();
            for (int t = 0; t < steps.Length; t++)
            {
                for (int g = 0; g < steps[t].Length; g++)
                {
                    foreach (var input in noise[g]) input.Draw(seed, (uint)t);
                    steps[t][g].Run();
                }
            }
        }

        public void Dispose()
        {
            start?.Dispose();
            foreach (var graph in steps.SelectMany(s => s)) graph?.Dispose();
        }

        private OrtValue View(TensorBuffer buffer) => buffer.View(first, rows);

        private TensorBuffer Local(string purpose, TensorSpec tensor)
        {
            if (!local.TryGetValue((purpose, tensor.Name), out var buffer))
                local[(purpose, tensor.Name)] = buffer = buffers.New(tensor, perTile: true);
            return buffer;
        }

        private BoundGraph BindStart(Graph graph)
        {
            var bound = new BoundGraph(graph);
            foreach (var input in graph.Spec.Inputs)
            {
                if (input.Role == TensorRole.Observation) bound.Input(input, View(buffers.StartObservation));
                else bound.Input(input, Common(graph, input, startNoise, isFirst: 1, Local("start", input)));
            }
            foreach (var output in graph.Spec.Outputs)
                bound.Output(output, output.Role == TensorRole.State ? View(buffers.States[output.Feeds!][0]) : Scratch(graph, output));
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
                    TensorRole.State => View(buffers.States[input.Name][t]),
                    TensorRole.Action when takesAction => View(buffers.Actions[t]),
                    TensorRole.Action when t > 0 => View(buffers.Actions[t - 1]), // The previous one, for a policy that wants it.
                    TensorRole.Observation when buffers.ObservationState is { } frames => View(frames[t]),
                    TensorRole.Observation => throw new BundleException($"Graph {graph.Name} reads an observation, but no state of this "
                        + "bundle is one: in a dream it can read states only. Export it on the state."),
                    _ => Common(graph, input, noiseInputs, isFirst: 0, Local(graph.Name, input)),
                });
            }
            foreach (var output in graph.Spec.Outputs)
            {
                bound.Output(output, output.Role switch
                {
                    TensorRole.State => View(buffers.States[output.Feeds!][t + 1]),
                    TensorRole.Action => View(buffers.Actions[t]),
                    TensorRole.Reward => View(buffers.Rewards![t]),
                    TensorRole.Continue => View(buffers.Continues![t]),
                    TensorRole.Logits when buffers.Logits.TryGetValue(output.Name, out var kept) => View(kept[t]),
                    _ => Scratch(graph, output),
                });
            }
            return bound;
        }

        private OrtValue Scratch(Graph graph, TensorSpec output) => Local(graph.Name + "/out", output).View(0, rows);

        /// <summary>An input that is the same at every step (zeros, flags, the task) or redrawn before it (noise).</summary>
        private OrtValue Common(Graph graph, TensorSpec input, List<NoiseInput>? noiseInputs, int isFirst, TensorBuffer buffer)
        {
            switch (input.Role)
            {
                case TensorRole.Noise:
                    noiseInputs?.Add(new(graph, input, buffer, first, rows));
                    break;
                case TensorRole.IsFirst:
                    buffer.SetAll(isFirst);
                    break;
                case TensorRole.Task:
                    buffer.Span<long>().Fill(buffers.Options.Task);
                    break;
                case TensorRole.State or TensorRole.Action:
                    break; // Before the first step: zeros.
                default:
                    throw new BundleException($"Graph {graph.Name}: a dream cannot supply input '{input.Name}' "
                        + $"({NameConverter<TensorRole>.Write(input.Role)}). Run it with WorldModel.Graph instead.");
            }
            return buffer.View(0, rows);
        }
    }
}
