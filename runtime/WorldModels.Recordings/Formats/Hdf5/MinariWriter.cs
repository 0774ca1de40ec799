using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// Writes a data set as Minari lays it out. Episodes are appended to a file beside it, and become the data set when that is complete: who
/// is stopped before leaves none. In memory are one array of one episode, twice, and some KB for each episode. Not thread-safe.
/// </summary>
public sealed class MinariWriter : IDisposable
{
    private const long ChunkBytes = 1 << 20;

    private readonly string _folder;
    private readonly string _partial;
    private readonly MinariSpec _spec;
    private readonly Spool _spool;
    private readonly H5File _file = [];
    private NpyArray? _observations;
    private NpyArray? _actions;
    private long _steps;

    /// <summary>Begins a data set.</summary>
    /// <param name="root">The folder of all data sets; null: Minari's own.</param>
    /// <param name="spec">What it is.</param>
    /// <exception cref="RecordingException">Its name is none of Minari's, or there is one of that name.</exception>
    /// <exception cref="IOException">The disk refused, or another writes a data set of that name.</exception>
    public MinariWriter(string? root, MinariSpec spec)
    {
        _spec = spec;
        if (!MinariRoot.IsId(spec.Id))
            throw new RecordingException($"'{spec.Id}' is no name of a Minari data set. Expected one such as pendulum/random-v0");
        _folder = Path.Combine(root ?? MinariRoot.Folder, spec.Id);
        if (Directory.Exists(_folder))
            throw new RecordingException($"There is already '{_folder}'. Delete it, or write the next version, as in -v1");
        string parent = Path.GetDirectoryName(_folder)!;
        _partial = Path.Combine(parent, $".{Path.GetFileName(_folder)}.partial");
        Directory.CreateDirectory(_partial);
        _spool = new Spool(Path.Combine(_partial, "spool"));
    }

    /// <summary>Appends an episode. Columns of its own become infos.</summary>
    /// <exception cref="RecordingException">It differs in kind from the first.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Add(Episode episode)
    {
        CheckKind(episode);
        H5Group infos = new H5Group();
        H5Group group = new H5Group
        {
            ["observations"] = Array(episode.Observations, 0),
            ["actions"] = Array(episode.Actions, 1),
            ["rewards"] = Array<double>([.. episode.Rewards[1..].ToArray().Select(reward => (double)reward)], [episode.Steps]),
            ["terminations"] = Array(episode[EpisodeColumn.Terminated], 1),
            ["truncations"] = Array(episode[EpisodeColumn.Truncated], 1),
        };
        foreach ((string name, NpyArray column) in episode.Columns)
        {
            if (name is not (EpisodeColumn.Observation or EpisodeColumn.Action or EpisodeColumn.Reward or EpisodeColumn.Terminated
                or EpisodeColumn.Truncated))
            {
                infos[name] = Array(column, 0);
            }
        }
        if (infos.Count > 0)
            group["infos"] = infos;
        long number = _file.Count;
        group.Attributes["id"] = number;
        group.Attributes["total_steps"] = (long)episode.Steps;
        _file[$"{MinariFormat.EpisodePrefix}{number}"] = group;
        _steps += episode.Steps;
    }

    /// <summary>Writes the data set and puts it in its place.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="RecordingException">It has no episode.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public string Complete()
    {
        if (_observations is null || _actions is null)
            throw new RecordingException($"The data set {_spec.Id} has no episode. Add some before it is completed");
        string data = Path.Combine(_partial, MinariFormat.DataFolder);
        Directory.CreateDirectory(data);
        long bytes = 0;
        AtomicFile.Write(Path.Combine(data, MinariFormat.FileName), stream =>
        {
            _file.Write(stream);
            bytes = stream.Length;
        });
        AtomicFile.Write(Path.Combine(data, MinariMetadata.FileName), stream =>
            stream.Write(MinariJson.Metadata(_spec, _observations, _actions, _file.Count, _steps, bytes)));
        _spool.Dispose();
        Directory.Move(_partial, _folder);
        return _folder;
    }

    /// <summary>Removes what was not completed.</summary>
    public void Dispose()
    {
        _spool.Dispose();
        if (Directory.Exists(_partial))
            Directory.Delete(_partial, recursive: true);
    }

    private void CheckKind(Episode episode)
    {
        _observations ??= NpyArray.Zeros(episode.Observations.Type, [1, .. episode.Observations.Shape.Skip(1)]);
        _actions ??= NpyArray.Zeros(episode.Actions.Type, [1, .. episode.Actions.Shape.Skip(1)]);
        Check("observation", episode.Observations, _observations);
        Check("action", episode.Actions, _actions);

        void Check(string name, NpyArray array, NpyArray first)
        {
            if (array.Type != first.Type || !array.Shape.Skip(1).SequenceEqual(first.Shape.Skip(1)))
            {
                throw new RecordingException($"Episode {_file.Count}: {name} is {array.Describe()}, and that of the first is "
                    + $"{first.Describe()} a record. A data set has one kind of episode");
            }
        }
    }

    private H5Dataset Array(NpyArray array, int first)
    {
        int[] shape = [array.Shape[0] - first, .. array.Shape.Skip(1)];
        int skipped = array.Length / array.Shape[0] * first;
        return array.Type switch
        {
            NpyType.Float32 => Array<float>(array.As<float>()[skipped..], shape),
            NpyType.Int64 => Array<long>(array.As<long>()[skipped..], shape),
            NpyType.UInt8 => Array<byte>(array.As<byte>()[skipped..], shape),
            _ => Array<Flag>(System.Runtime.InteropServices.MemoryMarshal.Cast<bool, Flag>(array.As<bool>()[skipped..]), shape),
        };
    }

    private H5Dataset Array<T>(ReadOnlySpan<T> values, int[] shape) where T : unmanaged
    {
        int rowBytes = Math.Max(1, values.Length / shape[0] * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        uint rows = (uint)Math.Clamp(ChunkBytes / rowBytes, 1, shape[0]);
        List<H5Filter> filters = rowBytes == 1 ? [DeflateFilter.Id] : [ShuffleFilter.Id, DeflateFilter.Id];
        return new H5Dataset<Memory<T>>(
            _spool.Add(values).Memory,
            chunks: [rows, .. shape.Skip(1).Select(size => (uint)size)],
            fileDims: System.Array.ConvertAll(shape, size => (ulong)size),
            datasetCreation: new H5DatasetCreation(Filters: filters));
    }

    /// <summary>What h5py takes for bool: an enumeration of these two names.</summary>
    private enum Flag : byte
    {
        FALSE,
        TRUE,
    }
}
