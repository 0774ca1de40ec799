using WorldModels.Environments;

namespace WorldModels.Train.LatentWorlds;

/// <summary>
/// How much of a pendulum's states was visited: the share of the cells of a grid of 20 x 20, angle by velocity, that an observation was in.
/// Velocities beyond the grid count as its outermost.
/// </summary>
public sealed class StateCoverage
{
    /// <summary>Cells a side.</summary>
    public const int Side = 20;

    // The most that Gymnasium's pendulum does; about the most that the suite's motor gives it.
    private const float GymnasiumSpeed = 8, SuiteSpeed = 12;

    private readonly float _speed;
    private readonly bool[] _visited = new bool[Side * Side];

    private StateCoverage(float speed) => _speed = speed;

    /// <summary>The grid of a pendulum whose cosine, sine and velocity are observed; null where something else is.</summary>
    public static StateCoverage? Of(LatentOptions options) =>
        options.Pixels > 0 || !PendulumRewards.Environments.Contains(options.Env) ? null
        : new(options.Env == "pendulum" ? GymnasiumSpeed : SuiteSpeed);

    /// <summary>The share of the cells that were visited.</summary>
    public double Share => _visited.Count(visited => visited) / (double)_visited.Length;

    /// <summary>Counts an observation. Says whether nobody was in its cell before.</summary>
    public bool Visit(ReadOnlySpan<float> observation)
    {
        double angle = Math.Atan2(observation[1], observation[0]);
        int cell = Cell((angle + Math.PI) / (2 * Math.PI)) * Side + Cell((observation[2] / _speed + 1) / 2);
        bool isNew = !_visited[cell];
        _visited[cell] = true;
        return isNew;
    }

    /// <summary>Every cell: what is observed in its middle, and whether it was visited.</summary>
    public IEnumerable<(float Cosine, float Sine, float Velocity, bool Visited)> Cells => _visited.Select((visited, cell) =>
    {
        double angle = 2 * Math.PI * (cell / Side + 0.5) / Side - Math.PI, velocity = _speed * (2 * (cell % Side + 0.5) / Side - 1);
        return ((float)Math.Cos(angle), (float)Math.Sin(angle), (float)velocity, visited);
    });

    /// <summary>Writes which cells were visited.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (bool visited in _visited)
            writer.Write(visited);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        for (int cell = 0; cell < _visited.Length; cell++)
            _visited[cell] = reader.ReadBoolean();
    }

    private static int Cell(double share) => Math.Clamp((int)(share * Side), 0, Side - 1);
}
