using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.Train.Data;

/// <summary>An episode on its way: columns that grow by a record at a time. Not thread-safe.</summary>
public sealed class EpisodeBuilder
{
    private const int FirstCapacity = 16;

    private readonly ActionVectors _actions;
    private readonly EpisodeColumn[] _columns;
    private readonly Dictionary<string, NpyArray> _arrays = [];
    private int _records, _capacity;

    /// <summary>Begins an episode.</summary>
    /// <param name="observation">How observations are kept.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="extras">What an algorithm adds to every record; 0 unless it is <see cref="Set"/>.</param>
    public EpisodeBuilder(EpisodeColumn observation, ActionVectors actions, params EpisodeColumn[] extras)
    {
        _actions = actions;
        _columns =
        [
            observation, actions.Column, new(EpisodeColumn.Reward, NpyType.Float32), new(EpisodeColumn.Terminated, NpyType.Bool),
            new(EpisodeColumn.Truncated, NpyType.Bool), .. extras,
        ];
        Clear();
    }

    /// <summary>Begins an episode of vectors of float32.</summary>
    public EpisodeBuilder(int observation, ActionVectors actions, params EpisodeColumn[] extras)
        : this(new EpisodeColumn(EpisodeColumn.Observation, NpyType.Float32, observation), actions, extras) { }

    /// <summary>Adds the reset, which no action led to.</summary>
    /// <exception cref="ArgumentException">The observation has another size.</exception>
    /// <exception cref="InvalidDataException">It has another type.</exception>
    public void Begin<T>(ReadOnlySpan<T> observation) where T : unmanaged
    {
        if (_records == _capacity)
            Grow();
        _records++;
        if (typeof(T) == typeof(float) && _columns[0].Type == NpyType.UInt8)
            FillPicture(MemoryMarshal.Cast<T, float>(observation));
        else
            Fill(EpisodeColumn.Observation, observation);
    }

    /// <summary>Adds a record that an action vector led to.</summary>
    /// <exception cref="ArgumentException">The observation or the vector has another size.</exception>
    /// <exception cref="InvalidDataException">The observation has another type.</exception>
    public void Add<T>(ReadOnlySpan<T> observation, ReadOnlySpan<float> vector, float reward, bool terminated, bool truncated)
        where T : unmanaged
    {
        if (_actions.Discrete)
        {
            Add(observation, ActionVectors.DecodeIndex(vector), reward, terminated, truncated);
            return;
        }
        Begin(observation);
        _actions.Decode(vector, Record<float>(EpisodeColumn.Action));
        Arrive(reward, terminated, truncated);
    }

    /// <summary>Adds a record that a numbered action led to.</summary>
    /// <exception cref="ArgumentException">The observation has another size.</exception>
    /// <exception cref="InvalidDataException">The observation has another type, or actions are not numbered.</exception>
    public void Add<T>(ReadOnlySpan<T> observation, long action, float reward, bool terminated, bool truncated) where T : unmanaged
    {
        Begin(observation);
        Set(EpisodeColumn.Action, action);
        Arrive(reward, terminated, truncated);
    }

    /// <summary>Sets a column of one number in the last record.</summary>
    /// <exception cref="InvalidDataException">The column has another type.</exception>
    public void Set<T>(string column, T value) where T : unmanaged => Fill<T>(column, [value]);

    /// <summary>Makes the episode and begins the next one.</summary>
    /// <exception cref="InvalidDataException">There are not two records yet.</exception>
    public Episode End()
    {
        Episode episode = new Episode(Columns());
        Clear();
        return episode;
    }

    /// <summary>Writes the records so far.</summary>
    public void Save(BinaryWriter writer)
    {
        using MemoryStream stream = new MemoryStream();
        Npz.Write(stream, Columns(), compress: false);
        writer.Write((int)stream.Length);
        writer.Write(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else, or of other columns.</exception>
    public void Restore(BinaryReader reader)
    {
        int length = reader.ReadInt32();
        using MemoryStream stream = new MemoryStream(reader.ReadBytes(Math.Max(0, length)));
        Dictionary<string, NpyArray> arrays = Npz.Read(stream);
        int records = arrays.TryGetValue(EpisodeColumn.Reward, out NpyArray? rewards) ? rewards.Length : 0;
        foreach (EpisodeColumn column in _columns)
        {
            if (!arrays.TryGetValue(column.Name, out NpyArray? array))
                throw new InvalidDataException($"an episode on its way has no array '{column.Name}'");
            column.Check(array, records);
            _arrays[column.Name] = array;
        }
        _records = _capacity = records;
    }

    private IEnumerable<KeyValuePair<string, NpyArray>> Columns() =>
        _columns.Select(column => KeyValuePair.Create(column.Name, ColumnData.Resize(_arrays[column.Name], _records)));

    private void Arrive(float reward, bool terminated, bool truncated)
    {
        Set(EpisodeColumn.Reward, reward);
        Set(EpisodeColumn.Terminated, terminated);
        Set(EpisodeColumn.Truncated, truncated);
    }

    /// <summary>A picture of 0 to 1 is kept as bytes; numbers behind it have a column of their own.</summary>
    private void FillPicture(ReadOnlySpan<float> values)
    {
        Span<byte> picture = Record<byte>(EpisodeColumn.Observation);
        if (values.Length > picture.Length)
            Fill(EpisodeColumn.Numbers, values[picture.Length..]);
        Pixels.ToBytes(values[..Math.Min(picture.Length, values.Length)], picture);
    }

    private void Fill<T>(string column, ReadOnlySpan<T> values) where T : unmanaged
    {
        Span<T> record = Record<T>(column);
        if (record.Length != values.Length)
            throw new ArgumentException($"{column} has {values.Length} numbers; expected {record.Length}.");
        values.CopyTo(record);
    }

    private Span<T> Record<T>(string column) where T : unmanaged
    {
        int size = _arrays[column].Length / _capacity;
        return _arrays[column].As<T>().Slice((_records - 1) * size, size);
    }

    private void Grow()
    {
        _capacity = Math.Max(FirstCapacity, 2 * _capacity);
        foreach (EpisodeColumn column in _columns)
            _arrays[column.Name] = ColumnData.Resize(_arrays[column.Name], _capacity);
    }

    private void Clear()
    {
        _records = _capacity = 0;
        foreach (EpisodeColumn column in _columns)
            _arrays[column.Name] = NpyArray.Zeros(column.Type, [0, .. column.Shape]);
    }
}
