using Microsoft.ML;
using Microsoft.ML.Data;

namespace WorldModels.MLNet.Internals;

/// <summary>Tells where an episode begins: at the first row, and where a column has another value than in the row before.</summary>
internal abstract class EpisodeMarks
{
    /// <summary>Whether episodes can be told apart by a column of a type.</summary>
    public static bool Takes(DataViewType type) => type is NumberDataViewType or TextDataViewType or KeyDataViewType or BooleanDataViewType;

    /// <summary>Reads a column of a cursor.</summary>
    public static EpisodeMarks Of(DataViewRow row, DataViewSchema.Column column) => Type.GetTypeCode(column.Type.RawType) switch
    {
        TypeCode.SByte => new Values<sbyte>(row, column),
        TypeCode.Byte => new Values<byte>(row, column),
        TypeCode.Int16 => new Values<short>(row, column),
        TypeCode.UInt16 => new Values<ushort>(row, column),
        TypeCode.Int32 => new Values<int>(row, column),
        TypeCode.UInt32 => new Values<uint>(row, column),
        TypeCode.Int64 => new Values<long>(row, column),
        TypeCode.UInt64 => new Values<ulong>(row, column),
        TypeCode.Single => new Values<float>(row, column),
        TypeCode.Double => new Values<double>(row, column),
        TypeCode.Boolean => new Values<bool>(row, column),
        _ => new Texts(row, column),
    };

    /// <summary>Whether the cursor's row is the first of an episode; to be asked once a row.</summary>
    public abstract bool Begins();

    private sealed class Values<T>(DataViewRow row, DataViewSchema.Column column) : EpisodeMarks where T : unmanaged, IEquatable<T>
    {
        private readonly ValueGetter<T> _get = row.GetGetter<T>(column);
        private T _last;
        private bool _any;

        public override bool Begins()
        {
            T value = default;
            _get(ref value);
            bool begins = !_any || !value.Equals(_last);
            (_last, _any) = (value, true);
            return begins;
        }
    }

    private sealed class Texts(DataViewRow row, DataViewSchema.Column column) : EpisodeMarks
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _get = row.GetGetter<ReadOnlyMemory<char>>(column);
        private ReadOnlyMemory<char> _value;
        private string? _last;

        public override bool Begins()
        {
            _get(ref _value);
            if (_last is not null && _value.Span.SequenceEqual(_last))
                return false;
            _last = _value.ToString();
            return true;
        }
    }
}
