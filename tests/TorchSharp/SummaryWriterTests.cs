using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Reads the event files back with a reader that shares nothing with the writer.</summary>
public sealed class SummaryWriterTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("events-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Scalars_texts_images_and_histograms_are_read_back()
    {
        using var scope = NewDisposeScope();
        var writer = utils.tensorboard.SummaryWriter(folder);
        writer.add_scalar("loss", 0.25f, 3, walltime: 1234);
        writer.add_text("config", "lr = é", 0);
        writer.add_img("frame", tensor(new byte[] { 255, 0, 0, 255, 0, 255, 0, 255, 9, 8, 7, 6 }, [3, 2, 2]), 4);
        writer.add_histogram("weights", tensor(new[] { -2f, 0f, 1f, 1f }), 5);
        writer.add_scalars("return", new Dictionary<string, float> { ["agent"] = 1, ["random"] = 2 }, 6);

        var events = Read(Directory.GetFiles(folder).Single());
        Assert.That(events.Select(e => e.Whole(2)), Is.EqualTo(new long[] { 0, 3, 0, 4, 5 }));
        Assert.That(events[0].Text(3), Is.EqualTo("brain.Event:2"));

        Assert.That(events[1].Real(1), Is.EqualTo(1234));
        var scalar = events[1].Message(5).Message(1);
        Assert.That((scalar.Text(1), scalar.Single(2)), Is.EqualTo(("loss", 0.25f)));

        var text = events[2].Message(5).Message(1);
        Assert.That((text.Text(1), text.Message(9).Message(1).Text(1)), Is.EqualTo(("config/text_summary", "text")));
        Assert.That((text.Message(8).Whole(1), text.Message(8).Text(8)), Is.EqualTo((7L, "lr = é")));

        var image = events[3].Message(5).Message(1).Message(4);
        Assert.That((image.Whole(1), image.Whole(2), image.Whole(3)), Is.EqualTo((2L, 2L, 3L)));
        Assert.That(Pixels(image.Bytes(4)), Is.EqualTo(new byte[] { 0, 255, 0, 9, 0, 255, 8, 0, 0, 0, 7, 255, 255, 6 }));

        var histogram = events[4].Message(5).Message(1).Message(5);
        Assert.That(Enumerable.Range(1, 5).Select(histogram.Real), Is.EqualTo(new[] { -2.0, 1, 4, 0, 6 }));
        double[] limits = histogram.Reals(6), counts = histogram.Reals(7);
        Assert.That(limits, Is.Ordered.And.Length.EqualTo(counts.Length));
        Assert.That(counts.Where(c => c > 0), Is.EqualTo(new[] { 1.0, 1, 2 }));
        int two = Array.IndexOf(counts, 2.0);
        Assert.That(limits[two - 1] <= 1 && limits[two] > 1);

        Assert.That(Directory.GetDirectories(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "return_agent", "return_random" }));
    }

    [Test]
    public void Batches_become_a_grid()
    {
        using var scope = NewDisposeScope();
        utils.tensorboard.SummaryWriter(folder).add_img("batch", rand(3, 1, 4, 5), 0, dataformats: "NCHW");
        var image = Read(Directory.GetFiles(folder).Single())[1].Message(5).Message(1).Message(4);
        Assert.That((image.Whole(1), image.Whole(2), image.Whole(3)), Is.EqualTo((8L, 10L, 1L)));
    }

    private static byte[] Pixels(byte[] png)
    {
        var data = new MemoryStream();
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            if (Encoding.ASCII.GetString(png, at + 4, 4) == "IDAT") data.Write(png, at + 8, length);
            at += 12 + length;
        }
        data.Position = 0;
        using var raw = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionMode.Decompress)) zlib.CopyTo(raw);
        return raw.ToArray();
    }

    private static List<Fields> Read(string path)
    {
        byte[] file = ReadShared(path);
        var events = new List<Fields>();
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.That(Masked(file.AsSpan(at, 8)), Is.EqualTo(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8))));
            var message = file.AsSpan(at + 12, length);
            Assert.That(Masked(message), Is.EqualTo(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length))));
            events.Add(new Fields(message.ToArray()));
            at += 16 + length;
        }
        return events;
    }

    private static byte[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    // CRC-32C bit by bit: the reversed polynomial of RFC 3720.
    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = ~0u;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int i = 0; i < 8; i++) crc = (crc >> 1) ^ (0x82f63b78 & (uint)-(int)(crc & 1));
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    /// <summary>The fields of a protobuf message by number, undecoded.</summary>
    private sealed class Fields
    {
        private readonly ILookup<int, byte[]> fields;

        public Fields(byte[] message)
        {
            var found = new List<(int, byte[])>();
            int at = 0;
            while (at < message.Length)
            {
                ulong key = Varint(message, ref at);
                byte[] value = (key & 7) switch
                {
                    0 => BitConverter.GetBytes(Varint(message, ref at)),
                    1 => message[at..(at += 8)],
                    2 => Counted(),
                    5 => message[at..(at += 4)],
                    _ => throw new InvalidDataException($"wire type {key & 7}"),
                };
                found.Add(((int)(key >> 3), value));
            }
            fields = found.ToLookup(f => f.Item1, f => f.Item2);

            byte[] Counted()
            {
                int length = (int)Varint(message, ref at);
                return message[at..(at += length)];
            }
        }

        public byte[] Bytes(int field) => fields[field].Single();
        public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));
        public Fields Message(int field) => new(Bytes(field));
        public long Whole(int field) => fields[field].Select(b => BitConverter.ToInt64(b)).SingleOrDefault();
        public float Single(int field) => BitConverter.ToSingle(Bytes(field));
        public double Real(int field) => fields[field].Select(b => BitConverter.ToDouble(b)).SingleOrDefault();
        public double[] Reals(int field) => [.. Bytes(field).Chunk(8).Select(b => BitConverter.ToDouble(b))];

        private static ulong Varint(byte[] message, ref int at)
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = message[at++];
                value |= (ulong)(b & 0x7f) << shift;
                if (b < 0x80) return value;
            }
        }
    }
}
