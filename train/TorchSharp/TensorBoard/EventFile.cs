using System.Buffers.Binary;
using Google.Protobuf;

namespace TorchSharp.TensorBoard;

/// <summary>
/// A file of events in TFRecord frames: length (8 bytes), its checksum (4), the message, its checksum (4), little endian. Each
/// event is written out at once, so that a killed run loses none.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private static int written;

    private readonly FileStream file;

    public EventFile(string folder, string suffix)
    {
        Directory.CreateDirectory(folder);
        // TensorBoard sorts the files of a folder by name and expects this pattern; the counter keeps names of one second apart.
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string process = $"{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref written)}";
        string name = $"events.out.tfevents.{now:D10}.{process}{suffix}";
        file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        Write(new Event { WallTime = now, FileVersion = "brain.Event:2" });
    }

    public void Write(Event entry)
    {
        byte[] message = entry.ToByteArray();
        var frame = new byte[12 + message.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Masked(frame.AsSpan(0, 8)));
        message.CopyTo(frame, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + message.Length), Masked(message));
        lock (file)
        {
            file.Write(frame);
            file.Flush();
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>CRC-32C, rotated and shifted as TFRecord asks, so that a checksum of data with checksums in it stays useful.</summary>
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data) crc = System.Numerics.BitOperations.Crc32C(crc, b);
        crc = ~crc;
        return (crc >> 15 | crc << 17) + 0xa282ead8;
    }
}
