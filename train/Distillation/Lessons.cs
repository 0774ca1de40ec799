using WorldModels.Bundles;
using WorldModels.Measure;

namespace WorldModels.Train.Distillation;

/// <summary>What a teacher would do where somebody played: rows of what a decision looks at, and the action.</summary>
/// <param name="observation">Numbers in an observation (O).</param>
/// <param name="history">Observations in a row (k).</param>
/// <param name="action">The actions.</param>
internal sealed class Lessons(int observation, int history, ActionSpec action)
{
    private readonly List<float[]> _rows = [];
    private readonly List<float[]> _actions = [];

    /// <summary>Numbers in a row, k O.</summary>
    public int Features => observation * history;

    /// <summary>The actions' space.</summary>
    public ActionSpec Action => action;

    /// <summary>Rows (N) of numbers (k O): the last k observations, the oldest first, zeros before the episode.</summary>
    public IReadOnlyList<float[]> Rows => _rows;

    /// <summary>The teacher's actions (N): their numbers, or the number of a discrete one.</summary>
    public IReadOnlyList<float[]> Actions => _actions;

    /// <summary>Adds an episode.</summary>
    /// <param name="episode">What was seen.</param>
    /// <param name="taught">What the teacher would have done at each step (T, ...shape).</param>
    public void Add(RealEpisode episode, Array taught)
    {
        int size = action.Size;
        for (int t = 0; t < episode.Steps; t++)
        {
            float[] row = new float[Features];
            for (int back = 0; back < history && back <= t; back++)
                episode.Observations[t - back].CopyTo(row, (history - 1 - back) * observation);
            _rows.Add(row);
            _actions.Add(taught is long[] numbers ? [numbers[t]] : [.. ((float[])taught).AsSpan(t * size, size)]);
        }
    }

    /// <summary>The same rows, each with the action of some other row: what remains is how often an action occurs.</summary>
    public Lessons Shuffled(ulong seed)
    {
        Lessons shuffled = new Lessons(observation, history, action);
        float[][] actions = [.. _actions];
        new Random(unchecked((int)seed)).Shuffle(actions);
        shuffled._rows.AddRange(_rows);
        shuffled._actions.AddRange(actions);
        return shuffled;
    }
}
