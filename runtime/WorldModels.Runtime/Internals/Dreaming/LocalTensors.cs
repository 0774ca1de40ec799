using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// What the graphs of a dream read and write that no trajectory keeps: noise, constants, scratch. One tensor for all steps and tiles of a
/// worker, which run one after another; but a device is given the noise of all steps at once.
/// </summary>
internal sealed class LocalTensors(DreamBuffers buffers)
{
    private readonly Dictionary<(string Graph, string Tensor), TensorBuffer> _all = [];
    private readonly Dictionary<string, Trajectory> _noise = [];

    /// <summary>The tensor of an input or output; zeros until written.</summary>
    public TensorBuffer Of(string graph, TensorSpec tensor)
    {
        if (!_all.TryGetValue((graph, tensor.Name), out TensorBuffer? buffer))
            _all[(graph, tensor.Name)] = buffer = buffers.New(tensor, buffers.Plan.Tile);
        return buffer;
    }

    /// <summary>An input that is the same at every step (flags) or redrawn before it (noise).</summary>
    /// <param name="graph">The graph that reads it.</param>
    /// <param name="input">The input.</param>
    /// <param name="first">The tile's first row.</param>
    /// <param name="rows">The tile's rows.</param>
    /// <param name="noise">Takes what has to be drawn, unless null.</param>
    public TensorView Input(string graph, TensorSpec input, int first, int rows, Action<NoiseInput>? noise) =>
        input.Role == TensorRole.Setting
            ? buffers.Settings[input.Name].View(first, rows)
            : Input(graph, input, Of(graph, input), first, rows, noise);

    /// <summary>The same at a step of a rollout. All steps' noise goes to a device as one tensor, so that it is one copy.</summary>
    public TensorView Input(string graph, TensorSpec input, int step, int first, int rows, Action<NoiseInput>? noise)
    {
        if (buffers.Device is null || input.Role != TensorRole.Noise)
            return Input(graph, input, first, rows, noise);
        string name = input.Stream ?? $"{graph}/{input.Name}"; // Unrolled graphs name it anew at each step.
        if (!_noise.TryGetValue(name, out Trajectory? steps))
            _noise[name] = steps = buffers.New(input, buffers.Horizon, buffers.Horizon);
        return Input(graph, input, steps[step], first, rows, noise);
    }

    /// <summary>The tensor of an output that nothing reads.</summary>
    public TensorView Output(string graph, TensorSpec output, int rows) => Of(graph, output).View(0, rows);

    private TensorView Input(string graph, TensorSpec input, TensorBuffer buffer, int first, int rows, Action<NoiseInput>? noise)
    {
        switch (input.Role)
        {
            case TensorRole.Noise:
                noise?.Invoke(new(graph, input, buffer, first, rows, buffers.Purpose, buffers.NoiseRows));
                break;
            case TensorRole.IsFirst:
                break; // It stays zero: no imagined step is the first of an episode.
            default:
                throw new BundleException($"Graph {graph}: a dream cannot supply input '{input.Name}' "
                    + $"({NameConverter<TensorRole>.Write(input.Role)}). Run it with WorldModel.Graph instead.");
        }
        return buffer.View(0, rows);
    }
}
