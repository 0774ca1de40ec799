namespace WorldModels.Models;

/// <summary>Distribution of the noise that a draw is a function of.</summary>
public enum NoiseDistribution
{
    /// <summary>Standard normal, for reparameterised Gaussians.</summary>
    Gaussian,

    /// <summary>Standard Gumbel, for draws among classes by their largest perturbed logit.</summary>
    Gumbel,
}

/// <summary>The noise of the draws of a step.</summary>
/// <param name="Distribution">Its distribution.</param>
/// <param name="Size">Numbers a row (N).</param>
/// <param name="Variables">How many draws a row has; each has as many numbers as it has classes, where it is one among classes.</param>
public sealed record NoiseSpec(NoiseDistribution Distribution, int Size, int Variables);

/// <summary>The sizes of what a dynamics can say of where it looks.</summary>
/// <param name="Layers">Layers (L).</param>
/// <param name="Heads">Heads of each (H).</param>
/// <param name="Window">Steps that are seen, the present one among them (W).</param>
public sealed record AttentionShape(int Layers, int Heads, int Window);

/// <summary>
/// The transition function of a latent state. Outside of its implementations nobody knows what the state is made of: heads read its
/// feature, losses come by name, graphs and agents carry its tensors along.
/// </summary>
public interface IDynamics<T> where T : ITensor<T>
{
    /// <summary>The tensors of a state.</summary>
    IReadOnlyList<StateSpec> State { get; }

    /// <summary>The noise of a step, observed or imagined.</summary>
    NoiseSpec Noise { get; }

    /// <summary>Size of a state's feature (F).</summary>
    int Feature { get; }

    /// <summary>
    /// Whether nothing is said of the states that sequences and episodes begin with, of whose rewards and ends heads then learn nothing.
    /// </summary>
    bool NeedsPast => false;

    /// <summary>What heads read of a state of tensors (..., D): (..., F).</summary>
    T FeatureOf(State<T> state);

    /// <summary>
    /// The state where episodes go on, and the first one where one begins. keep (B, 1): 0 in rows where an episode begins, else 1.
    /// </summary>
    State<T> Reset(State<T> state, T keep) => state.Reset(keep);

    /// <summary>The state that an action (B, A) leads to, given the embedding (B, E) of what was observed there; noise (B, N).</summary>
    LatentStep<T> Observe(State<T> state, T action, T embedding, T noise);

    /// <summary>The state that an action (B, A) leads to, unseen; noise (B, N).</summary>
    LatentStep<T> Imagine(State<T> state, T action, T noise);

    /// <summary>
    /// How much each head looks at each step of the window, the present one last, where an action (B, A) is taken: (B, L, H, W), which sum
    /// to 1 over the window. Of a config without an <see cref="IDynamicsConfig.Attention"/> nobody asks it.
    /// </summary>
    T Attention(State<T> state, T action) => throw new NotSupportedException($"{GetType().Name} looks at no steps but the present one.");

    /// <summary>Filters recorded sequences.</summary>
    FilteredSequence<T> ObserveSequence(RecordedSequence<T> sequence);
}

/// <summary>Sizes of a dynamics, and which one it is.</summary>
public interface IDynamicsConfig
{
    /// <summary>Size of an observation's embedding (E).</summary>
    int Embedding { get; }

    /// <summary>How far it looks back, and how often, where it does; null: its state is all that it knows.</summary>
    AttentionShape? Attention => null;

    /// <summary>The dynamics, its parameters below a world's path.</summary>
    IDynamics<T> Make<T>(Parameters<T> world) where T : ITensor<T>;
}

/// <summary>A state, and the distribution that its stochastic part was drawn from.</summary>
public readonly record struct LatentStep<T>(State<T> State, IDistribution<T> Distribution) where T : ITensor<T>;

/// <summary>Recorded sequences as a dynamics filters them.</summary>
/// <param name="Start">The state before the first step, (B, ...).</param>
/// <param name="Actions">(T, B, A), each the one that led to its step.</param>
/// <param name="Embeddings">(T, B, E).</param>
/// <param name="Keep">(T, B): 0 where an episode begins after the first step, else 1.</param>
/// <param name="Resets">The steps at which a row of <paramref name="Keep"/> is 0.</param>
/// <param name="Noise">Draws noise of the dynamics' distribution, of a given shape.</param>
public sealed record RecordedSequence<T>(
    State<T> Start, T Actions, T Embeddings, T Keep, IReadOnlySet<int> Resets, Func<int[], T> Noise)
    where T : ITensor<T>;

/// <summary>Filtered sequences.</summary>
/// <param name="States">Posterior states, tensors (T, B, ...).</param>
/// <param name="Losses">The dynamics' own losses by name, scalars, each to be weighted by the scale of its name.</param>
/// <param name="Figures">What is worth a curve beside them, scalars by name.</param>
public sealed record FilteredSequence<T>(
    State<T> States, IReadOnlyDictionary<string, T> Losses, IReadOnlyDictionary<string, T> Figures)
    where T : ITensor<T>
{
    /// <summary>What is known of each step, (T, B), by name: "kl", the divergence of posterior and prior, where the dynamics has one.</summary>
    public IReadOnlyDictionary<string, T> Steps { get; init; } = new Dictionary<string, T>();
}
