using Microsoft.ML;
using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.MLNet.Internals;

/// <summary>Writes data as episodes.</summary>
internal static class EpisodeWriter
{
    /// <summary>Writes an npz file for each episode; how many there are.</summary>
    public static int Write(IDataView data, string folder, EpisodeColumns columns)
    {
        DataViewSchema schema = data.Schema;
        DataViewSchema.Column episode = Find(schema, columns.Episode, "episodes");
        if (!EpisodeMarks.Takes(episode.Type))
            throw Wrong(episode, "numbers, text, keys or Booleans, one a row");
        (string Name, DataViewSchema.Column Column)[] named =
        [
            (EpisodeColumn.Observation, Find(schema, columns.Observation, "observations")),
            (EpisodeColumn.Action, Find(schema, columns.Action, "actions")),
            (EpisodeColumn.Reward, Find(schema, columns.Reward, "rewards")),
            (EpisodeColumn.Terminated, Find(schema, columns.Terminated, "terminations")),
            (EpisodeColumn.Truncated, Find(schema, columns.Truncated, "truncations")),
            .. columns.Extras.Select(extra => (extra, Find(schema, extra, "extras"))),
        ];
        Directory.CreateDirectory(folder);
        if (EpisodeFile.Files(folder).Count > 0)
            throw new RecordingException($"'{folder}' has episodes already: name another folder, or empty it.");
        using DataViewRowCursor cursor = data.GetRowCursor([episode, .. named.Select(pair => pair.Column).DistinctBy(c => c.Index)]);
        EpisodeMarks marks = EpisodeMarks.Of(cursor, episode);
        ColumnBuffer[] buffers = [.. named.Select(pair => ColumnBuffer.Of(cursor, pair.Name, pair.Column))];
        int episodes = 0;
        while (cursor.MoveNext())
        {
            if (marks.Begins() && buffers[0].Records > 0)
                WriteOne();
            foreach (ColumnBuffer buffer in buffers)
                buffer.Add();
        }

        if (buffers[0].Records > 0)
            WriteOne();
        return episodes;

        void WriteOne()
        {
            try
            {
                Dictionary<string, NpyArray> arrays = buffers.ToDictionary(
                    buffer => buffer.Name, buffer => buffer.Take(columns.Actions == ActionAlignment.Taken));
                EpisodeFile.Write(EpisodeFile.PathOf(folder, episodes++), EpisodeFile.ToEpisode(arrays));
            }
            catch (InvalidDataException exception)
            {
                throw new RecordingException($"Episode {episodes - 1} of column '{columns.Episode}', which ends at row {cursor.Position} "
                    + $"of the data: {exception.Message.TrimEnd('.')}. {episodes - 1} before it were written to '{folder}'.", exception);
            }
        }
    }

    /// <summary>What a column has to be.</summary>
    public static RecordingException Wrong(DataViewSchema.Column column, string expected) => new(
        $"Column '{column.Name}' is {column.Type}; expected {expected}. Bring it to that with ConvertType, or name another column.");

    private static DataViewSchema.Column Find(DataViewSchema schema, string name, string what) => schema.GetColumnOrNull(name)
        ?? throw new RecordingException($"There is no column '{name}' of {what}: the data have "
            + $"{string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => column.Name))}. "
            + "Name the column in EpisodeColumns.");
}
