using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats;

/// <summary>A folder of npz files, or one of them: our own episodes, those of Dreamer V1 and V2, and the replay chunks of V3.</summary>
internal sealed class NpzEpisodes : IRecordingFormat
{
    public string Name => "npz";

    public bool Recognises(string path) =>
        File.Exists(path)
        ? path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase)
        : Directory.Exists(path) && EpisodeFile.Files(path).Count > 0;

    public IRecordingReader Open(string path, RecordingOptions options) => new Reader(path, options);

    private sealed class Reader : IRecordingReader
    {
        private readonly RecordingOptions _options;
        private readonly NpzLayout _layout;
        private readonly HashSet<string> _read;

        public Reader(string path, RecordingOptions options)
        {
            _options = options;
            Files = File.Exists(path) ? [path] : EpisodeFile.Files(path);
            string folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
            Declared = DatasetSpec.Read(folder);
            _layout = NpzLayout.Of(Files[0], Names(Files[0]), options.Actions);
            _read = [.. _layout.Names, .. options.Extras];
            if (!_layout.SaysHowItEnds && options.Ends == UnmarkedEnds.Refused)
            {
                throw new RecordingException($"{Files[0]} does not say how its episode ended: it has "
                    + (ArrayNames.Find(ArrayNames.Done, Names(Files[0])) is { } done
                        ? $"'{done}', which is true at time limits too, and no" : "no")
                    + " array terminated (or is_terminal, terminal, discount). Add it; or say what every end was: datasetEnds=truncated (cut off "
                    + "from outside, as by a time limit; then nothing ever ends in the model) or datasetEnds=terminated (train: --set).");
            }
        }

        public string Description => $"{_layout.Name}, {Files.Count} file{(Files.Count == 1 ? "" : "s")}; action[t] "
            + (_layout.IsTaken ? "was taken at observation[t]" : "led to observation[t]");

        public DatasetSpec? Declared { get; }

        public IReadOnlyList<string> Notes => _layout.SaysHowItEnds ? []
            : [$"No array says how episodes ended: all are taken as {_options.Ends.ToString().ToLowerInvariant()}, as datasetEnds says."];

        public IReadOnlyList<string> Files { get; }

        public int Parts => Files.Count;

        public IEnumerable<RecordedEpisode> Read(int part)
        {
            string file = Files[part];
            try
            {
                using FileStream stream = File.OpenRead(file);
                Dictionary<string, NpyArray> arrays = Npz.Read(stream, _read.Contains);
                return new NpzFile(file, arrays, _layout, _options).Episodes();
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                throw new RecordingException($"Cannot read the episode {file}: {exception.Message.TrimEnd('.')}. Mend it, or "
                    + "remove the file.", exception);
            }
        }

        public void Dispose() { }

        private static IReadOnlyCollection<string> Names(string file)
        {
            try
            {
                return [.. Npz.Headers(file).Keys];
            }
            catch (InvalidDataException exception)
            {
                throw new RecordingException($"Cannot read the episode {file}: {exception.Message.TrimEnd('.')}.", exception);
            }
        }
    }
}
