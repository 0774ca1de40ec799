namespace WorldModels.Environments;

/// <summary>
/// Catch (Mnih et al. 2014): a ball falls through a grid of 10 x 5 cells, a row each step, from a random column; a paddle in the last row,
/// which begins in the middle, moves left, stays or moves right. After nine steps the ball is there: 1 where the paddle is below it, -1
/// where it is not, and the episode terminates. The observation is (10, 5) flat: 1 where ball or paddle is, else 0.
/// </summary>
public sealed class CatchEnvironment : EpisodicEnvironment<long>, IObservationDrawable
{
    /// <summary>Rows.</summary>
    public const int Rows = 10;

    /// <summary>Columns.</summary>
    public const int Columns = 5;

    private const int Actions = 3;

    private readonly Pcg64RandomSource _random;
    private readonly FlatScene _scene = new(0, 0, Columns, Rows);
    private int _row;

    public CatchEnvironment() : this(new(0))
    {
    }

    // The limit is never reached: the ball is down before.
    private CatchEnvironment(Pcg64RandomSource random)
        : base("catch", new Box(0, 1, [Rows * Columns]), new Discrete(Actions), Rows, random) => _random = random;

    /// <summary>Column of the ball.</summary>
    public int Ball { get; private set; }

    /// <summary>Column of the paddle.</summary>
    public int Paddle { get; private set; }

    /// <inheritdoc/>
    public override Scene Draw() => _scene.Clear()
        .Rectangle(Palette.Cart, Paddle + 0.05, 0.3, Paddle + 0.95, 0.7)
        .Disc(Palette.Flame, Ball + 0.5, Rows - 0.5 - _row, 0.35);

    /// <inheritdoc/>
    /// <remarks>Each cell is as dark as its number: of a dream that is not sure, more than a ball and a paddle are seen.</remarks>
    public Scene Draw(ReadOnlySpan<float> observation)
    {
        _scene.Clear();
        for (int cell = 0; cell < observation.Length; cell++)
        {
            (double left, double bottom) = (cell % Columns, Rows - 1 - cell / Columns);
            uint shade = (uint)Math.Round(byte.MaxValue * (1 - Math.Clamp(observation[cell], 0, 1)));
            _scene.Rectangle(shade << 16 | shade << 8 | shade, left, bottom, left + 1, bottom + 1);
        }
        return _scene;
    }

    private protected override void Start() => (_row, Ball, Paddle) = (0, _random.Int(Columns), Columns / 2);

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        Paddle = Math.Clamp(Paddle + Require.Index(action[0], Actions, Name) - 1, 0, Columns - 1);
        terminated = ++_row == Rows - 1;
        return !terminated ? 0 : Ball == Paddle ? 1 : -1;
    }

    private protected override void Observe(Span<float> observation)
    {
        observation.Clear();
        observation[_row * Columns + Ball] = 1;
        observation[(Rows - 1) * Columns + Paddle] = 1;
    }

    private protected override void SaveState(BinaryWriter writer)
    {
        writer.Write((byte)_row);
        writer.Write((byte)Ball);
        writer.Write((byte)Paddle);
    }

    private protected override void RestoreState(BinaryReader reader)
    {
        (_row, Ball, Paddle) = (reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        if (_row >= Rows || Ball >= Columns || Paddle >= Columns)
            throw new ArgumentException("Ball or paddle lies beyond the grid.");
    }
}
