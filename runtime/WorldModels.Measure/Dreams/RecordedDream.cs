using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>
/// A dream that was run once: what it started from, the actions it took, the noise it drew, and what came out. Others are given the same,
/// and have to come to the same.
/// </summary>
internal sealed class RecordedDream
{
    /// <summary>The first rows, which others' results are compared on.</summary>
    public const int ComparedRows = 16;

    private const ulong Seed = 7;

    private readonly WorldModel _world;
    private readonly BenchmarkLevel _level;
    private readonly int _batch, _horizon;
    private readonly long[]? _moves;
    private readonly float[]? _forces;
    private readonly Dictionary<string, NpyArray> _starts = [], _results = [];
    private readonly List<string> _lastOnly = [];       // states, such as caches, of which no step but the last can be read

    /// <summary>Runs one.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="level">What it computes.</param>
    /// <param name="batch">B.</param>
    /// <param name="horizon">T.</param>
    /// <param name="decodes">Whether the states that it starts from are decoded.</param>
    public RecordedDream(WorldModel world, BenchmarkLevel level, int batch, int horizon, bool decodes = false)
    {
        (_world, _level, _batch, _horizon) = (world, level, batch, horizon);
        Manifest manifest = world.Manifest;
        bool takesActions = level == BenchmarkLevel.Latent
            || manifest.DreamGraphs.All(graph => manifest.Graphs[graph].Output(TensorRole.Action) is null);
        if (takesActions)
            (_moves, _forces) = DrawActions(manifest.Action);
        DreamOutputs outputs = DreamBenchmark.Outputs(manifest, level);
        using Dream dream = world.Dream(batch, horizon, new() { Outputs = outputs, Tile = 0, Threads = 1 });
        DreamBatch made = Run(dream, Seed);
        foreach (string state in made.StateNames)
        {
            TensorSpec spec = manifest.Graphs.Values.SelectMany(graph => graph.Inputs)
                .First(t => t.Role == TensorRole.State && t.Name == state);
            if (spec.Keep == KeptSteps.Last)
            {
                _lastOnly.Add(state);
                continue;
            }
            _starts[ProgramBuilder.State(state)] = State(made, spec, from: 0, steps: 1, batch).Slice(0);
            _results[ProgramBuilder.State(state)] = State(made, spec, from: 1, horizon, Rows);
        }
        bool Predicts(TensorRole role) => level != BenchmarkLevel.Latent && (manifest.Head(role) is not null
            || manifest.DreamGraphs.Any(graph => manifest.Graphs[graph].Output(role) is not null));
        if (Predicts(TensorRole.Reward))
            _results[ProgramBuilder.Reward] = Gather<float>(made.Rewards, horizon, Rows);
        if (Predicts(TensorRole.Continue))
            _results[ProgramBuilder.Continue] = Gather<float>(made.Continues, horizon, Rows);
        if (outputs.HasFlag(DreamOutputs.Values))
            _results[ProgramBuilder.Value] = Gather<float>(t => made.Values(t + 1), horizon, Rows);
        if (outputs.HasFlag(DreamOutputs.Observations))
            _results[ProgramBuilder.Observation] = Gather<float>(t => made.Observations(t + 1), horizon, Rows);
        if (decodes)
            Decoded[ProgramBuilder.Observation] = Gather<float>(made.Observations, steps: 1, Rows);
        if (takesActions)
            return;
        _results[ProgramBuilder.Action] = manifest.Action.Kind == ActionKind.Discrete
            ? Gather<long>(made.Actions, horizon, Rows) : Gather<float>(made.ContinuousActions, horizon, Rows);
    }

    /// <summary>What came out, (T, rows, ...), by the names of programs: states on arrival, and what was kept.</summary>
    public IReadOnlyDictionary<string, NpyArray> Results => _results;

    /// <summary>What the states that it started from look like, (1, rows, ...), if that was asked for.</summary>
    public Dictionary<string, NpyArray> Decoded { get; } = [];

    private int Rows => Math.Min(_batch, ComparedRows);

    /// <summary>Makes a dream start from the same states, unless it is to observe its own.</summary>
    public void Start(Dream dream)
    {
        if (_level == BenchmarkLevel.EndToEnd)
            return;
        // The first run sets the states that cannot be given.
        foreach (string state in Run(dream, Seed).StateNames)
        {
            if (_starts.TryGetValue(ProgramBuilder.State(state), out NpyArray? values) && values.Type == NpyType.Float32)
                dream.Start(state, values.As<float>());
        }
    }

