using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

/// <summary>Writes npy and npz files in any way that numpy might, and ways that it would not.</summary>
internal static class NpyBytes
{
    /// <summary>A header of a version around a dict, as numpy writes it: padded, with a newline at its end.</summary>
    public static byte[] Of(string dict, byte[] data, byte version = 1)
    {
        byte[] text = (version == 3 ? Encoding.UTF8 : Encoding.Latin1).GetBytes(dict + "   \n");
        byte[] start = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', version, 0, .. new byte[version == 1 ? 2 : 4]];
        if (version == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(start.AsSpan(8), (ushort)text.Length);
        else
            BinaryPrimitives.WriteInt32LittleEndian(start.AsSpan(8), text.Length);
        return [.. start, .. text, .. data];
    }

    /// <summary>An array of a type, a shape and an order.</summary>
    public static byte[] Of(string descr, string shape, byte[] data, bool fortran = false) =>
        Of($"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}", data);

    /// <summary>Elements in either byte order.</summary>
    public static byte[] Elements<T>(bool bigEndian, params T[] values) where T : unmanaged
    {
        byte[] bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        int size = bytes.Length / Math.Max(1, values.Length);
        for (int at = 0; bigEndian && at < bytes.Length; at += size)
            Array.Reverse(bytes, at, size);
        return bytes;
    }

    public static NpyArray Read(byte[] bytes) => Npy.Read(new MemoryStream(bytes), bytes.Length);

    /// <summary>Why an array is refused.</summary>
    public static string Refusal(byte[] bytes) => Assert.Throws<InvalidDataException>(() => Read(bytes))!.Message;

    /// <summary>A zip of entries, stored.</summary>
    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using MemoryStream stream = new MemoryStream();
        using (ZipArchive zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }
}
