using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.Tests.Runtime;

namespace WorldModels.Tests.MLNet;

/// <summary>Tests on small data of several episodes, and on bundles in temporary directories.</summary>
public abstract class PipelineFixture : BundleFixture
{
    /// <summary>How long the episodes are: several, some of one record, one longer than the blocks that tests read.</summary>
    private protected static readonly int[] Lengths = [5, 1, 12, 3, 3, 1, 40, 2, 9, 4];

    private protected MLContext Context { get; } = new(seed: 1);

    /// <summary>Rows of episodes, with observations of so many numbers.</summary>
    private protected static Row[] Rows(int size, params int[] lengths)
    {
        Random draws = new Random(5);
        List<Row> rows = [];
        for (int episode = 0; episode < lengths.Length; episode++)
        {
            for (int step = 0; step < lengths[episode]; step++)
            {
                rows.Add(new()
                {
                    X = [.. Enumerable.Range(0, size).Select(_ => draws.NextSingle() * 2 - 1)],
                    Episode = episode,
                    Name = $"episode {episode}",
                    Number = rows.Count,
                    Single = draws.NextSingle(),
                });
            }
        }
        return [.. rows];
    }

    private protected IDataView Data(Row[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.X)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].X.Length);
        schema[nameof(Row.Image)].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, rows[0].X.Length);
        return Context.Data.LoadFromEnumerable(rows, schema);
    }

    private protected IDataView Data(int size) => Data(Rows(size, Lengths));

    /// <summary>A column's values, row by row.</summary>
    private protected static T[] Column<T>(IDataView data, string column) => [.. data.GetColumn<T>(data.Schema[column])];

    private protected sealed class Row
    {
        public float[] X { get; init; } = [];

        public byte[] Image { get; init; } = [];

        public int Episode { get; init; }

        public string Name { get; init; } = "";

        public long Number { get; init; }

        public float Single { get; init; }
    }
}
