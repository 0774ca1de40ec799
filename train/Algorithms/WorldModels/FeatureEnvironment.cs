using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Environments in lock step that show a controller what it reads of M's state, real or dreamt: observations are features (B, F), actions
/// are vectors (B, A) in -1..1.
/// </summary>
public abstract class FeatureEnvironment : IVectorEnvironment<float>, IDisposable
{
    private static readonly uint ObserveStream = Philox.Stream(LatentWorlds.WorldSignature.ObserveStream);

    private readonly GraphRunner _observe;
    private readonly string[] _features;
    private readonly int _observation;
    private readonly float[] _final;    // (B, F)

    private protected FeatureEnvironment(WorldModel world, ControllerConfig controller, ActionVectors actions, int rows)
    {
        (World, Actions, Count) = (world, actions, rows);
        _observe = world.Graph("observe");
        _observation = world.Manifest.Observation.Size;
        _features = [.. controller.State.Select(part => part.Name)];
        ObservationSpace = new Box(float.NegativeInfinity, float.PositiveInfinity, [controller.Feature]);
        ActionSpace = new Box(-1, 1, [actions.Size]);
        States = _observe.Spec.Inputs.Where(input => input.Role == TensorRole.State)
            .ToDictionary(input => input.Name, input => new float[rows * input.RowSize]);
        Episodes = new uint[rows];
        Ages = new int[rows];
        _final = new float[rows * controller.Feature];
    }

    public string Name => World.Manifest.Environment;

    public int Count { get; }

    public Space ObservationSpace { get; }

    public Space ActionSpace { get; }

    /// <summary>Whether V's mean is seen in place of a draw, as <c>Deterministic</c> shows it to a shipped controller.</summary>
    public bool SeesMeans { get; init; }

    /// <summary>V and M.</summary>
    protected WorldModel World { get; }

    /// <summary>How vectors are actions.</summary>
    protected ActionVectors Actions { get; }

    /// <summary>M's state of all rows, by name, (B, ...).</summary>
    protected IReadOnlyDictionary<string, float[]> States { get; }

    /// <summary>The number of the episode that each row plays, by which its noise is drawn.</summary>
    protected uint[] Episodes { get; }

    /// <summary>Steps of each row's episode.</summary>
    protected int[] Ages { get; }

    /// <summary>Seed of all that is drawn.</summary>
    protected ulong Seed { get; private set; }

    /// <summary>Steps since the reset.</summary>
    protected long Steps { get; private set; }

    public void Reset(ulong seed, Span<float> observations) =>
        Reset(seed, [.. Enumerable.Range(0, Count).Select(row => (uint)row)], observations);

    /// <summary>
    /// Starts numbered episodes: rows with one number have the same start and the same noise, so that they differ in nothing but what is
    /// done (common random numbers), whichever rows they are.
    /// </summary>
    public void Reset(ulong seed, ReadOnlySpan<uint> episodes, Span<float> observations)
    {
        (Seed, Steps) = (seed, 0);
        episodes.CopyTo(Episodes);
        _final.AsSpan().Clear();
        Begin([.. Enumerable.Range(0, Count)]);
        WriteFeatures(observations);
    }

