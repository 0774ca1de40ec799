using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace WorldModels.Train;

/// <summary>
/// The scalars of a run as TensorBoard's event files, one a session: records of a length, its checksum, an event and its checksum.
/// TorchSharp's own writer stamps every value with the time 0, so TensorBoard's axes of time would be empty.
/// </summary>
internal sealed class TensorBoardLog
{
    private const int LengthBytes = sizeof(long), ChecksumBytes = sizeof(uint);

    private readonly string _path;

    /// <summary>Opens a file for this session and cuts earlier ones after <paramref name="update"/>: a resumed run writes it again.</summary>
    /// <exception cref="UserException">The file system refused.</exception>
    public TensorBoardLog(string folder, long update)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (string path in Directory.GetFiles(folder, "events.out.tfevents.*"))
                Cut(path, update);
            // TensorBoard reads files in the order of their names. One that runs meanwhile takes a shortened file that grows for damaged.
            _path = Path.Combine(folder, $"events.out.tfevents.{DateTime.UtcNow.Ticks}");
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(folder, exception);
        }
        Append(new Event { FileVersion = "brain.Event:2" });
    }

    /// <summary>Appends named values of an update. They can be read as soon as it returns.</summary>
    /// <exception cref="UserException">The file system refused.</exception>
    public void Write(long update, IReadOnlyDictionary<string, double> values)
    {
        Summary summary = new Summary();
        summary.Value.Add(values.Select(pair => new Summary.Types.Value { Tag = pair.Key, SimpleValue = (float)pair.Value }));
        Append(new Event { Step = update, Summary = summary });
    }

    private void Append(Event entry)
    {
        entry.WallTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        byte[] bytes = entry.ToByteArray(), length = BitConverter.GetBytes((long)bytes.Length);
        try
        {
            using BinaryWriter writer = new BinaryWriter(new FileStream(_path, FileMode.Append));
            writer.Write(length);
            writer.Write(Checksum(length));
            writer.Write(bytes);
            writer.Write(Checksum(bytes));
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(_path, exception);
        }
    }

    // A session's updates rise, so what belongs to the checkpoint is the beginning of its file. A killed run may leave half a record.
    private static void Cut(string path, long update)
    {
        using FileStream file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        using BinaryReader reader = new BinaryReader(file);
        long end = 0;
        while (Next(reader) is { } entry && entry.Step <= update)
            end = file.Position;
        file.SetLength(end);
    }

    /// <summary>The next event of a file; null at its end or where it is damaged.</summary>
    private static Event? Next(BinaryReader reader)
    {
        byte[] length = reader.ReadBytes(LengthBytes);
        if (length.Length < LengthBytes || !IsNext(reader, Checksum(length)))
            return null;
        byte[] bytes = reader.ReadBytes((int)BitConverter.ToInt64(length));
        return IsNext(reader, Checksum(bytes)) ? Event.Parser.ParseFrom(bytes) : null;
    }

    private static bool IsNext(BinaryReader reader, uint checksum) =>
        reader.ReadBytes(ChecksumBytes) is { Length: ChecksumBytes } bytes && BitConverter.ToUInt32(bytes) == checksum;

    // CRC-32C, masked, since checksums of data that hold checksums are weak.
    private static uint Checksum(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
