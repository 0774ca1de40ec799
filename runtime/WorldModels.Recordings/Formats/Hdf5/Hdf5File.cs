using System.Collections.Concurrent;
using System.Reflection;
using PureHDF;
using PureHDF.VOL.Native;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// An HDF5 file that is open as often as threads read it at once: PureHDF keeps a position in each. Every failure names the file and what
/// was read. Links into other files are refused, so that a recording that somebody sent reads nothing else of this machine. Thread-safe.
/// </summary>
internal sealed class Hdf5File : IDisposable
{
    private readonly ConcurrentBag<Hdf5Handle> _idle = [];
    private readonly ConcurrentBag<Hdf5Handle> _all = [];

    /// <summary>Opens a file.</summary>
    /// <exception cref="RecordingException">It is missing, cut short, or no HDF5 file.</exception>
    public Hdf5File(string path)
    {
        Path = path;
        _idle.Add(Open());
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Reads by a handle that no other thread has meanwhile.</summary>
    /// <exception cref="RecordingException">What was read is damaged, or of a kind that this does not read.</exception>
    public T Read<T>(string what, Func<Hdf5Handle, T> read)
    {
        if (!_idle.TryTake(out Hdf5Handle? handle))
            handle = Open();
        try
        {
            return Guard(what, () => read(handle));
        }
        finally
        {
            _idle.Add(handle);
        }
    }

    /// <summary>Runs what PureHDF does, and says of which object it failed.</summary>
    /// <exception cref="RecordingException">It failed.</exception>
    public T Guard<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not RecordingException)      // damage may look as if too little memory, too
        {
            throw new RecordingException($"'{Path}': {what} cannot be read: {Explain(e)}", e);
        }
    }

    /// <summary>A group's children by name.</summary>
    /// <exception cref="RecordingException">One stands in another file.</exception>
    public Dictionary<string, NativeObject> Children(NativeGroup group)
    {
        NativeFile file = FileOf(ContextOf(group));
        Dictionary<string, NativeObject> children = new Dictionary<string, NativeObject>();
        foreach (NativeObject child in group.Children().Cast<NativeObject>())
        {
            bool inside = child is IH5UnresolvedLink || FileOf(ContextOf(child)) == file;
            children[child.Name] = inside ? child : throw Refused(child.Name, "is linked in from another file", "Copy it into this one");
        }
        return children;
    }

    /// <summary>What says that an object is not what it has to be.</summary>
    public RecordingException Refused(string what, string why, string remedy) => new($"'{Path}': {what} {why}. {remedy}");

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (Hdf5Handle handle in _all)
            handle.File.Dispose();
    }

    private Hdf5Handle Open()
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Hdf5Header.Check(stream);
            stream.Position = 0;
            Hdf5Handle handle = new Hdf5Handle(this, H5File.Open(stream));
            _all.Add(handle);
            return handle;
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (e is RecordingException)
                throw;
            throw new RecordingException($"'{Path}' cannot be opened: {Explain(e)}", e);
        }
    }

    private static string Explain(Exception e)
    {
        while (e is TargetInvocationException && e.InnerException is not null)
            e = e.InnerException;
        const string Filter = "Could not find filter '";
        if (e.Message.StartsWith(Filter, StringComparison.Ordinal))
        {
            string filter = e.Message[Filter.Length..].Split('\'')[0];
            return $"it is compressed with {filter}. Write it again with gzip: h5repack -f GZIP=4 IN OUT";
        }
        if (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
            return e.Message;
        return $"{e.Message.TrimEnd('.')}. The file may be damaged: copy or download it again";
    }

    // PureHDF follows links into other files, and nothing public says of an object which file it stands in.
    private static object ContextOf(NativeObject o) => Hidden.Get(typeof(NativeObject), "Context", o)!;

    private static NativeFile FileOf(object context) => (NativeFile)Hidden.Get(context.GetType(), "File", context)!;
}

/// <summary>One opening of an HDF5 file, for one thread at a time.</summary>
internal sealed class Hdf5Handle(Hdf5File owner, NativeFile file)
{
    private Dictionary<string, NativeObject>? _root;

    /// <summary>The file as PureHDF has it.</summary>
    public NativeFile File => file;

    /// <summary>What stands in the root, by name: listed once, since looking up a name may go through all of them.</summary>
    public IReadOnlyDictionary<string, NativeObject> Root => _root ??= owner.Children(file);
}