    public void Step(
        ReadOnlySpan<float> actions, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
    {
        Steps++;        // the first observation had the noise of step 0
        Advance(actions, rewards, terminated, truncated);
        List<int> over = [];
        for (int row = 0; row < Count; row++)
        {
            Ages[row]++;
            if (terminated[row] || truncated[row])
                over.Add(row);
        }
        WriteFeatures(observations);
        if (over.Count == 0)
            return;
        int size = _final.Length / Count;
        foreach (int row in over)
            observations.Slice(row * size, size).CopyTo(_final.AsSpan(row * size));
        Begin(over);
        WriteFeatures(observations);
    }

    public ReadOnlySpan<float> FinalObservation(int row) => _final.AsSpan(row * (_final.Length / Count), _final.Length / Count);

    public abstract void Dispose();

    /// <summary>Advances all rows by an action vector each, states included.</summary>
    protected abstract void Advance(ReadOnlySpan<float> vectors, Span<float> rewards, Span<bool> terminated, Span<bool> truncated);

    /// <summary>The first observation of the episode that a row begins; rows are asked in ascending order.</summary>
    protected abstract ReadOnlySpan<float> FirstObservation(int row);

    /// <summary>
    /// Takes what some rows see into their states: V's draw of it and, unless an episode begins with it, M's step of the state and the
    /// action before.
    /// </summary>
    protected void Observe(IReadOnlyList<int> rows, ReadOnlySpan<float> observations, ReadOnlySpan<float> vectors, bool first)
    {
        Dictionary<string, NpyArray> inputs = [];
        foreach (TensorSpec input in _observe.Spec.Inputs)
        {
            int[] shape = [rows.Count, .. input.Shape.Skip(1).Select(dim => dim.Size)];
            inputs[input.Name] = input.Role switch
            {
                TensorRole.Observation => NpyArray.Of(observations.ToArray(), shape),
                TensorRole.IsFirst => NpyArray.Of([.. Enumerable.Repeat(first ? 1f : 0f, rows.Count)], shape),
                TensorRole.State => NpyArray.Of(Gather(States[input.Name], rows, input.RowSize), shape),
                TensorRole.Action => ActionsOf(rows, vectors, first, shape),
                _ => NpyArray.Of(Noise(rows, input.RowSize), shape),
            };
        }
        IReadOnlyDictionary<string, NpyArray> outputs = _observe.Run(inputs);
        foreach (TensorSpec output in _observe.Spec.Outputs)
        {
            float[] values = outputs[output.Name].ToFloats();
            int size = values.Length / rows.Count;
            for (int i = 0; i < rows.Count; i++)
                values.AsSpan(i * size, size).CopyTo(States[output.Feeds!].AsSpan(rows[i] * size));
        }
    }

    private void Begin(IReadOnlyList<int> rows)
    {
        float[] observations = new float[rows.Count * _observation];
        for (int i = 0; i < rows.Count; i++)
        {
            Ages[rows[i]] = 0;
            FirstObservation(rows[i]).CopyTo(observations.AsSpan(i * _observation));
        }
        Observe(rows, observations, [], first: true);
    }

    private float[] Noise(IReadOnlyList<int> rows, int size)
    {
        float[] noise = new float[rows.Count * size];
        for (int i = 0; i < rows.Count && !SeesMeans; i++)
            Philox.FillGaussian(new NoiseKey(Seed, Episodes[rows[i]], (uint)Steps, ObserveStream), noise.AsSpan(i * size, size));
        return noise;
    }

    private NpyArray ActionsOf(IReadOnlyList<int> rows, ReadOnlySpan<float> vectors, bool first, int[] shape)
    {
        if (Actions.Discrete)
        {
            long[] numbers = new long[rows.Count];
            for (int i = 0; i < rows.Count && !first; i++)
                numbers[i] = ActionVectors.DecodeIndex(vectors.Slice(rows[i] * Actions.Size, Actions.Size));
            return NpyArray.Of(numbers, shape);
        }
        float[] values = new float[rows.Count * Actions.Size];
        for (int i = 0; i < rows.Count && !first; i++)
            Actions.Decode(vectors.Slice(rows[i] * Actions.Size, Actions.Size), values.AsSpan(i * Actions.Size, Actions.Size));
        return NpyArray.Of(values, shape);
    }

    private static float[] Gather(float[] values, IReadOnlyList<int> rows, int size)
    {
        float[] gathered = new float[rows.Count * size];
        for (int i = 0; i < rows.Count; i++)
            values.AsSpan(rows[i] * size, size).CopyTo(gathered.AsSpan(i * size));
        return gathered;
    }

    private void WriteFeatures(Span<float> observations)
    {
        int width = observations.Length / Count, start = 0;
        foreach (string name in _features)
        {
            float[] values = States[name];
            int size = values.Length / Count;
            for (int row = 0; row < Count; row++)
                values.AsSpan(row * size, size).CopyTo(observations[(row * width + start)..]);
            start += size;
        }
    }
}
