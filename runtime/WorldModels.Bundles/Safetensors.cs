using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;

namespace WorldModels.Bundles;

/// <summary>Where a tensor lies in a safetensors file.</summary>
/// <param name="ElementType">Type of an element.</param>
/// <param name="Shape">Sizes of the axes.</param>
/// <param name="Offset">First byte, from the beginning of the file.</param>
/// <param name="Length">Number of bytes.</param>
public sealed record SafetensorsEntry(Type ElementType, IReadOnlyList<int> Shape, long Offset, int Length);

/// <summary>Contents of a safetensors file.</summary>
public sealed record SafetensorsContent(IReadOnlyDictionary<string, TensorData> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The float tensors, as weights.</summary>
    public IReadOnlyDictionary<string, WeightArray> Weights() => Tensors.Where(t => t.Value.ElementType == typeof(float))
        .ToDictionary(t => t.Key, t => new WeightArray(t.Value.Values<float>(), [.. t.Value.Shape]));
}

/// <summary>
/// Safetensors files (huggingface/safetensors, "Format"): 8 bytes length, a JSON header, then the tensors without gaps. Readers check
/// everything the header says before they believe it.
/// </summary>
/// <remarks>
/// The header is padded with spaces so that data begin at a multiple of 64 bytes, and tensors whose length is a multiple of 64 come first,
/// so that they all begin at one: as aligned as a format without gaps can be.
/// </remarks>
public static class Safetensors
{
    private const int Alignment = 64;
    private const int LongestHeader = 100_000_000;      // the limit of the reference implementation
    private const string MetadataKey = "__metadata__";

