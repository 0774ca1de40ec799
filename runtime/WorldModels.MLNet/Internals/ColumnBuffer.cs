using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.MLNet.Internals;

/// <summary>A column of the episode that is being written.</summary>
internal abstract class ColumnBuffer(string name)
{
    /// <summary>The column's name in the episode.</summary>
    public string Name => name;

    /// <summary>Records so far.</summary>
    public int Records { get; protected set; }

    /// <summary>Reads a column of a cursor.</summary>
    /// <exception cref="RecordingException">It is of a type that episodes have not.</exception>
    public static ColumnBuffer Of(DataViewRow row, string name, DataViewSchema.Column column)
    {
        VectorDataViewType? vector = column.Type as VectorDataViewType;
        string? expected = name switch
        {
            EpisodeColumn.Reward when column.Type != NumberDataViewType.Single => "Single",
            EpisodeColumn.Terminated or EpisodeColumn.Truncated when column.Type is not BooleanDataViewType => "Boolean",
            EpisodeColumn.Action when !IsAction(column.Type) => "Int64, Single or a vector of Single",
            _ when vector is { IsKnownSize: false } => "a vector of known size",
            _ => null,
        };
        if (expected is not null)
            throw EpisodeWriter.Wrong(column, expected);
        DataViewType item = vector?.ItemType ?? column.Type;
        bool isNumber = item is NumberDataViewType or BooleanDataViewType;
        return (isNumber ? Type.GetTypeCode(item.RawType) : TypeCode.Object) switch
        {
            TypeCode.Single => new Numbers<float>(row, name, column),
            TypeCode.Int64 => new Numbers<long>(row, name, column),
            TypeCode.Byte => new Numbers<byte>(row, name, column),
            TypeCode.Boolean => new Numbers<bool>(row, name, column),
            _ => throw EpisodeWriter.Wrong(column, "Single, Int64, Byte or Boolean, or a vector of one of these"),
        };
    }

    private static bool IsAction(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType == NumberDataViewType.Single
        : type == NumberDataViewType.Int64 || type == NumberDataViewType.Single;

    /// <summary>Takes the cursor's row.</summary>
    public abstract void Add();

    /// <summary>The records so far, and empties the buffer.</summary>
    /// <param name="taken">Whether an action is that of its own record, and not the one that led there.</param>
    public abstract NpyArray Take(bool taken);

    private sealed class Numbers<T> : ColumnBuffer where T : unmanaged
    {
        private delegate void ReadRow(Span<T> values);

        private readonly ReadRow _read;
        private readonly int[] _shape;
        private readonly int _width;
        private T[] _values = [];

        public Numbers(DataViewRow row, string name, DataViewSchema.Column column) : base(name)
        {
            if (column.Type is VectorDataViewType vector)
            {
                ValueGetter<VBuffer<T>> get = row.GetGetter<VBuffer<T>>(column);
                VBuffer<T> buffer = default;
                (_shape, _width) = ([.. vector.Dimensions], vector.Size);
                _read = values =>
                {
                    get(ref buffer);
                    buffer.CopyTo(values);
                };
            }
            else
            {
                ValueGetter<T> get = row.GetGetter<T>(column);
                // A vector of one number is a column of vectors in an episode, but where the number is an action's.
                bool isVector = name == EpisodeColumn.Observation || (name == EpisodeColumn.Action && typeof(T) == typeof(float));
                (_shape, _width) = (isVector ? [1] : [], 1);
                _read = values => get(ref values[0]);
            }
        }

        public override void Add()
        {
            int at = Records * _width;
            if (at + _width > _values.Length)
                Array.Resize(ref _values, Math.Max(at + _width, 2 * _values.Length));
            _read(_values.AsSpan(at, _width));
            Records++;
        }

        public override NpyArray Take(bool taken)
        {
            T[] values = _values[..(Records * _width)];
            if (Name == EpisodeColumn.Action)
            {
                if (taken)
                    Array.Copy(values, 0, values, _width, values.Length - _width);
                values.AsSpan(0, _width).Clear();
            }
            else if (Name == EpisodeColumn.Reward)
            {
                values[0] = default;
            }
            NpyArray array = NpyArray.Of(values, [Records, .. _shape]);
            Records = 0;
            return array;
        }
    }
}
