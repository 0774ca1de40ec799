using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>
/// What reads states alone and feeds nothing back (reward, continue, value, decoded observations), once over all T * B states of a dream,
/// in pieces that stay in the cache. Heads of states that are kept for the last step alone run after each step instead, in
/// <see cref="Rollout"/>.
/// </summary>
internal sealed class HeadPass : IDisposable
{
    // What stays in a core's cache; what keeps a device busy, without asking more memory of it than a step of that many rows.
    private const int CpuRows = 256, DeviceRows = 16384;

    private readonly DreamBuffers _buffers;
    private readonly List<BoundGraph>[] _pieces;

    public HeadPass(DreamBuffers buffers, IEnumerable<TensorRole> roles, int workers)
    {
        _buffers = buffers;
        _pieces = [.. Enumerable.Range(0, workers).Select(_ => new List<BoundGraph>())];
        try
        {
            foreach (TensorRole role in roles)
                Bind(role);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The roles that a run shall compute and that graphs on states can.</summary>
    public static IEnumerable<TensorRole> Asked(Manifest manifest, DreamOptions options)
    {
        (TensorRole Role, DreamOutputs For)[] all =
        [
            (TensorRole.Reward, DreamOutputs.Arrivals), (TensorRole.Continue, DreamOutputs.Arrivals),
            (TensorRole.Value, DreamOutputs.Values), (TensorRole.Observation, DreamOutputs.Observations),
        ];
        foreach ((TensorRole role, DreamOutputs outputs) in all)
        {
            bool isState = role == TensorRole.Observation && DreamBuffers.ObservationStateOf(manifest) is not null;
            if ((options.Outputs & outputs) != 0 && !isState && manifest.Head(role) is not null)
                yield return role;
        }
    }

    /// <summary>Whether the graph on states that computes a role reads one that is kept for the last step alone.</summary>
    public static bool ReadsLast(Manifest manifest, TensorRole role) =>
        manifest.Head(role) is { } name && manifest.Graphs[name].Inputs.Any(i => i.Keep == KeptSteps.Last);

    /// <summary>The graph on states that computes a role, in the form of the plan, and where that goes.</summary>
    public static (string Name, GraphSpec Spec, Trajectory Target) Of(DreamBuffers buffers, TensorRole role)
    {
        string name = buffers.Manifest.Head(role)!;
        GraphSpec spec = buffers.Bundle.Spec(name, buffers.Plan.Variant);
        foreach (TensorSpec input in spec.Inputs.Where(i => !buffers.States.ContainsKey(i.Name)))
        {
            throw new BundleException($"Bundle '{buffers.Bundle.Directory}' has a graph '{name}' that reads '{input.Name}', which no "
                + "dream has: expected states only.");
        }

        return (name, spec, role switch
        {
            TensorRole.Reward => buffers.Rewards!,
            TensorRole.Continue => buffers.Continues!,
            TensorRole.Value => buffers.Values!,
            _ => buffers.Observations!,
        });
    }

    /// <summary>Runs one worker's share.</summary>
    public void Run(int worker)
    {
        foreach (BoundGraph piece in _pieces[worker])
            piece.Run();
    }

    public void Dispose()
    {
        foreach (BoundGraph piece in _pieces.SelectMany(p => p))
            piece.Dispose();
    }

    private void Bind(TensorRole role)
    {
        (string name, GraphSpec spec, Trajectory target) = Of(_buffers, role);
        int skipped = _buffers.Horizon + 1 - target.Length; // A reward belongs to the state that it arrives at.
        bool flat = target.IsOnePiece && spec.Inputs.All(i => _buffers.States[i.Name].IsOnePiece);
        int batch = _buffers.Batch, workers = _pieces.Length;
        long rows = flat ? (long)target.Length * batch : batch;
        // Pieces of one size, as many for each worker.
        long most = _buffers.Device is null ? CpuRows : flat ? Math.Max(batch, DeviceRows) : batch;
        long share = Math.Max(1, (rows + workers * most - 1) / (workers * most));
        int size = (int)((rows + share * workers - 1) / (share * workers));
        for (int step = 0; step < (flat ? 1 : target.Length); step++)
        {
            int number = 0;
            for (long first = 0; first < rows; first += size, number++)
            {
                int worker = (int)(number / share), count = (int)Math.Min(size, rows - first), t = step;
                BoundGraph bound = new BoundGraph(_buffers.Bundle.Open(name, _buffers.Plan.Variant, worker), _buffers.Device);
                _pieces[worker].Add(bound);
                TensorView View(Trajectory of, int offset) =>
                    flat ? of.Rows(first + (long)offset * batch, count) : of[t + offset].View((int)first, count);
                foreach (TensorSpec input in spec.Inputs)
                    bound.Input(input, View(_buffers.States[input.Name], skipped));
                foreach (TensorSpec output in spec.Outputs)
                    bound.Output(output, output.Role == role ? View(target, 0) : _buffers.New(output, count).View(0, count));
            }
        }
    }
}
