namespace WorldModels.MLNet.Internals;

/// <summary>Some rows of a block that follow each other in one episode.</summary>
/// <param name="First">The first of them in the block.</param>
/// <param name="Rows">How many.</param>
/// <param name="Episode">The number of the episode in the data.</param>
/// <param name="Step">The number of the first row in its episode.</param>
internal readonly record struct Stretch(int First, int Rows, uint Episode, uint Step);

/// <summary>Rows that were read ahead, and what a bundle made of them.</summary>
internal sealed class Block
{
    private readonly Array?[] _outputs;

    /// <param name="capacity">Most rows.</param>
    /// <param name="observation">Numbers in an observation.</param>
    /// <param name="columns">The columns that a bundle adds.</param>
    /// <param name="active">Those that somebody looks at; others are not computed.</param>
    public Block(int capacity, int observation, IReadOnlyList<OutputColumn> columns, IReadOnlyList<bool> active)
    {
        (Capacity, ObservationSize) = (capacity, observation);
        Observations = new float[checked(capacity * observation)];
        _outputs = [.. columns.Select((column, i) => !active[i] ? null
            : column.IsWhole ? new long[checked(capacity * column.Width)] : (Array)new float[checked(capacity * column.Width)])];
    }

    /// <summary>Most rows.</summary>
    public int Capacity { get; }

    /// <summary>Numbers in an observation.</summary>
    public int ObservationSize { get; }

    /// <summary>(Capacity, observation).</summary>
    public float[] Observations { get; }

    /// <summary>The rows as they are in episodes; the last one may go on in the next block.</summary>
    public List<Stretch> Stretches { get; } = [];

    /// <summary>Number in the data of the block's first row.</summary>
    public long FirstRow { get; set; }

    /// <summary>Rows that were read.</summary>
    public int Rows { get; set; }

    /// <summary>The first of them, to be computed now; the others, of an episode that goes on, come first in the next block.</summary>
    public int Ready { get; set; }

    /// <summary>The numbers of a column of Single by its place, (Capacity, width); empty: nobody looks at it.</summary>
    public Span<float> Singles(int column) => (float[]?)_outputs[column];

    /// <summary>The numbers of a column of Int64 by its place, (Capacity, width); empty: nobody looks at it.</summary>
    public Span<long> Wholes(int column) => (long[]?)_outputs[column];

    /// <summary>Whether there is a column at a place, and somebody looks at it.</summary>
    public bool Wants(int column) => column >= 0 && _outputs[column] is not null;
}
