using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Chooses action vectors (B, A) for observations at a step; where first is 1, not 0, an episode begins.</summary>
public delegate void VectorPolicy(long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<float> vectors);

/// <summary>
/// Environments in lock step whose actions are vectors (see <see cref="ActionVectors"/>), each action repeated, whatever their actions are.
/// </summary>
public abstract class AgentEnvironment
{
    private static readonly uint RandomStream = Philox.Stream("random-policy");

    /// <summary>Rows (B).</summary>
    public abstract int Count { get; }

    /// <summary>The actions.</summary>
    public abstract ActionVectors Actions { get; }

    /// <summary>One observation.</summary>
    public abstract ObservationSpec Observation { get; }

    /// <summary>Starts an episode in every row.</summary>
    public abstract void Reset(ulong seed, Span<float> observations);

    /// <summary>Advances every row by its vector; those whose episode ended start the next one.</summary>
    public abstract void Step(
        ReadOnlySpan<float> vectors, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated);

    /// <summary>The last observation of the episode that most recently ended in this row.</summary>
    public abstract ReadOnlySpan<float> FinalObservation(int row);

    /// <summary>The state of all rows.</summary>
    public abstract IResumable State { get; }

    /// <summary>Steps of the environments taken here, each repetition of an action counted, over all rows.</summary>
    public abstract long Steps { get; }

    /// <summary>Plays whole episodes from their beginning.</summary>
    public abstract ReturnSample Play(int episodes, ulong seed, VectorPolicy policy, Action<int>? done = null);

    /// <summary>Plays uniformly random actions: the floor to compare with, which depends on how often each is repeated.</summary>
    public ReturnSample PlayRandom(int episodes, ulong seed) => Play(episodes, seed, (step, _, _, vectors) =>
    {
        for (int row = 0; row < Count; row++)
            Actions.Draw(new NoiseKey(seed, (uint)row, (uint)step, RandomStream), vectors.Slice(row * Actions.Size, Actions.Size));
    });

    /// <summary>Makes rows of a registered environment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">Rows.</param>
    /// <param name="actionRepeat">Steps that an action lasts.</param>
    /// <param name="timeLimit">Steps after which episodes are cut, where that is sooner than by themselves.</param>
    /// <exception cref="UserException">Its observations are not vectors, or its actions have no bounds.</exception>
    public static AgentEnvironment Make(string name, int count, int actionRepeat, int? timeLimit = null) =>
        EnvironmentRegistry.Find(name) is EnvironmentSpec<long>
            ? new Discrete(name, Repeated<long>(name, count, actionRepeat, timeLimit))
            : new Continuous(name, Repeated<float>(name, count, actionRepeat, timeLimit));

    private static SyncVectorEnvironment<ActionRepeat<TAction>, TAction> Repeated<TAction>(
        string name, int count, int actionRepeat, int? timeLimit)
        where TAction : unmanaged =>
        new(count, () =>
        {
            IEnvironment<TAction> environment = EnvironmentRegistry.Make<TAction>(name);
            return new(timeLimit is { } limit ? new TimeLimit<TAction>(environment, limit) : environment, actionRepeat);
        });

    private abstract class Of<TAction>(
        string name, ActionSpec space, SyncVectorEnvironment<ActionRepeat<TAction>, TAction> rows) : AgentEnvironment
        where TAction : unmanaged
    {
        private readonly TAction[] _native = new TAction[rows.Count * rows.ActionSpace.Size];

        public override int Count => rows.Count;
        public override ActionVectors Actions { get; } = new(space);
        public override ObservationSpec Observation { get; } = Describe(name, rows.ObservationSpace);
        public override IResumable State => rows;
        public override long Steps => Enumerable.Range(0, rows.Count).Sum(row => rows[row].InnerSteps);

        public override void Reset(ulong seed, Span<float> observations) => rows.Reset(seed, observations);

        public override void Step(
            ReadOnlySpan<float> vectors, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
        {
            Decode(vectors, _native);
            rows.Step(_native, observations, rewards, terminated, truncated);
        }

        public override ReadOnlySpan<float> FinalObservation(int row) => rows.FinalObservation(row);

        public override ReturnSample Play(int episodes, ulong seed, VectorPolicy policy, Action<int>? done)
        {
            float[] vectors = new float[Count * Actions.Size];
            return Evaluation.Play(rows, episodes, seed, (step, observations, first, actions) =>
            {
                policy(step, observations, first, vectors);
                Decode(vectors, actions);
            }, done);
        }

        protected abstract void Decode(ReadOnlySpan<float> vectors, Span<TAction> actions);

        // JSON knows no infinity: the largest float stands for it, as in Gymnasium.
        private static ObservationSpec Describe(string name, Space space) => space is Box { Shape.Length: 1 } box
            ? new()
            {
                Shape = box.Shape,
                Low = Math.Max(box.Low, float.MinValue),
                High = Math.Min(box.High, float.MaxValue),
            }
            : throw new UserException($"Latent models learn from vectors so far; {name} observes {space}.");
    }

    private sealed class Discrete(string name, SyncVectorEnvironment<ActionRepeat<long>, long> rows)
        : Of<long>(name, ActionSpec.Discrete(((Environments.Discrete)rows.ActionSpace).N), rows)
    {
        protected override void Decode(ReadOnlySpan<float> vectors, Span<long> actions)
        {
            for (int row = 0; row < actions.Length; row++)
                actions[row] = ActionVectors.DecodeIndex(vectors.Slice(row * Actions.Size, Actions.Size));
        }
    }

    private sealed class Continuous(string name, SyncVectorEnvironment<ActionRepeat<float>, float> rows)
        : Of<float>(name, Bounded(name, (Box)rows.ActionSpace), rows)
    {
        protected override void Decode(ReadOnlySpan<float> vectors, Span<float> actions) => Actions.Decode(vectors, actions);

        private static ActionSpec Bounded(string name, Box box) => float.IsFinite(box.Low) && float.IsFinite(box.High)
            ? ActionSpec.Continuous(box.Shape, box.Low, box.High)
            : throw new UserException($"The actions of {name} have no bounds: {box}.");
    }
}
