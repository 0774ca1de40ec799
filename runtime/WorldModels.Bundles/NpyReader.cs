using System.Buffers.Binary;
using System.Text;
using WorldModels.Bundles.Internals;

namespace WorldModels.Bundles;

/// <summary>
/// Reads an npy array from its beginning to its end, by records: entries along the first axis. So one can read what no array of .NET
/// holds, more than 2^31 elements. Not thread-safe.
/// </summary>
public sealed class NpyReader : IDisposable
{
    private readonly Stream _stream;
    private readonly IDisposable? _owner;
    private readonly string? _path;
    private readonly string _array = "";
    private NpyArray? _whole;

    /// <summary>Reads the header.</summary>
    /// <param name="stream">Positioned at the magic bytes; stays open.</param>
    /// <param name="length">Bytes there are, header included: an array that claims more is refused before memory is taken for it.</param>
    /// <exception cref="InvalidDataException">Not an npy array, or cut short.</exception>
    public NpyReader(Stream stream, long length)
    {
        _stream = stream;
        try
        {
            Header = ReadHeader(stream, length);
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            throw NpyRefusal.ToCaller(e, path: null);
        }
    }

    /// <summary>A reader of an array of a file, which throws what the file's reader puts into words.</summary>
    internal NpyReader(Stream stream, long length, string path, string array, IDisposable owner)
    {
        (_stream, _path, _array, _owner) = (stream, path, array, owner);
        Header = ReadHeader(stream, length);
    }

    /// <summary>What the file says of the array.</summary>
    public NpyHeader Header { get; }

    /// <summary>Number of records; 1 for a scalar.</summary>
    public long Records => Header.Shape.Count == 0 ? 1 : Header.Shape[0];

    /// <summary>Number of records read so far.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// The next records as (records, ...), fewer at the end. Of an array in Fortran order, whose records are not in a row, the first call
    /// reads all.
    /// </summary>
    /// <exception cref="InvalidDataException">The array is cut short or damaged, or its elements are none that are read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No records, or more than one array holds.</exception>
    public NpyArray Read(int records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        try
        {
            RequireReadable(Header);
            return Next((int)Math.Min(records, Records - Position));
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            throw NpyRefusal.ToCaller(new NpyRefusal(_array + NpyRefusal.TextOf(e), e), _path);
        }
    }

    /// <summary>Closes what the reader opened.</summary>
    public void Dispose()
    {
        _owner?.Dispose();
        if (_owner is not null)
            _stream.Dispose();
    }

    /// <summary>Reads a header and checks that so many bytes follow as it says.</summary>
    internal static NpyHeader ReadHeader(Stream stream, long length)
    {
        Span<byte> head = stackalloc byte[FileHead.Length];
        int got = stream.ReadAtLeast(head[..10], 10, throwOnEndOfStream: false);
        if (got < 10 || !head.StartsWith(Npy.Magic))
        {
            got += stream.ReadAtLeast(head[got..], head.Length - got, throwOnEndOfStream: false);
            throw new NpyRefusal(FileHead.NotNpy(head[..got]));
        }
        byte version = head[6];
        if (version is not (1 or 2 or 3))
            throw new NpyRefusal($"it is of version {version} of the npy format; 1 to 3 are read. Save it with another numpy");
        long headerLength = BinaryPrimitives.ReadUInt16LittleEndian(head[8..]);
        if (version > 1)
        {
            stream.ReadExactly(head[10..12]);
            headerLength = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            got = 12;
        }
        if (headerLength > length - got)
            throw new NpyRefusal($"it is cut short in its header. {FileHead.Again}");
        byte[] text = new byte[checked((int)headerLength)];
        stream.ReadExactly(text);
        if (text is [.., (byte)'\r'])
            throw new NpyRefusal($"it was changed in transfer (text mode). {FileHead.Again}");
        NpyHeader header = NpyHeader.Parse((version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text));
        long there = length - got - headerLength, claimed = checked(header.Length * header.Element.Size);
        if (header.Type is not null && claimed != there)
            throw new NpyRefusal($"its header says {claimed} bytes of data, there are {there}. {FileHead.Again}");
        return header;
    }

    /// <summary>Reads a whole array.</summary>
    internal static NpyArray ReadWhole(Stream stream, NpyHeader header)
    {
        RequireReadable(header);
        bool isFortranOrder = header.IsFortranOrder && header.Shape.Count > 1;
        if (header.Length > Array.MaxLength)
        {
            throw new NpyRefusal($"it has {header.Length} elements, one array holds {Array.MaxLength}. "
                + (isFortranOrder ? "Save it with numpy.ascontiguousarray, read by records" : "Read it by records, or save it in parts"));
        }
        int[] shape = [.. header.Shape.Select(size => checked((int)size))];
        NpyArray elements = NpyArray.Unwritten(header.Type!.Value, isFortranOrder ? [(int)header.Length] : shape);
        ElementReader.Read(stream, header, elements, first: 0);
        return isFortranOrder ? FortranOrder.ToRowMajor(elements, shape) : elements;
    }

    private static void RequireReadable(NpyHeader header)
    {
        if (header.Refusal is string refusal)
            throw new NpyRefusal(refusal);
    }

    private NpyArray Next(int records)
    {
        if (Header.IsFortranOrder)
            _whole ??= ReadWhole(_stream, Header);
        long size = Header.Length / Math.Max(1, Records);
        if (records * size > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(nameof(records), records,
                $"One array holds {Array.MaxLength} elements; a record of {Header.Describe()} has {size}.");
        }
        int[] record = [.. Header.Shape.Skip(1).Select(axis => checked((int)axis))];
        NpyArray array = NpyArray.Unwritten(Header.Type!.Value, Header.Shape.Count == 0 ? [] : [records, .. record]);
        long first = Position * size;
        if (_whole is null)
            ElementReader.Read(_stream, Header, array, first);
        else
            _whole.CopyTo((int)first, array);
        Position += records;
        return array;
    }
}
