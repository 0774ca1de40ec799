namespace WorldModels.Environments;

/// <summary>
/// Simple World, the task of a public example of learning to act through a transformer: a grid of 4 x 4 cells with an agent, a goal and
/// threats. Arriving on the goal, or staying there, gives 1, a threat <see cref="SimpleWorldOptions.ThreatReward"/>; episodes are truncated
/// after 25 steps. The observation is a picture of the grid, (3, 4, 4) flat, white, in which the threats are red, the goal is green and the
/// agent black, drawn in this order: the agent hides what it stands on.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for five moves, <c>float</c> for pairs.</typeparam>
public abstract class SimpleWorld<TAction> : EpisodicEnvironment<TAction>, IObservationDrawable
    where TAction : unmanaged
{
    /// <summary>Rows and columns.</summary>
    public const int Size = 4;

    private const int Limit = 25, Cells = Size * Size;

    private readonly SimpleWorldOptions _options;
    private readonly Pcg64RandomSource _random;
    private readonly FlatScene _scene = new(0, 0, Size, Size);
    private readonly (int Row, int Column)[] _threats;
    private (int Row, int Column) _agent, _goal;

    private protected SimpleWorld(string name, Space actions, SimpleWorldOptions options) : this(name, actions, options, new(0))
    {
    }

    private SimpleWorld(string name, Space actions, SimpleWorldOptions options, Pcg64RandomSource random)
        : base(name, new Box(0, 1, [3 * Cells]), actions, Limit, random)
    {
        int most = options.WholeGrid ? Cells - 2 : int.MaxValue;
        if (options.Threats < 1 || options.Threats > most)
            throw new ArgumentException($"'{name}' has {options.Threats} threats; there is room for 1 to {most}.");
        (_options, _random, _threats) = (options, random, new (int, int)[options.Threats]);
    }

    /// <summary>The agent's cell.</summary>
    public (int Row, int Column) Agent => _agent;

    /// <summary>The goal's cell.</summary>
    public (int Row, int Column) Goal => _goal;

    /// <summary>The threats' cells.</summary>
    public ReadOnlySpan<(int Row, int Column)> Threats => _threats;

    /// <inheritdoc/>
    public override Scene Draw()
    {
        _scene.Clear();
        for (int line = 1; line < Size; line++)
            _scene.Rod(Palette.Fixed, line, 0, line, Size, 0.01).Rod(Palette.Fixed, 0, line, Size, line, 0.01);
        foreach ((int Row, int Column) threat in _threats)
            Cell(Palette.Flame, threat);
        Cell(Palette.Target, _goal);
        return _scene.Disc(Palette.Cart, _agent.Column + 0.5, Size - 0.5 - _agent.Row, 0.3);

        void Cell(uint color, (int Row, int Column) at) => _scene.Rectangle(
            color, at.Column + 0.06, Size - 1 - at.Row + 0.06, at.Column + 0.94, Size - at.Row - 0.06);
    }

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation)
    {
        _scene.Clear();
        for (int cell = 0; cell < Cells; cell++)
        {
            (double left, double bottom) = (cell % Size, Size - 1 - cell / Size);
            uint colour = Byte(observation[cell]) << 16 | Byte(observation[Cells + cell]) << 8 | Byte(observation[2 * Cells + cell]);
            _scene.Rectangle(colour, left, bottom, left + 1, bottom + 1);
        }
        return _scene;

        uint Byte(float value) => (uint)Math.Round(byte.MaxValue * Math.Clamp(value / _options.White, 0, 1));
    }

    /// <summary>Moves the agent to this cell, or the nearest one of the grid, then the threats where they move; gives the reward.</summary>
    private protected double MoveTo(int row, int column)
    {
        _agent = Clamp(row, column);
        if (_options.ThreatsMove)
        {
            foreach (ref (int Row, int Column) threat in _threats.AsSpan())
            {
                int direction = _random.Int(4), step = direction % 2 * 2 - 1;
                threat = direction < 2 ? Clamp(threat.Row + step, threat.Column) : Clamp(threat.Row, threat.Column + step);
            }
        }
        double reward = _agent == _goal ? 1 : 0;
        foreach ((int Row, int Column) threat in _threats)
            reward += threat == _agent ? _options.ThreatReward : 0;
        return reward;
    }

    private protected override void Start()
    {
        Span<(int Row, int Column)> cells = stackalloc (int, int)[_threats.Length + 2];
        int side = _options.WholeGrid ? Size : Size - 1;
        for (int i = 0; i < cells.Length; i++)
        {
            do
                cells[i] = (_random.Int(side), _random.Int(side));
            while (_options.WholeGrid && cells[..i].Contains(cells[i]));
        }
        (_agent, _goal) = (cells[0], cells[^1]);
        cells[1..^1].CopyTo(_threats);
    }

    private protected override void Observe(Span<float> observation)
    {
        observation.Fill(_options.White);
        foreach ((int Row, int Column) threat in _threats)
            Paint(observation, threat, 1, 0, 0);
        Paint(observation, _goal, 0, 1, 0);
        Paint(observation, _agent, 0, 0, 0);

        void Paint(Span<float> picture, (int Row, int Column) at, float red, float green, float blue)
        {
            int cell = at.Row * Size + at.Column;
            (picture[cell], picture[Cells + cell], picture[2 * Cells + cell]) =
                (red * _options.White, green * _options.White, blue * _options.White);
        }
    }

    private protected override void SaveState(BinaryWriter writer)
    {
        foreach ((int row, int column) in (ReadOnlySpan<(int, int)>)[_agent, _goal, .. _threats])
            writer.Write((byte)(row * Size + column));
    }

    private protected override void RestoreState(BinaryReader reader)
    {
        (_agent, _goal) = (Read(), Read());
        for (int i = 0; i < _threats.Length; i++)
            _threats[i] = Read();

        (int, int) Read() => reader.ReadByte() is < Cells and byte cell
            ? (cell / Size, cell % Size) : throw new ArgumentException("A cell lies beyond the grid.");
    }

    private static (int Row, int Column) Clamp(int row, int column) => (Math.Clamp(row, 0, Size - 1), Math.Clamp(column, 0, Size - 1));
}

