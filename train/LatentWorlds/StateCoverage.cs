using WorldModels.Environments;
using WorldModels.Runtime;

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

    private const int PushedRows = 10, PushedSteps = 2000;

    private static readonly uint RandomStream = Philox.Stream("random-coverage");

    private readonly string _environment;
    private readonly float _speed;
    private readonly bool[] _visited = new bool[Side * Side];
    private readonly Lazy<bool[]> _reachable;

    private StateCoverage(string environment, float speed) =>
        (_environment, _speed, _reachable) = (environment, speed, new(FindReachable));

    /// <summary>The grid of a pendulum whose cosine, sine and velocity are observed; null where something else is.</summary>
    public static StateCoverage? Of(LatentOptions options) =>
        options.Pixels > 0 || !PendulumRewards.Environments.Contains(options.Env) ? null
        : new(options.Env, options.Env == "pendulum" ? GymnasiumSpeed : SuiteSpeed);

    /// <summary>The share of the cells that random actions visit in as many steps of the environment.</summary>
    public static double OfRandomActions(LatentOptions options, long steps)
    {
        StateCoverage coverage = Of(options)!;
        AgentEnvironment environment = AgentEnvironment.Make(options, options.Environments);
        EpisodeRows rows = new(environment);
        ulong seed = (ulong)options.Seed + 4_000_037;
        rows.Begin(seed);
        for (uint step = 0; rows.EnvironmentSteps < steps; step++)
        {
            for (int row = 0; row < rows.Count; row++)
                environment.Actions.Draw(new(seed, (uint)row, step, RandomStream), rows.Of(rows.Vectors, row));
            rows.Step();
            for (int row = 0; row < rows.Count; row++)
                coverage.Visit(rows.Arrived(row));
        }
        return coverage.Share;
    }

    /// <summary>The share of the cells that were visited.</summary>
    public double Share => _visited.Count(visited => visited) / (double)_visited.Length;

    /// <summary>The share of the cells that can be reached that were visited.</summary>
    public double ShareOfReachable => Cells.Where(cell => cell.Reachable).Average(cell => cell.Visited ? 1.0 : 0);

    /// <summary>Counts an observation. Says whether nobody was in its cell before.</summary>
    public bool Visit(ReadOnlySpan<float> observation)
    {
        int cell = Column(observation[0], observation[1]) * Side + Row(observation[2]);
        bool isNew = !_visited[cell];
        _visited[cell] = true;
        return isNew;
    }

    /// <summary>
    /// Every cell: what is observed in its middle, whether it was visited, and whether it can be reached, which those cannot that lie
    /// wholly beyond the speeds that the motor gives at their angle.
    /// </summary>
    public IEnumerable<(float Cosine, float Sine, float Velocity, bool Visited, bool Reachable)> Cells => _visited.Select((visited, cell) =>
    {
        double angle = 2 * Math.PI * (cell / Side + 0.5) / Side - Math.PI, velocity = _speed * (2 * (cell % Side + 0.5) / Side - 1);
        return ((float)Math.Cos(angle), (float)Math.Sin(angle), (float)velocity, visited, _reachable.Value[cell]);
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

    /// <summary>
    /// The cells between rest and the speed that is met at their angle, either way round, where full torque always pushes on: it gives the
    /// greatest speed there is, since paths in the plane of angle and speed do not cross.
    /// </summary>
    private bool[] FindReachable()
    {
        bool[] reachable = new bool[Side * Side];
        EpisodeRows rows = new(AgentEnvironment.Make(_environment, PushedRows, actionRepeat: 1));
        rows.Begin(seed: 0);
        for (int step = 0; step < PushedSteps; step++)
        {
            for (int row = 0; row < PushedRows; row++)
                rows.Of(rows.Vectors, row)[0] = rows.Of(rows.Observations, row)[2] < 0 ? -1 : 1;
            rows.Step();
            for (int row = 0; row < PushedRows; row++)
            {
                ReadOnlySpan<float> seen = rows.Arrived(row);
                Reach(seen[0], seen[1], seen[2]);
                Reach(seen[0], -seen[1], -seen[2]);
            }
        }
        return reachable;

        void Reach(float cosine, float sine, float velocity)
        {
            (int from, int to) = velocity < 0 ? (Row(velocity), Side / 2 - 1) : (Side / 2, Row(velocity));
            reachable.AsSpan(Column(cosine, sine) * Side + from, to - from + 1).Fill(true);
        }
    }

    private static int Column(float cosine, float sine) => Cell((Math.Atan2(sine, cosine) + Math.PI) / (2 * Math.PI));

    private int Row(float velocity) => Cell((velocity / _speed + 1) / 2);

    private static int Cell(double share) => Math.Clamp((int)(share * Side), 0, Side - 1);
}
