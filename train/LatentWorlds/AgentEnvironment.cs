using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Chooses action vectors (B, A) for observations at a step; where first is 1, not 0, an episode begins.</summary>
public delegate void VectorPolicy(long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<float> vectors);

/// <summary>Pictures in place of the numbers that an environment observes, or its own picture in another size.</summary>
/// <param name="Size">Rows and columns.</param>
/// <param name="Numbers">Whether the numbers follow.</param>
public sealed record PictureView(int Size, bool Numbers);

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

    /// <summary>Starts an episode in every row, each with a seed of its own.</summary>
    public abstract void Reset(ReadOnlySpan<ulong> seeds, Span<float> observations);

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

    /// <summary>Makes rows of the environment that a run learns in, as it sees them.</summary>
    /// <exception cref="UserException">What it observes is neither a vector nor a picture, or its actions have no bounds.</exception>
    public static AgentEnvironment Make(LatentOptions options, int count) =>
        Make(options.Env, count, options.ActionRepeat, view: options.View, noise: options.NoisyNumbers);

    /// <summary>Makes rows of a registered environment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">Rows.</param>
    /// <param name="actionRepeat">Steps that an action lasts.</param>
    /// <param name="timeLimit">Steps after which episodes are cut, where that is sooner than by themselves.</param>
    /// <param name="view">Pictures to see of it; null: what it observes by itself.</param>
    /// <param name="ownPictures">Whether pictures of its own will do, of whatever size.</param>
    /// <param name="noise">Random numbers that follow what is observed, which no action controls.</param>
    /// <exception cref="UserException">What it observes is neither a vector nor a picture, or its actions have no bounds.</exception>
    public static AgentEnvironment Make(
        string name, int count, int actionRepeat, int? timeLimit = null, PictureView? view = null, bool ownPictures = false,
        int noise = 0) =>
        noise > 0 && (view is not null || EnvironmentRegistry.Find(name).ObservationNames.Count == 0)
            ? throw new UserException($"Random numbers follow vectors of numbers, not pictures, as {name} is seen here: leave pixels=0.")
        : EnvironmentRegistry.Find(name) is EnvironmentSpec<long>
            ? new Discrete(name, new(name, count, actionRepeat, timeLimit, view, ownPictures, noise))
            : new Continuous(name, new(name, count, actionRepeat, timeLimit, view, ownPictures, noise));

    /// <summary>Rows of an environment, in the wrappers that were asked for.</summary>
    private sealed class Rows<TAction> where TAction : unmanaged
    {
        private readonly List<ActionRepeat<TAction>> _repeats = [];

        public Rows(string name, int count, int actionRepeat, int? timeLimit, PictureView? view, bool ownPictures, int noise)
        {
            (View, OwnPictures) = (view, ownPictures);
            Environments = new(count, () =>
            {
                IEnvironment<TAction> environment = EnvironmentRegistry.Make<TAction>(name);
                if (timeLimit is { } limit)
                    environment = new TimeLimit<TAction>(environment, limit);
                ActionRepeat<TAction> repeat = new(environment, actionRepeat);
                _repeats.Add(repeat);
                if (noise > 0)
                    return new NoisyObservation<TAction>(repeat, noise);
                return view is null ? repeat : Seen(repeat, view);
            });
        }

        /// <summary>The pictures that are seen; null: what the environment observes by itself.</summary>
        public PictureView? View { get; }

        /// <summary>Whether pictures of its own will do.</summary>
        public bool OwnPictures { get; }

        public SyncVectorEnvironment<IEnvironment<TAction>, TAction> Environments { get; }

        /// <summary>Steps of the environments, each repetition counted.</summary>
        public long Steps => _repeats.Sum(repeat => repeat.InnerSteps);

        /// <summary>A picture of what observes numbers; the picture of what observes one, in the size that is wanted.</summary>
        private static EnvironmentWrapper<TAction> Seen(IEnvironment<TAction> environment, PictureView view)
        {
            EnvironmentSpec spec = EnvironmentRegistry.Find(environment.Name);
            if (environment.ObservationSpace is Box { Shape.Length: 3 })
            {
                return !view.Numbers
                    ? new ResizedPicture<TAction>(environment, view.Size, spec.SceneRows)
                    : throw new UserException($"proprioception=true: {spec.Name} observes its picture, and no numbers beside it.");
            }
            return spec.ObservationNames.Count > 0
                ? new PixelObservation<TAction>(environment, view.Size, view.Numbers)
                : throw new UserException($"pixels={view.Size}: what {spec.Name} observes is neither a picture nor numbers that one can stand for.");
        }
    }

    private abstract class Of<TAction>(string name, ActionSpec space, Rows<TAction> all) : AgentEnvironment where TAction : unmanaged
    {
        private readonly SyncVectorEnvironment<IEnvironment<TAction>, TAction> _rows = all.Environments;
        private readonly TAction[] _native = new TAction[all.Environments.Count * all.Environments.ActionSpace.Size];

        public override int Count => _rows.Count;
        public override ActionVectors Actions { get; } = new(space);
        public override ObservationSpec Observation { get; } = Describe(name, all);
        public override IResumable State => _rows;
        public override long Steps => all.Steps;

        public override void Reset(ulong seed, Span<float> observations) => _rows.Reset(seed, observations);

        public override void Reset(ReadOnlySpan<ulong> seeds, Span<float> observations)
        {
            int size = Observation.Size;
            for (int row = 0; row < Count; row++)
                _rows[row].Reset(seeds[row], observations.Slice(row * size, size));
        }

        public override void Step(
            ReadOnlySpan<float> vectors, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
        {
            Decode(vectors, _native);
            _rows.Step(_native, observations, rewards, terminated, truncated);
        }

        public override ReadOnlySpan<float> FinalObservation(int row) => _rows.FinalObservation(row);

        public override ReturnSample Play(int episodes, ulong seed, VectorPolicy policy, Action<int>? done)
        {
            float[] vectors = new float[Count * Actions.Size];
            return Evaluation.Play(_rows, episodes, seed, (step, observations, first, actions) =>
            {
                policy(step, observations, first, vectors);
                Decode(vectors, actions);
            }, done);
        }

        protected abstract void Decode(ReadOnlySpan<float> vectors, Span<TAction> actions);

        // JSON knows no infinity: the largest float stands for it, as in Gymnasium.
        private static ObservationSpec Describe(string name, Rows<TAction> all)
        {
            (Space space, PictureView? view) = (all.Environments.ObservationSpace, all.View);
            // Pictures of an environment's own have other sizes than most encoders of pictures take.
            if (space is not Box { Shape.Length: 1 or 3 } box || (box.Shape.Length == 3 && view is null && !all.OwnPictures))
                throw new UserException($"Latent models learn from vectors, and from pictures of them; {name} observes {space}.");
            return new()
            {
                Shape = box.Shape,
                Picture = box.Shape.Length == 1 && view is not null ? [3, view.Size, view.Size] : null,
                Low = Math.Max(box.Low, float.MinValue),
                High = Math.Min(box.High, float.MaxValue),
            };
        }
    }

    private sealed class Discrete(string name, Rows<long> rows)
        : Of<long>(name, ActionSpec.Discrete(((Environments.Discrete)rows.Environments.ActionSpace).N), rows)
    {
        protected override void Decode(ReadOnlySpan<float> vectors, Span<long> actions)
        {
            for (int row = 0; row < actions.Length; row++)
                actions[row] = ActionVectors.DecodeIndex(vectors.Slice(row * Actions.Size, Actions.Size));
        }
    }

    private sealed class Continuous(string name, Rows<float> rows)
        : Of<float>(name, Bounded(name, (Box)rows.Environments.ActionSpace), rows)
    {
        protected override void Decode(ReadOnlySpan<float> vectors, Span<float> actions) => Actions.Decode(vectors, actions);

        private static ActionSpec Bounded(string name, Box box) => float.IsFinite(box.Low) && float.IsFinite(box.High)
            ? ActionSpec.Continuous(box.Shape, box.Low, box.High)
            : throw new UserException($"The actions of {name} have no bounds: {box}.");
    }
}
