using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Episodes to test with.</summary>
internal static class Played
{
    /// <summary>One that terminates; its observations (2) count from a given number, beside a 7, and its rewards from 0.</summary>
    public static Episode Episode(int first, int records, ActionVectors actions)
    {
        EpisodeBuilder builder = new EpisodeBuilder(observation: 2, actions);
        float[] vector = new float[actions.Size];
        builder.Begin<float>([first, 7]);
        for (int record = 1; record < records; record++)
        {
            actions.Draw(new NoiseKey(1, (uint)first, (uint)record, 0), vector);
            builder.Add<float>([first + record, 7], vector, record, terminated: record == records - 1, truncated: false);
        }
        return builder.End();
    }

    /// <summary>One of images of bytes that are all alike within a frame: a given number and up.</summary>
    public static Episode Images(int first, int records, IReadOnlyList<int> shape, ActionVectors actions)
    {
        EpisodeBuilder builder = new EpisodeBuilder(new EpisodeColumn(EpisodeColumn.Observation, NpyType.UInt8, shape), actions);
        byte[] image = new byte[shape.Aggregate(1, (size, axis) => size * axis)];
        image.AsSpan().Fill((byte)first);
        builder.Begin<byte>(image);
        for (int record = 1; record < records; record++)
        {
            image.AsSpan().Fill((byte)(first + record));
            builder.Add<byte>(image, action: record % actions.Size, record, terminated: false, truncated: record == records - 1);
        }
        return builder.End();
    }

    /// <summary>The columns of an episode that is whole: 4 records of vectors (2), actions (2), and nothing but zeros.</summary>
    public static Dictionary<string, NpyArray> Columns() => new()
    {
        ["observation"] = NpyArray.Zeros(NpyType.Float32, 4, 2), ["action"] = NpyArray.Zeros(NpyType.Float32, 4, 2),
        ["reward"] = NpyArray.Zeros(NpyType.Float32, 4), ["terminated"] = NpyArray.Zeros(NpyType.Bool, 4),
        ["truncated"] = NpyArray.Zeros(NpyType.Bool, 4),
    };

    /// <summary>The same as earlier versions wrote it: no terminated and truncated, but a discount of 0.</summary>
    public static Dictionary<string, NpyArray> EarlierColumns(params float[] discounts)
    {
        Dictionary<string, NpyArray> columns = Columns();
        columns.Remove("terminated");
        columns.Remove("truncated");
        columns["discount"] = NpyArray.Of(discounts);
        return columns;
    }
}
