using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// One episode of N steps as N + 1 records, as PlaNet and Dreamer V1 keep them: an observation, the action that led to it, the reward
/// received on arriving there, and whether the episode ended there. Record 0 is the reset: no action, no reward. Each is a column, an array
/// (N + 1, ...) of its own type (see <see cref="EpisodeColumn"/>), and an algorithm may add others. Thread-safe while nobody writes into
/// its arrays.
/// </summary>
public sealed class Episode
{
    private readonly Dictionary<string, NpyArray> _columns;
    private readonly NpyArray _rewards;
    private readonly float[] _discounts;

    /// <summary>Takes columns, without copying them: observation, action, reward, terminated, truncated and any others.</summary>
    /// <exception cref="InvalidDataException">One is missing, has a wrong type or shape, or contradicts another.</exception>
    public Episode(IEnumerable<KeyValuePair<string, NpyArray>> columns)
    {
        _columns = new(columns);
        (Observations, Actions, _rewards) =
            (this[EpisodeColumn.Observation], this[EpisodeColumn.Action], this[EpisodeColumn.Reward]);
        Records = CheckShapes();
        CheckEnd(EpisodeColumn.Terminated);
        CheckEnd(EpisodeColumn.Truncated);
        _discounts = DiscountsOf();
    }

    /// <summary>All columns by name.</summary>
    public IReadOnlyDictionary<string, NpyArray> Columns => _columns;

    /// <summary>A column.</summary>
    /// <exception cref="InvalidDataException">There is none of this name.</exception>
    public NpyArray this[string column] =>
        _columns.TryGetValue(column, out NpyArray? array) ? array : throw new InvalidDataException($"it has no array '{column}'");

    /// <summary>Number of records, N + 1.</summary>
    public int Records { get; }

    /// <summary>Number of steps, N.</summary>
    public int Steps => Records - 1;

    /// <summary>Bytes of all columns.</summary>
    public long Bytes => _columns.Values.Sum(column => (long)column.Bytes.Length);

    /// <summary>(N + 1, ...).</summary>
    public NpyArray Observations { get; }

    /// <summary>(N + 1) int64 or (N + 1, A) float32, in the environment's units.</summary>
    public NpyArray Actions { get; }

    /// <summary>(N + 1), in the environment's units.</summary>
    public ReadOnlySpan<float> Rewards => _rewards.As<float>();

    /// <summary>(N + 1): 0 where nothing follows, 1 elsewhere, at a time limit too; or the labels of the column discount.</summary>
    public ReadOnlySpan<float> Discounts => _discounts;

    /// <summary>Whether the environment ended the episode.</summary>
    public bool Terminated => this[EpisodeColumn.Terminated].As<bool>()[^1];

    /// <summary>Whether it was ended from outside, as by a time limit.</summary>
    public bool Truncated => this[EpisodeColumn.Truncated].As<bool>()[^1];

    /// <summary>Sum of the rewards.</summary>
    public double Return
    {
        get
        {
            double sum = 0;
            foreach (float reward in Rewards)
                sum += reward;
            return sum;
        }
    }

    /// <summary>
    /// Copies a record's observation as networks see it, flat: an image of bytes becomes 0 to 1, all other numbers keep their value. Where
    /// there is room for more, the numbers beside the image follow.
    /// </summary>
    public void CopyObservation(int record, Span<float> values)
    {
        int size = Observations.Length / Records;
        if (values.Length < size)
            throw new ArgumentException($"An observation has {size} numbers; there is room for {values.Length}.");
        if (values.Length > size)
            ColumnData.ToFloats(this[EpisodeColumn.Numbers], record, values[size..]);
        ColumnData.ToFloats(Observations, record, values[..size]);
    }

    /// <summary>The same episode with one more column, or another one of that name.</summary>
    /// <exception cref="InvalidDataException">It does not fit the others.</exception>
    public Episode With(string column, NpyArray array) => new(new Dictionary<string, NpyArray>(_columns) { [column] = array });

    private int CheckShapes()
    {
        if (Observations.Shape.Count < 2)
            throw new InvalidDataException($"observation is {Observations.Describe()}; expected (N + 1, O)");
        int records = Observations.Shape[0];
        if (records < 2)
            throw new InvalidDataException($"it has {records} record; an episode has at least two, the reset and a step");
        foreach ((string name, NpyArray array) in _columns)
        {
            if (array.Shape.Count == 0 || array.Shape[0] != records)
                throw new InvalidDataException($"{name} is {array.Describe()}; observation has {records} records");
        }

        if (Actions is not ({ Type: NpyType.Int64, Shape.Count: 1 } or { Type: NpyType.Float32, Shape.Count: 2 }))
            throw new InvalidDataException($"action is {Actions.Describe()}; expected int64 ({records}) or float32 ({records}, A)");
        new EpisodeColumn(EpisodeColumn.Reward, NpyType.Float32).Check(_rewards, records);
        new EpisodeColumn(EpisodeColumn.Terminated, NpyType.Bool).Check(this[EpisodeColumn.Terminated], records);
        new EpisodeColumn(EpisodeColumn.Truncated, NpyType.Bool).Check(this[EpisodeColumn.Truncated], records);
        return records;
    }

    private void CheckEnd(string name)
    {
        int first = this[name].As<bool>().IndexOf(true);
        if (first >= 0 && first != Steps)
        {
            throw new InvalidDataException(
                $"{name}[{first}] is true, and {Steps - first} records follow; an episode ends at its last record");
        }
    }

    private float[] DiscountsOf()
    {
        if (!_columns.TryGetValue(EpisodeColumn.Discount, out NpyArray? labels))
        {
            float[] discounts = [.. Enumerable.Repeat(1f, Records)];
            discounts[^1] = Terminated ? 0 : 1;
            return discounts;
        }
        new EpisodeColumn(EpisodeColumn.Discount, NpyType.Float32).Check(labels, Records);
        Span<float> values = labels.As<float>();
        int wrong = values.IndexOfAnyExceptInRange(0f, 1f);
        if (wrong >= 0)
        {
            throw new InvalidDataException($"discount is not between 0 and 1 everywhere: discount[{wrong}] is {values[wrong]}. It is 0 "
                + "where the episode terminated, else 1");
        }

        if ((values[^1] == 0) != Terminated)
        {
            throw new InvalidDataException(
                $"discount[{Steps}] is {values[^1]}, and terminated[{Steps}] is {(Terminated ? "true" : "false")}; 0 means terminated");
        }

        return values.ToArray();
    }
}