    /// <summary>Runs a dream along the same actions, or by its policy.</summary>
    public DreamBatch Run(Dream dream, ulong seed) =>
        _moves is not null ? dream.Run(seed, _moves) : _forces is not null ? dream.Run(seed, _forces) : dream.Run(seed);

    /// <summary>The same for a program.</summary>
    /// <exception cref="BundleException">There is a state whose start cannot be read.</exception>
    public IReadOnlyDictionary<string, NpyArray> Data(RolloutProgram program)
    {
        if (_lastOnly.Count > 0)
        {
            throw new BundleException($"The bundle keeps only the last step of {string.Join(", ", _lastOnly)}: a peer cannot be given where "
                + "a dream starts. Measure it without one.");
        }
        IReadOnlyList<int>? shape = _world.Manifest.Action.Shape;
        return new ProgramData(program, _batch, Seed)
        {
            States = program.Before.Count == 0 ? _starts : new Dictionary<string, NpyArray>(),
            Actions = _moves is not null ? NpyArray.Of(_moves, _horizon, _batch)
                : _forces is not null ? NpyArray.Of(_forces, [_horizon, _batch, .. shape!]) : null,
            Observation = program.Before.Count == 0 ? null : Observed(),
        }.ToArrays();
    }

    /// <summary>The recorded observations that the runtime picks for each row.</summary>
    private NpyArray? Observed()
    {
        string path = Path.Combine(_world.Directory, "starts.npz");
        if (!File.Exists(path))
            return null;
        NpyArray starts = Npz.Read(path)["observation"];
        int size = _world.Manifest.Observation.Size;
        float[] all = starts.ToFloats(), picked = new float[_batch * size];
        for (int row = 0; row < _batch; row++)
        {
            int index = Philox.NextInt(new NoiseKey(Seed, (uint)row, 0, Philox.Stream("start")), starts.Shape[0]);
            all.AsSpan(index * size, size).CopyTo(picked.AsSpan(row * size));
        }
        return NpyArray.Of(picked, [_batch, .. _world.Manifest.Observation.Shape]);
    }

    private (long[]?, float[]?) DrawActions(ActionSpec space)
    {
        uint stream = Philox.Stream("action");
        long[]? moves = space.Kind == ActionKind.Discrete ? new long[_horizon * _batch] : null;
        float[]? forces = moves is null ? new float[_horizon * _batch * space.Size] : null;
        for (int t = 0; t < _horizon; t++)
        {
            for (int row = 0; row < _batch; row++)
            {
                NoiseKey key = new(Seed, (uint)row, (uint)t, stream);
                if (moves is not null)
                {
                    moves[t * _batch + row] = Philox.NextInt(key, space.Count!.Value);
                    continue;
                }
                Span<float> action = forces.AsSpan((t * _batch + row) * space.Size, space.Size);
                Philox.FillUniform(key, action);
                for (int i = 0; i < action.Length; i++)
                    action[i] = (float)(space.LowOf(i) + (space.HighOf(i) - space.LowOf(i)) * action[i]);
            }
        }
        return (moves, forces);
    }

    private delegate ReadOnlySpan<T> At<T>(int t) where T : unmanaged;

    /// <summary>A state at some steps, (T, rows, ...).</summary>
    private NpyArray State(DreamBatch made, TensorSpec spec, int from, int steps, int rows)
    {
        int[] shape = [.. spec.Shape.Skip(1).Select(d => d.Size)];
        return spec.Dtype switch
        {
            TensorType.Float32 => Gather<float>(t => made.State<float>(spec.Name, from + t), steps, rows, shape),
            TensorType.Int64 => Gather<long>(t => made.State<long>(spec.Name, from + t), steps, rows, shape),
            _ => Gather<bool>(t => made.State<bool>(spec.Name, from + t), steps, rows, shape),
        };
    }

    /// <summary>(T, rows, ...shape), or (T, rows, all numbers of a row).</summary>
    private NpyArray Gather<T>(At<T> at, int steps, int rows, params int[] shape) where T : unmanaged
    {
        int size = at(0).Length / _batch;
        T[] values = new T[steps * rows * size];
        for (int t = 0; t < steps; t++)
            at(t)[..(rows * size)].CopyTo(values.AsSpan(t * rows * size));
        return NpyArray.Of(values, [steps, rows, .. shape.Length > 0 ? shape : [size]]);
    }
}
