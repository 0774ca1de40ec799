using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.MLNet.Internals;

/// <summary>
/// Acts on blocks as a controller does that has a row for each episode of the data and is called for each record. Without memory every row
/// of a block is a row of the batch. With memory the episodes of a block are dealt to rows of a batch, longest first; one that does not end
/// in its block is played by a controller of one row, whose state waits for the next.
/// </summary>
/// <typeparam name="T">long for discrete actions, float for continuous ones.</typeparam>
internal sealed class ControllerRunner<T> : BlockRunner where T : unmanaged
{
    private const int ActionColumn = 0;
    private const long ReadAheadBytes = 64 << 20;
    private const int MostReadAhead = 262_144;

    private readonly BundleSource _source;
    private readonly SavedController _saved;
    private readonly ControllerOptions _options;
    private readonly bool _memoryless;
    private readonly int _observation, _action, _value = -1, _logits = -1, _logitsWidth;
    private readonly Controller _together;
    private Controller? _alone;
    private DrawPlace[] _places = [];

    public ControllerRunner(BundleSource source, SavedController saved, IReadOnlyList<OutputColumn> columns)
    {
        (_source, _saved) = (source, saved);
        ApplyControllerOptions options = saved.Options;
        Manifest manifest = source.Manifest;
        (_observation, _action, _memoryless) = (manifest.Observation.Size, manifest.Action.Size, PolicyGraphs.HaveNoMemory(manifest));
        for (int i = 1; i < columns.Count; i++)
        {
            if (columns[i].Name == options.Value)
                _value = i;
            else
                (_logits, _logitsWidth) = (i, columns[i].Width);
        }

        long bytes = sizeof(float) * (long)(_observation + columns.Sum(column => column.Width));
        int fitting = (int)Math.Clamp(ReadAheadBytes / bytes, 1, MostReadAhead);
        Capacity = WantsEpisodes ? options.ReadAhead ?? fitting : options.Batch;
        _options = new() { Seed = options.Seed ?? 0, Deterministic = options.Seed is null, Runtime = options.Runtime };
        _together = Controller.Load(source.FullPath, _options);
    }

    public override int Capacity { get; }

    public override int Episodes => WantsEpisodes ? _saved.Options.Batch : 0;

    private bool WantsEpisodes => !_memoryless && _saved.Episode is not null;

    public override void Begin() { }

    public override void Run(Block block)
    {
        if (_memoryless)
        {
            RunRows(block);
            return;
        }
        ReadOnlySpan<Stretch> stretches = CollectionsMarshal.AsSpan(block.Stretches);
        if (stretches[^1].First >= block.Ready)
            stretches = stretches[..^1];
        if (stretches.Length == 1 || stretches[0].Step > 0)
        {
            RunAlone(block, stretches[0]);
            stretches = stretches[1..];
        }

        if (stretches.Length > 0)
            RunTogether(block, new(stretches, _saved.Options.Batch));
    }

    public override void Dispose()
    {
        _together.Dispose();
        _alone?.Dispose();
    }

    /// <summary>Without memory: all rows at once.</summary>
    private void RunRows(Block block)
    {
        int rows = block.Ready;
        Span<DrawPlace> places = Places(rows);
        if (!places.IsEmpty)
        {
            foreach (Stretch stretch in block.Stretches)
            {
                for (int i = 0; i < stretch.Rows; i++)
                    places[stretch.First + i] = new(stretch.Episode, stretch.Step + (uint)i);
            }
        }
        Span<T> actions = block.Wants(ActionColumn) ? Actions(block)[..(rows * _action)] : new T[rows * _action];
        Act(_together, block.Observations.AsSpan(0, rows * _observation), actions, places, row => block.FirstRow + row);
        if (block.Wants(_value))
            _together.Values.CopyTo(block.Singles(_value));
        if (block.Wants(_logits))
            _together.Logits.CopyTo(block.Singles(_logits));
    }

    /// <summary>One episode, record by record, and what went before of it in other blocks.</summary>
    private void RunAlone(Block block, Stretch stretch)
    {
        _alone ??= Controller.Load(_source.FullPath, _options with { Batch = 1 });
        if (stretch.Step == 0)
            _alone.Reset();
        Span<DrawPlace> places = Places(1);
        Span<T> action = stackalloc T[_action];
        for (int i = 0; i < stretch.Rows; i++)
        {
            int row = stretch.First + i;
            if (!places.IsEmpty)
                places[0] = new(stretch.Episode, stretch.Step + (uint)i);
            Act(_alone, block.Observations.AsSpan(row * _observation, _observation), action, places, _ => block.FirstRow + row);
            Store(block, _alone, action, [new(0, row, 0, 0)]);
        }
    }

    /// <summary>Whole episodes, side by side.</summary>
    private void RunTogether(Block block, Dealing dealing)
    {
        int batch = dealing.Batch;
        float[] seen = new float[batch * _observation];
        T[] actions = new T[batch * _action];
        Span<DrawPlace> places = Places(batch);
        if (_together.Batch == batch)
            _together.Reset();
        while (dealing.Next())
        {
            // A controller's rows are fresh when it is bound, and there are none to reset before.
            if (_together.Batch == batch)
                _together.Reset(dealing.Begun);
            foreach (Take take in dealing.Taken)
                block.Observations.AsSpan(take.Row * _observation, _observation).CopyTo(seen.AsSpan(take.Slot * _observation));
            if (!places.IsEmpty)
            {
                foreach (Take take in dealing.Taken)
                    places[take.Slot] = new(take.Episode, take.Step);
            }
            Act(_together, seen, actions, places, slot => block.FirstRow + dealing.RowOf(slot));
            Store(block, _together, actions, dealing.Taken);
        }
    }

    /// <summary>Puts what a controller gave into the rows that its rows took.</summary>
    private void Store(Block block, Controller controller, ReadOnlySpan<T> actions, ReadOnlySpan<Take> taken)
    {
        if (block.Wants(ActionColumn))
            Scatter(actions, Actions(block), _action, taken);
        if (block.Wants(_value))
            Scatter(controller.Values, block.Singles(_value), 1, taken);
        if (block.Wants(_logits))
            Scatter(controller.Logits, block.Singles(_logits), _logitsWidth, taken);
    }

    private static void Scatter<TNumber>(ReadOnlySpan<TNumber> from, Span<TNumber> to, int width, ReadOnlySpan<Take> taken)
    {
        foreach (Take take in taken)
            from.Slice(take.Slot * width, width).CopyTo(to[(take.Row * width)..]);
    }

    private void Act(
        Controller controller, ReadOnlySpan<float> seen, Span<T> actions, ReadOnlySpan<DrawPlace> places, Func<int, long> rowOf)
    {
        try
        {
            controller.Act(seen, actions, places);
        }
        catch (GraphOutputException exception)
        {
            throw new GraphOutputException($"Column '{_saved.Action}' has no action for row {rowOf(exception.Row)} of the data (column "
                + $"'{_saved.Observation}'): {exception.Message}", exception.Graph, exception.Tensor, exception.Row, exception.Step);
        }
    }

    /// <summary>Room for the places of a batch's draws; empty where nothing is drawn.</summary>
    private Span<DrawPlace> Places(int batch)
    {
        if (_options.Deterministic)
            return [];
        if (_places.Length < batch)
            _places = new DrawPlace[batch];
        return _places.AsSpan(0, batch);
    }

    private static Span<T> Actions(Block block) => typeof(T) == typeof(long)
        ? MemoryMarshal.Cast<long, T>(block.Wholes(ActionColumn)) : MemoryMarshal.Cast<float, T>(block.Singles(ActionColumn));
}
