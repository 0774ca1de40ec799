namespace WorldModels.Train.Algorithms;

/// <summary>
/// How far each actuator moves each number that is observed: |corr(a_i, s'_j - s_j)|, of an action and what changed in its step (SD2; Wang
/// et al. 2021). Moments are kept as the steps come (Welford's way), so that there may be any number of them. Not thread-safe.
/// </summary>
public sealed class ActuatorEffects
{
    private readonly double[] _actionMeans, _actionSquares, _changeMeans, _changeSquares, _products;
    private readonly double[] _actionDistances, _changes;

    /// <param name="actions">Numbers of an action (A).</param>
    /// <param name="observations">Numbers of an observation (O).</param>
    public ActuatorEffects(int actions, int observations)
    {
        (_actionMeans, _actionSquares, _actionDistances) = (new double[actions], new double[actions], new double[actions]);
        (_changeMeans, _changeSquares, _changes) = (new double[observations], new double[observations], new double[observations]);
        _products = new double[actions * observations];
    }

    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds a step: the action (A), what was observed before it and after it (O).</summary>
    public void Add(ReadOnlySpan<float> action, ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        Steps++;
        for (int i = 0; i < action.Length; i++)
        {
            _actionDistances[i] = action[i] - _actionMeans[i];
            _actionMeans[i] += _actionDistances[i] / Steps;
            _actionSquares[i] += _actionDistances[i] * (action[i] - _actionMeans[i]);
        }
        for (int j = 0; j < _changes.Length; j++)
        {
            double change = (double)after[j] - before[j], distance = change - _changeMeans[j];
            _changeMeans[j] += distance / Steps;
            _changes[j] = change - _changeMeans[j];
            _changeSquares[j] += distance * _changes[j];
        }
        for (int i = 0; i < action.Length; i++)
        {
            for (int j = 0; j < _changes.Length; j++)
                _products[i * _changes.Length + j] += _actionDistances[i] * _changes[j];
        }
    }

    /// <summary>(A, O'): the correlations' magnitudes, without the numbers that never change otherwise, which have none.</summary>
    /// <exception cref="UserException">An actuator never moved, or nothing that is observed did.</exception>
    public double[][] Correlations()
    {
        int still = Array.FindIndex(_actionSquares, square => square == 0);
        if (still >= 0)
        {
            throw new UserException(
                $"Actuator {still} had one value in all {Steps} steps: what it does cannot be seen. Let it act at random.");
        }
        int[] moving = [.. Enumerable.Range(0, _changes.Length).Where(j => _changeSquares[j] > 0)];
        if (moving.Length == 0)
            throw new UserException($"No number of the observations changed in {Steps} steps: there is nothing that an actuator does.");
        return [.. _actionSquares.Select((square, i) => Array.ConvertAll(
            moving, j => Math.Abs(_products[i * _changes.Length + j]) / Math.Sqrt(square * _changeSquares[j])))];
    }
}
