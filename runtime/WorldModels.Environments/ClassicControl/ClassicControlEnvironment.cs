namespace WorldModels.Environments;

/// <summary>
/// A classic control problem as Gymnasium has it: a few reals as state, in double precision. <c>Reset(seed)</c> draws the state that
/// Gymnasium's <c>reset(seed=seed)</c> draws.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class ClassicControlEnvironment<TAction> : EpisodicEnvironment<TAction> where TAction : unmanaged
{
    private readonly double[] _state;
    private readonly Pcg64RandomSource _random;

    private protected ClassicControlEnvironment(string name, int stateSize, Space observations, Space actions, int timeLimit)
        : this(name, stateSize, observations, actions, timeLimit, new(0))
    {
    }

    private ClassicControlEnvironment(
        string name, int stateSize, Space observations, Space actions, int timeLimit, Pcg64RandomSource random)
        : base(name, observations, actions, timeLimit, random) => (_state, _random) = (new double[stateSize], random);

    /// <summary>The state; each environment says what its elements are.</summary>
    public ReadOnlySpan<double> State => _state;

    private protected Span<double> MutableState => _state;

    /// <summary>Starts an episode in a state of the caller's choice.</summary>
    public void Load(ReadOnlySpan<double> state)
    {
        Require.Length(state.Length, _state.Length, nameof(state));
        state.CopyTo(_state);
        Begin();
    }

    private protected override void SaveState(BinaryWriter writer)
    {
        foreach (double value in _state)
            writer.Write(value);
    }

    private protected override void RestoreState(BinaryReader reader) => Require.ReadFinite(reader, _state);

    /// <summary>A draw from [low, high) in NumPy's arithmetic.</summary>
    private protected double Uniform(double low, double high) => low + (high - low) * _random.Uniform();
}
