namespace WorldModels.Environments;

/// <summary>
/// The rules of <see cref="DodgeEgoEnvironment"/>: balls fall through a world of 16 by 16 cells towards an agent three cells wide in its
/// lowest row. A ball is dropped in a step at most, so that a row holds one at most.
/// </summary>
internal sealed class DodgeEgoGame(IRandomSource random)
{
    /// <summary>Rows and columns of the world, and of the view.</summary>
    public const int Size = 16;

    /// <summary>The column of the view that the agent's middle is in.</summary>
    public const int Middle = 8;

    /// <summary>Cells of the agent to each side of its middle.</summary>
    public const int Reach = 1;

    public const int StepLimit = 300;

    /// <summary>What the view shows where a ball is, and where the world ends.</summary>
    public const float Ball = 1;

    public const float Outside = 0.5f;

    private const int None = -1;

    private readonly int[] _balls = new int[Size];

    /// <summary>The column of the agent's middle, 1 to 14.</summary>
    public int Center { get; private set; }

    /// <summary>The column of the ball in a row, the upper row first; null where there is none.</summary>
    public int? BallIn(int row) => _balls[row] == None ? null : _balls[row];

    public void Start()
    {
        _balls.AsSpan().Fill(None);
        Center = Reach + random.Int(Size - 2 * Reach);
    }

    /// <summary>Moves the agent, lets every ball fall by a row, and may drop another one.</summary>
    /// <param name="move">-1, 0 or 1.</param>
    /// <param name="step">Steps of this episode before: balls become more frequent.</param>
    /// <returns>Whether a ball hit the agent, which stays to be seen in the lowest row; others vanish there.</returns>
    public bool Advance(int move, int step)
    {
        const double Rate = 0.1, RateGain = 0.2, Aimed = 0.6;
        Center = Math.Clamp(Center + move, Reach, Size - 1 - Reach);
        _balls.AsSpan(..^1).CopyTo(_balls.AsSpan(1));
        ref int landed = ref _balls[^1];
        bool hits = landed != None && Math.Abs(landed - Center) <= Reach;
        landed = hits ? landed : None;
        _balls[0] = random.Uniform() >= Rate + RateGain * step / StepLimit ? None
            : random.Uniform() < Aimed ? Center
            : random.Int(Size);
        return hits;
    }

    /// <summary>What the agent sees, its own middle always in the same column.</summary>
    /// <param name="view">(16, 16), upper row first.</param>
    public void Observe(Span<float> view)
    {
        Span<float> empty = view[..Size];
        for (int i = 0; i < Size; i++)
            empty[i] = (uint)(Center + i - Middle) < Size ? 0 : Outside;
        for (int row = 1; row < Size; row++)
            empty.CopyTo(view[(row * Size)..]);
        for (int row = 0; row < Size; row++)
        {
            int column = _balls[row] - Center + Middle;
            if (_balls[row] != None && (uint)column < Size)
                view[row * Size + column] = Ball;
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(Center - Reach);
        foreach (int ball in _balls)
            writer.Write(ball + 1);
    }

    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        Center = Reach + reader.ReadIndex(Size - 2 * Reach);
        foreach (ref int ball in _balls.AsSpan())
            ball = reader.ReadIndex(Size + 1) - 1;
    }
}