/// <summary>Simple World with five moves: stay, or one cell up, down, left or right.</summary>
/// <param name="name">As it is registered.</param>
/// <param name="options">Rules.</param>
public sealed class SimpleWorldEnvironment(string name = "simple-world", SimpleWorldOptions? options = null)
    : SimpleWorld<long>(name, new Discrete(Moves.Length), options ?? new())
{
    private static readonly (int Rows, int Columns)[] Moves = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)];

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        terminated = false;
        (int rows, int columns) = Moves[Require.Index(action[0], Moves.Length, Name)];
        return MoveTo(Agent.Row + rows, Agent.Column + columns);
    }
}

/// <summary>Simple World with pairs of numbers in [-1, 1], by which the agent moves down and to the right.</summary>
/// <param name="name">As it is registered.</param>
/// <param name="options">Rules.</param>
public sealed class ContinuousSimpleWorldEnvironment(string name = "simple-world-continuous", SimpleWorldOptions? options = null)
    : SimpleWorld<float>(name, new Box(-1, 1, [2]), options ?? new())
{
    private readonly bool _rounds = (options ?? new()).Rounds;

    private protected override double Advance(ReadOnlySpan<float> action, out bool terminated)
    {
        Require.Finite(action, Name);
        terminated = false;
        return MoveTo(Place(Agent.Row, action[0]), Place(Agent.Column, action[1]));
    }

    private int Place(int from, float by)
    {
        double move = Math.Clamp(by, -1, 1);
        return _rounds ? from + (int)Math.Round(move, MidpointRounding.AwayFromZero) : (int)(from + move);
    }
}
