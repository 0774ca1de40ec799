using System.Globalization;
using System.IO.MemoryMappedFiles;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// Keeps observations in memory up to a bound. Those beyond it lie in a temporary file that is mapped: the system reads a page of it when
/// somebody looks there, and gives its memory back when it is short. Thread-safe.
/// </summary>
/// <param name="memory">Bytes that may stay in memory.</param>
internal sealed unsafe class ObservationStore(long memory)
{
    /// <summary>Half of what this process may use.</summary>
    public static long HalfOfTheMachine => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    private const int Alignment = 64;

    private readonly object _lock = new();
    private readonly List<MemoryMappedViewAccessor> _views = [];     // the last one is of the whole file; arrays may still use the others
    private FileStream? _file;
    private long _kept, _length, _mapped;
    private byte* _start;

    /// <summary>Bytes in the file.</summary>
    public long Spilled => _length;

    /// <summary>The array itself, or one of the same values in the file, which nobody may write into.</summary>
    /// <exception cref="RecordingException">The file cannot be written.</exception>
    public NpyArray Keep(NpyArray array)
    {
        long bytes = array.Bytes.Length;
        try
        {
            if (Reserve(bytes) is not { } at)
                return array;
            RandomAccess.Write(_file!.SafeFileHandle, array.Bytes, at);
            return NpyArray.Over(array.Type, new MappedMemory(this, at, (int)bytes).Memory, [.. array.Shape]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecordingException(string.Create(CultureInfo.InvariantCulture,
                $"The observations do not fit into {memory / 1e9:0.##} GB of memory, and the rest could not be written to {Path.GetTempPath()}: "
                + $"{exception.Message.TrimEnd('.')}. Let it have more memory (train: --set datasetMemory=, in GB), or name a folder with more "
                + $"room by the environment variable TMPDIR (TEMP on Windows)."), exception);
        }
    }

    /// <summary>A place in the file, or null for what may stay in memory.</summary>
    private long? Reserve(long bytes)
    {
        lock (_lock)
        {
            if (_kept + bytes <= memory)
            {
                _kept += bytes;
                return null;
            }
            _file ??= Open();
            long at = _length;
            _length += (bytes + Alignment - 1) / Alignment * Alignment;
            return at;
        }
    }

    /// <summary>Where a place in the file is in memory.</summary>
    public byte* At(long place, int bytes)
    {
        lock (_lock)
        {
            if (place + bytes > _mapped)
                Map();
            return _start + place;
        }
    }

    private void Map()
    {
        MemoryMappedFile file = MemoryMappedFile.CreateFromFile(
            _file!, null, _length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor view = file.CreateViewAccessor(0, _length, MemoryMappedFileAccess.Read);
        _views.Add(view);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
        _mapped = _length;
    }

    private static FileStream Open()
    {
        string path = Path.Combine(Path.GetTempPath(), $"worldmodels-observations-{Guid.NewGuid():N}");
        FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, bufferSize: 0, FileOptions.DeleteOnClose);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);      // it lives as long as it is open, and no longer, even if the process is killed
        return file;
    }
}
