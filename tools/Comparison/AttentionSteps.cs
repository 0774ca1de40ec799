using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How much the heads of a transformer look at each of the last steps, at every step of a real game.</summary>
/// <param name="Layers">Layers (L).</param>
/// <param name="Heads">Heads of each (H).</param>
/// <param name="Window">Steps that it sees, the present one among them (W).</param>
/// <param name="Weights">
/// Of each step (L, H, W), row-major, the present one last. Before the first there is one of which nothing is known, which led to the
/// game's first frame; what lies before that has 0.
/// </param>
internal sealed record AttentionSteps(int Layers, int Heads, int Window, IReadOnlyList<float[]> Weights)
{
    /// <summary>The graph that says it.</summary>
    public const string Graph = "attention";

    /// <summary>How many steps back there are to look at from a step of the game, at most.</summary>
    public static int LongestAgo(int step) => step + 1;

    /// <summary>Follows a game through graph <c>observe</c>, and asks at each step where it looks to foretell the next.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="game">From its beginning on.</param>
    /// <exception cref="BundleException">The bundle does not say where it looks.</exception>
    public static AttentionSteps Of(WorldModel world, RealEpisode game)
    {
        Manifest manifest = world.Manifest;
        if (!manifest.Graphs.ContainsKey(Graph) || !manifest.Graphs.ContainsKey("observe"))
        {
            throw new BundleException($"Bundle '{manifest.Name}' has no graph '{Graph}', which says where a transformer looks: it "
                + "is no transformer, or was exported by an earlier version (then: train export RUN --output FOLDER).");
        }
        GraphRunner graph = world.Graph(Graph);
        if (graph.Spec.Outputs is not [{ Shape: [_, { IsFixed: true } layers, { IsFixed: true } heads, { IsFixed: true } window] } output])
        {
            throw new BundleException(
                $"Graph '{Graph}' of bundle '{manifest.Name}' has to give one tensor, (batch, layers, heads, window).");
        }
        ModelMemory memory = new(world);
        List<float[]> weights = [];
        PlayMove? led = null;
        for (int t = 0; t < game.Steps; t++)
        {
            memory.Observe(game.Observations[t], led);
            led = Taken(game, t);
            NpyArray action = memory.ActionOf(led);
            IReadOnlyDictionary<string, NpyArray> outputs = graph.Run(graph.Spec.Inputs.ToDictionary(
                input => input.Name, input => input.Role == TensorRole.State ? memory.State(input.Name) : action));
            weights.Add(outputs[output.Name].ToFloats());
        }
        return new(layers.Size, heads.Size, window.Size, weights);
    }

    /// <summary>
    /// What each head does on average, by how many steps ago it looks, (L H, W), the present one first; NaN where no step goes back so far.
    /// </summary>
    public double[][] Means() =>
    [
        .. Enumerable.Range(0, Layers * Heads).Select(head => (double[])
        [
            .. Enumerable.Range(0, Window).Select(ago => Weights.Where((_, step) => ago <= LongestAgo(step))
                .Select(step => (double)step[(head + 1) * Window - 1 - ago]).DefaultIfEmpty(double.NaN).Average()),
        ]),
    ];

    private static PlayMove Taken(RealEpisode game, int step)
    {
        if (game.Actions is long[] numbers)
            return PlayMove.Of(numbers[step]);
        int size = game.Actions.Length / game.Steps;
        return PlayMove.Of(((float[])game.Actions)[(step * size)..((step + 1) * size)]);
    }
}
