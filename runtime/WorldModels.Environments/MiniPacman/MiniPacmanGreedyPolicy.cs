namespace WorldModels.Environments;

/// <summary>
/// A scripted player: looks one move ahead and weighs, for each cell it could stand on, the way to the nearest thing worth having in
/// this mode, the nearest dangerous ghost, and the cells it would reach before any ghost. It sees the state, not the picture. Meant to
/// collect training data that random play never reaches, not as an upper bound.
/// </summary>
/// <remarks>Works for any number of games in turn, without allocating. Not thread-safe.</remarks>
public sealed class MiniPacmanGreedyPolicy : IResumable
{
    // In moves of detour that it is worth; found by random search over all five modes.
    private const double Fatal = 1000;
    private const double GhostNear = 15;
    private const double LostCell = 0.05;
    private const double PillInstead = 8; // of nearer food, where both are wanted
    private const double Spoilt = 100; // a pill nobody should eat now
    private const double Unwanted = 0.5; // food where it costs
    private const double PillAway = 2;

    private const int HeadStart = 1;
    private const int LureDistance = 3;
    private const double CatchSpeed = 0.8; // cells gained on a fleeing ghost by move

    private readonly byte[] _threat = new byte[MiniPacmanMaze.Cells]; // moves the nearest ghost needs to each cell
    private readonly double _epsilon;
    private SplitMix64 _random;

    /// <param name="epsilon">Share of uniformly random moves, 0..1.</param>
    /// <param name="seed">Seed of these moves.</param>
    public MiniPacmanGreedyPolicy(double epsilon = 0, ulong seed = 0)
    {
        if (epsilon is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "The share of random moves must be within 0..1.");
        _epsilon = epsilon;
        _random = new(seed);
    }

    /// <summary>An action for every row.</summary>
    /// <param name="games">B games.</param>
    /// <param name="actions">(B), receives 0..4.</param>
    public void Act(MiniPacmanVectorEnvironment games, Span<long> actions)
    {
        Require.Length(actions.Length, games.Count, nameof(actions));
        for (int row = 0; row < actions.Length; row++)
            actions[row] = Act(games[row].Game);
    }

    /// <summary>An action for one game.</summary>
    public int Act(MiniPacmanGame game)
    {
        if (_epsilon > 0 && _random.Uniform() < _epsilon)
            return (int)(_random.Uniform() * MiniPacmanGame.Actions);
        MiniPacmanState state = game.State;
        MeasureThreat(state);
        int best = 0;
        double bestScore = double.NegativeInfinity;
        for (int action = 0; action < MiniPacmanGame.Actions; action++)
        {
            int cell = state.Pacman + MiniPacmanMaze.Moves[action];
            if (!MiniPacmanMaze.Walkable[cell])
                continue;
            double score = Score(game.Mode, state, cell);
            if (score > bestScore)
                (best, bestScore) = (action, score);
        }
        return best;
    }

    public void Save(BinaryWriter writer) => writer.Write(_random.State);

    public void Restore(BinaryReader reader) => _random.State = reader.ReadUInt64();

    private double Score(MiniPacmanMode mode, MiniPacmanState state, int cell)
    {
        bool pill = state.Pills.Contains(cell);
        int power = pill ? MiniPacmanGame.PillDuration : state.Power - 1;
        ReadOnlySpan<byte> distances = MiniPacmanMaze.DistancesFrom(cell);
        int prey = NearestGhost(state.Ghosts, distances);
        if (mode.Ghost > 0 && prey <= power * CatchSpeed && !(pill && prey > LureDistance))
            return Fatal - prey;

        double score = state.Ghosts.Length > 0 && (power <= 0 || mode.Ghost < 0) ? Safety(cell, distances) : 0;
        switch (mode.Goal)
        {
            case MiniPacmanGoal.Ghosts: // wait beside a pill for a ghost to come close
                return score - (pill ? Spoilt : 0) - PillAway * NearestPill(state.Pills, distances);
            case MiniPacmanGoal.Pills:
                return score - NearestPill(state.Pills, distances);
            case MiniPacmanGoal.Food when mode.Food > 0:
                return score - Math.Min(NearestFood(state.Food, distances), NearestPill(state.Pills, distances) + PillInstead);
            default:
                return score - (pill ? Spoilt : 0) - (state.Food[cell] ? Unwanted : 0);
        }
    }

    private double Safety(int cell, ReadOnlySpan<byte> distances)
    {
        int ghost = _threat[cell];
        if (ghost == 0)
            return -Fatal;
        int lost = MiniPacmanMaze.WalkableCells; // cells that a ghost reaches first
        for (int i = 0; i < distances.Length; i++)
        {
            if (distances[i] + HeadStart < _threat[i])
                lost--;
        }
        return -LostCell * lost - GhostNear / (ghost * ghost);
    }

    private void MeasureThreat(MiniPacmanState state)
    {
        Span<byte> threat = _threat;
        threat.Fill(byte.MaxValue);
        foreach (MiniPacmanGhost ghost in state.Ghosts)
        {
            ReadOnlySpan<byte> distances = MiniPacmanMaze.GhostDistancesFrom(ghost.Cell, ghost.Facing & 3);
            for (int i = 0; i < threat.Length; i++)
                threat[i] = Math.Min(threat[i], distances[i]);
        }
    }

    private static int NearestFood(ReadOnlySpan<bool> food, ReadOnlySpan<byte> distances)
    {
        int nearest = byte.MaxValue;
        for (int i = 0; i < distances.Length; i++)
        {
            if (food[i])
                nearest = Math.Min(nearest, distances[i]);
        }
        return nearest;
    }

    private static int NearestGhost(ReadOnlySpan<MiniPacmanGhost> ghosts, ReadOnlySpan<byte> distances)
    {
        int nearest = byte.MaxValue;
        foreach (MiniPacmanGhost ghost in ghosts)
            nearest = Math.Min(nearest, distances[ghost.Cell]);
        return nearest;
    }

    private static int NearestPill(ReadOnlySpan<int> pills, ReadOnlySpan<byte> distances)
    {
        int nearest = byte.MaxValue;
        foreach (int pill in pills)
            nearest = Math.Min(nearest, distances[pill]);
        return nearest;
    }
}