    /// <summary>Writes a file, replacing an old one in one step. The same tensors give the same bytes.</summary>
    /// <returns>Where each tensor lies.</returns>
    public static IReadOnlyDictionary<string, SafetensorsEntry> Write(string path, IReadOnlyDictionary<string, TensorData> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        KeyValuePair<string, TensorData>[] ordered =
            [.. tensors.OrderByDescending(t => AlignmentOf(t.Value.Bytes.Length)).ThenBy(t => t.Key, StringComparer.Ordinal)];
        byte[] header = Header(ordered, metadata);
        Dictionary<string, SafetensorsEntry> entries = [];
        long offset = sizeof(long) + header.Length;
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach ((string name, TensorData tensor) in ordered)
            {
                stream.Write(tensor.Bytes);
                entries.Add(name, new SafetensorsEntry(tensor.ElementType, tensor.Shape, offset, tensor.Bytes.Length));
                offset += tensor.Bytes.Length;
            }
        });
        return entries;
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no safetensors file, damaged or cut off.</exception>
    public static SafetensorsContent Read(string path)
    {
        using FileStream stream = Open(path);
        Dictionary<string, SafetensorsEntry> entries = ReadHeader(path, stream, out Dictionary<string, string> metadata);
        Dictionary<string, TensorData> tensors = [];
        foreach ((string name, SafetensorsEntry entry) in entries.OrderBy(e => e.Value.Offset))
        {
            int count = entry.Shape.Aggregate(1, (product, size) => product * size);
            tensors.Add(name, TensorData.Empty(entry.ElementType, [.. entry.Shape], count, out Span<byte> bytes));
            stream.Position = entry.Offset;
            stream.ReadExactly(bytes);
        }
        return new SafetensorsContent(tensors, metadata);
    }

    /// <summary>Reads what a file holds and where, without the data.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static IReadOnlyDictionary<string, SafetensorsEntry> ReadHeader(string path)
    {
        using FileStream stream = Open(path);
        return ReadHeader(path, stream, out _);
    }

    /// <summary>Whether a file ends before the header, or before the tensors that it promises.</summary>
    internal static bool IsCutShort(ReadOnlySpan<byte> content)
    {
        if (content.Length < sizeof(long))
            return true;
        long header = BinaryPrimitives.ReadInt64LittleEndian(content);
        if (header is < 2 or > LongestHeader)
            return false;
        if (header > content.Length - sizeof(long))
            return content.Length == sizeof(long) || content[sizeof(long)] == '{';
        try
        {
            using JsonDocument json = JsonDocument.Parse(content.Slice(sizeof(long), (int)header).ToArray());
            long end = json.RootElement.EnumerateObject().Where(property => property.Name != MetadataKey)
                .Select(property => property.Value.GetProperty("data_offsets")[1].GetInt64()).DefaultIfEmpty(0).Max();
            return end > content.Length - sizeof(long) - header;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException
            or IndexOutOfRangeException)
        {
            return false;
        }
    }

    private static Dictionary<string, SafetensorsEntry> ReadHeader(string path, FileStream stream, out Dictionary<string, string> metadata)
    {
        if (stream.Length < sizeof(long))
            throw Bad(path, $"it has {stream.Length} bytes, too few for a header");
        byte[] lengthBytes = new byte[sizeof(long)];
        stream.ReadExactly(lengthBytes);
        long length = BinaryPrimitives.ReadInt64LittleEndian(lengthBytes);
        if (length is < 2 or > LongestHeader || length > stream.Length - sizeof(long))
            throw Bad(path, $"its header claims {length} bytes in a file of {stream.Length}");
        byte[] header = new byte[length];
        stream.ReadExactly(header);
        long dataStart = sizeof(long) + length;
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            metadata = [];
            Dictionary<string, SafetensorsEntry> entries = [];
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                    metadata = property.Value.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "");
                else if (!entries.TryAdd(property.Name, Entry(path, property, dataStart)))
                    throw Bad(path, $"'{property.Name}' is in it twice");
            }
            CheckLayout(path, entries, dataStart, stream.Length);
            return entries;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw Bad(path, $"its header cannot be read: {e.Message}");
        }
    }

    private static SafetensorsEntry Entry(string path, JsonProperty property, long dataStart)
    {
        JsonElement value = property.Value;
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out JsonElement dtype)
            || !value.TryGetProperty("shape", out JsonElement shape) || !value.TryGetProperty("data_offsets", out JsonElement offsets))
        {
            throw Bad(path, $"'{property.Name}' lacks dtype, shape or data_offsets");
        }

        (Type type, int size) = TensorData.ElementOf(dtype.GetString())
            ?? throw Bad(path, $"'{property.Name}' has the unknown dtype {dtype.GetRawText()}");
        int[] sizes = [.. shape.EnumerateArray().Select(s => s.GetInt32())];
        long[] range = [.. offsets.EnumerateArray().Select(o => o.GetInt64())];
        if (sizes.Any(s => s < 0) || range is not [>= 0 and var begin, var end] || end < begin || end > long.MaxValue - dataStart)
            throw Bad(path, $"'{property.Name}' has the shape {shape.GetRawText()} at {offsets.GetRawText()}");
        BigInteger bytes = sizes.Aggregate(new BigInteger(size), (product, s) => product * s);
        if (bytes != end - begin)
        {
            throw Bad(path, $"'{property.Name}' of shape {shape.GetRawText()} and type {dtype.GetString()} needs {bytes} bytes and has "
                + $"{end - begin}");
        }

        if (bytes > Array.MaxLength)
            throw Bad(path, $"'{property.Name}' has {bytes} bytes, more than the {Array.MaxLength} this reader takes");
        return new SafetensorsEntry(type, sizes, dataStart + begin, (int)(end - begin));
    }

    private static void CheckLayout(string path, Dictionary<string, SafetensorsEntry> entries, long dataStart, long fileLength)
    {
        long position = dataStart;
        foreach ((string name, SafetensorsEntry entry) in entries.OrderBy(e => e.Value.Offset).ThenBy(e => e.Value.Length))
        {
            if (entry.Offset != position)
                throw Bad(path, $"'{name}' begins at byte {entry.Offset}, where {position} was expected: tensors overlap or leave a gap");
            position += entry.Length;
        }
        if (position != fileLength)
            throw Bad(path, $"its tensors end at byte {position}, the file at {fileLength}: it is cut off or was added to");
    }

    private static byte[] Header(KeyValuePair<string, TensorData>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach ((string name, TensorData tensor) in tensors)
            {
                if (name == MetadataKey)
                {
                    throw new ArgumentException($"A tensor cannot be called '{MetadataKey}': the format needs this name.",
                        nameof(tensors));
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", TensorData.NameOf(tensor.ElementType));
                json.WriteStartArray("shape");
                foreach (int size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while ((sizeof(long) + stream.Length) % Alignment != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    /// <summary>The largest power of two, at most 64, that divides a length.</summary>
    private static int AlignmentOf(int length) =>
        length == 0 ? Alignment : Math.Min(Alignment, 1 << BitOperations.TrailingZeroCount(length));

    private static FileStream Open(string path) =>
        File.Exists(path) ? File.OpenRead(path) : throw new FileNotFoundException($"There is no file '{path}'.", path);

    private static InvalidDataException Bad(string path, string reason) =>
        new($"'{path}' is not a sound safetensors file: {reason}. Make it again or fetch it again.");
}
