using Tensorboard;

namespace WorldModels.Tests.Train;

/// <summary>A scalar as TensorBoard reads it.</summary>
internal sealed record BoardScalar(string Tag, long Step, float Value, double WallTime);

/// <summary>Reads event files: records of a length, its checksum, an event and its checksum.</summary>
internal static class TensorBoardEvents
{
    /// <summary>All scalars of a run, in the order in which TensorBoard reads them. A damaged file throws.</summary>
    public static BoardScalar[] Of(string run) =>
    [
        .. from path in Directory.GetFiles(Path.Combine(run, "tensorboard")).Order(StringComparer.Ordinal)
           from entry in Events(path)
           from value in entry.Summary?.Value ?? []
           select new BoardScalar(value.Tag, entry.Step, value.SimpleValue, entry.WallTime),
    ];

    private static List<Event> Events(string path)
    {
        List<Event> events = [];
        byte[] file = File.ReadAllBytes(path);
        for (int at = 0; at < file.Length;)
        {
            byte[] length = Checked(sizeof(long));
            events.Add(Event.Parser.ParseFrom(Checked((int)BitConverter.ToInt64(length))));

            byte[] Checked(int size)
            {
                byte[] bytes = file[at..(at + size)];
                uint checksum = BitConverter.ToUInt32(file, at + size);
                Assert.That(checksum, Is.EqualTo(Checksum(bytes)), $"{path} at {at}");
                at += size + sizeof(uint);
                return bytes;
            }
        }
        Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
        return events;
    }

    private static uint Checksum(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0x82f63b78;
        }
        return ((~crc >> 15) | (~crc << 17)) + 0xa282ead8;
    }
}
