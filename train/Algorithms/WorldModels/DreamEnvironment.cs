using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The dream as an environment (Ha and Schmidhuber 2018, section 4): M, at a temperature, in place of the simulator, run by the runtime on
/// its exported graph, all rows as one batch. A step is worth 1; an episode ends where M says that another begins, or after a number of
/// steps. The temperature makes what is seen less sure, not that decision.
/// </summary>
public sealed class DreamEnvironment : FeatureEnvironment
{
    private const int MostTogether = 64;    // rows of a tile, which stay in the cache

    private static readonly uint StartStream = Philox.Stream("dream/start");

    private readonly Dream _dream;
    private readonly float[] _starts;       // (N, O)
    private readonly int _steps;
    private readonly long[] _numbers;       // (B)
    private readonly float[] _native;       // (B, A)

    /// <param name="world">V and M; of a bundle of worldmodels-memory that predicts the ends of episodes.</param>
    /// <param name="controller">What is read of the state.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="rows">B.</param>
    /// <param name="temperature">1: as M has learnt it.</param>
    /// <param name="steps">Steps after which an episode is cut.</param>
    /// <param name="threads">Cores that share the rows.</param>
    public DreamEnvironment(
        WorldModel world, ControllerConfig controller, ActionVectors actions, int rows, double temperature, int steps, int threads = 1)
        : base(world, controller, actions, rows)
    {
        Require(world.Manifest.Graphs["imagine"].Output(TensorRole.Continue) is not null);
        (_steps, _numbers, _native) = (steps, new long[rows], new float[rows * actions.Size]);
        _dream = world.Dream(rows, horizon: 1, new() { Tile = Math.Min(rows, MostTogether), Threads = threads });
        _dream.Set(MemorySignature.Temperature, (float)temperature);
        _starts = Npz.Read(Path.Combine(world.Directory, "starts.npz"))["observation"].ToFloats();
    }

    /// <exception cref="UserException">M does not predict the ends of episodes.</exception>
    internal static void Require(bool predictsEnds)
    {
        if (!predictsEnds)
            throw new UserException("A dream needs a model that predicts the ends of episodes: --set restart=true, or world=real.");
    }

    public override void Dispose() => _dream.Dispose();

    protected override ReadOnlySpan<float> FirstObservation(int row)
    {
        int size = World.Manifest.Observation.Size;
        NoiseKey key = new(Seed, Episodes[row], (uint)Steps, StartStream);
        return _starts.AsSpan(Philox.NextInt(key, _starts.Length / size) * size, size);
    }

    protected override void Advance(ReadOnlySpan<float> vectors, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
    {
        _dream.DrawAs(Episodes);
        foreach ((string name, float[] values) in States)
            _dream.Start(name, values);
        DreamBatch step = Run(vectors);
        foreach ((string name, float[] values) in States)
            step.State(name, 1).CopyTo(values);
        step.Rewards(0).CopyTo(rewards);
        ReadOnlySpan<float> continues = step.Continues(0);
        for (int row = 0; row < Count; row++)
            (terminated[row], truncated[row]) = (continues[row] < 0.5f, Ages[row] + 1 >= _steps);
    }

    private DreamBatch Run(ReadOnlySpan<float> vectors)
    {
        ulong seed = Environments.RowSeed.Of(Seed, (int)Steps);     // a run of the dream is one step: each has a seed of its own
        int size = Actions.Size;
        for (int row = 0; row < Count; row++)
        {
            if (Actions.Discrete)
                _numbers[row] = ActionVectors.DecodeIndex(vectors.Slice(row * size, size));
            else
                Actions.Decode(vectors.Slice(row * size, size), _native.AsSpan(row * size, size));
        }
        return Actions.Discrete ? _dream.Run(seed, _numbers) : _dream.Run(seed, _native);
    }
}
