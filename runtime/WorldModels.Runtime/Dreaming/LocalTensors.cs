namespace WorldModels.Runtime;

/// <summary>
/// What the graphs of a dream read and write that no trajectory keeps: noise, constants, scratch. One tensor for all steps and tiles of a
/// worker, which run one after another; but noise may have several.
/// </summary>
/// <param name="buffers">The dream's memory.</param>
/// <param name="noiseSteps">For how many steps noise is kept at once.</param>
internal sealed class LocalTensors(DreamBuffers buffers, int noiseSteps = 1)
{
    private readonly Dictionary<(string Graph, string Tensor), TensorBuffer> _all = [];
    private readonly Dictionary<(string Graph, string Tensor), Trajectory> _noise = [];

    /// <summary>The tensor of an input or output; zeros until written.</summary>
    public TensorBuffer Of(Graph graph, TensorSpec tensor)
    {
        if (!_all.TryGetValue((graph.Name, tensor.Name), out var buffer))
            _all[(graph.Name, tensor.Name)] = buffer = buffers.New(tensor, buffers.Plan.Tile);
        return buffer;
    }

    /// <summary>An input that is the same at every step (flags, the task) or redrawn before it (noise).</summary>
    /// <param name="graph">The graph that reads it.</param>
    /// <param name="input">The input.</param>
    /// <param name="first">The tile's first row.</param>
    /// <param name="rows">The tile's rows.</param>
    /// <param name="step">Which of the steps that noise is kept for.</param>
    /// <param name="noise">Takes what has to be drawn, unless null.</param>
    public TensorView Input(Graph graph, TensorSpec input, int first, int rows, int step, List<NoiseInput>? noise)
    {
        var buffer = input.Role == TensorRole.Noise && noiseSteps > 1 ? Noise(graph, input)[step] : Of(graph, input);
        switch (input.Role)
        {
            case TensorRole.Noise:
                noise?.Add(new(graph, input, buffer, first, rows));
                break;
            case TensorRole.IsFirst:
                break; // Zeros: what a dream imagines is no first step.
            case TensorRole.Task:
                buffer.Span<long>().Fill(buffers.Options.Task);
                break;
            default:
                throw new BundleException($"Graph {graph.Name}: a dream cannot supply input '{input.Name}' "
                    + $"({NameConverter<TensorRole>.Write(input.Role)}). Run it with WorldModel.Graph instead.");
        }
        return buffer.View(0, rows);
    }

    /// <summary>Where an output goes that nobody reads.</summary>
    public TensorView Output(Graph graph, TensorSpec output, int rows) => Of(graph, output).View(0, rows);

    private Trajectory Noise(Graph graph, TensorSpec input)
    {
        if (!_noise.TryGetValue((graph.Name, input.Name), out var noise))
            _noise[(graph.Name, input.Name)] = noise = buffers.New(input, noiseSteps, isConstant: false);
        return noise;
    }
}
