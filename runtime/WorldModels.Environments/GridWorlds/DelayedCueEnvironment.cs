namespace WorldModels.Environments;

/// <summary>
/// A task of memory: the first observation shows one of two cues, which is never seen again; some steps later a signal says that the action
/// taken now is the one that counts: 1 where it has the cue's number, -1 where it has not, and the episode terminates. Observation (4): cue
/// 0, cue 1, the signal, and a coin that falls anew at each step and means nothing. Who remembers nothing earns 0.
/// </summary>
public sealed class DelayedCueEnvironment : EpisodicEnvironment<long>
{
    private const int Cues = 2, Numbers = 4;

    private readonly Pcg64RandomSource _random;
    private readonly FlatScene _scene = new(0, 0, 3, 1);
    private int _step, _coin;

    /// <param name="delay">Steps from the cue to the signal, at least 1.</param>
    public DelayedCueEnvironment(int delay) : this(delay, new(0))
    {
    }

    // The limit is never reached: the signal comes before.
    private DelayedCueEnvironment(int delay, Pcg64RandomSource random)
        : base($"cue-{delay}", new Box(0, 1, [Numbers]), new Discrete(Cues), delay + 2, random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, 1);
        (Delay, _random) = (delay, random);
    }

    /// <summary>Steps from the cue to the signal.</summary>
    public int Delay { get; }

    /// <summary>The episode's cue.</summary>
    public int Cue { get; private set; }

    /// <inheritdoc/>
    public override Scene Draw()
    {
        _scene.Clear();
        if (_step == 0)
            _scene.Disc(Palette.Flame, 0.5 + 2 * Cue, 0.5, 0.35);
        else if (_step == Delay)
            _scene.Rectangle(Palette.Cart, 1.2, 0.2, 1.8, 0.8);
        return _scene;
    }

    private protected override void Start() => (_step, Cue, _coin) = (0, _random.Int(Cues), _random.Int(2));

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        int chosen = Require.Index(action[0], Cues, Name);
        terminated = _step == Delay;
        _step++;
        _coin = _random.Int(2);
        return !terminated ? 0 : chosen == Cue ? 1 : -1;
    }

    private protected override void Observe(Span<float> observation)
    {
        observation.Clear();
        if (_step == 0)
            observation[Cue] = 1;
        observation[Cues] = _step == Delay ? 1 : 0;
        observation[Cues + 1] = _coin;
    }

    private protected override void SaveState(BinaryWriter writer)
    {
        writer.Write(_step);
        writer.Write((byte)Cue);
        writer.Write((byte)_coin);
    }

    private protected override void RestoreState(BinaryReader reader)
    {
        (_step, Cue, _coin) = (reader.ReadInt32(), reader.ReadByte(), reader.ReadByte());
        if (_step < 0 || _step > Delay + 1 || Cue >= Cues || _coin > 1)
            throw new ArgumentException($"Step {_step}, cue {Cue} or coin {_coin} is none of this task.");
    }
}
