namespace WorldModels.Environments;

/// <summary>
/// Random numbers follow what the environment observes, new ones at every step, uniform in -1..1, which no action controls: the noisy
/// screen that keeps an agent watching who seeks whatever it cannot predict (Burda et al. 2019, section 5).
/// </summary>
/// <remarks>Their stream starts anew with the environment's seed, and is saved with the environment inside.</remarks>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public sealed class NoisyObservation<TAction> : ObservationWrapper<TAction> where TAction : unmanaged
{
    private SplitMix64 _random;

    /// <param name="inner">What is observed before them.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <exception cref="ArgumentException">The environment observes no vector of numbers.</exception>
    public NoisyObservation(IEnvironment<TAction> inner, int count) : base(inner)
    {
        if (count < 1)
            throw new ArgumentOutOfRangeException(nameof(count), count, "There is at least one random number.");
        if (inner.ObservationSpace is not Box { Shape.Length: 1 } box)
            throw new ArgumentException($"'{inner.Name}' observes {inner.ObservationSpace}: random numbers can follow a vector only.");
        ObservationSpace = new Box(Math.Min(box.Low, -1), Math.Max(box.High, 1), [box.Size + count]);
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    public override void Reset(ulong? seed, Span<float> observation)
    {
        if (seed is { } value)
            _random = new(SplitMix64.Mix(value + SplitMix64.Gamma));
        base.Reset(seed, observation);
    }

    public override void Save(BinaryWriter writer)
    {
        writer.Write(_random.State);
        base.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        try
        {
            _random.State = reader.ReadUInt64();
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"The saved state of '{Name}' is cut short; use another checkpoint.", e);
        }
        base.Restore(reader);
    }

    private protected override void Observe(Span<float> observation)
    {
        Observed.CopyTo(observation);
        foreach (ref float number in observation[Observed.Length..])
            number = (float)(2 * _random.Uniform() - 1);
    }
}
