using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.MLNet.Internals;

/// <summary>Dreams from each row of a block, all rows side by side. A block that is not full is filled up with its last row.</summary>
internal sealed class DreamRunner : BlockRunner
{
    private readonly ApplyDreamOptions _options;
    private readonly IReadOnlyList<OutputColumn> _columns;
    private readonly bool _isDiscrete, _continues;
    private readonly Dream _dream;
    private ulong _runs;

    public DreamRunner(WorldModel world, ApplyDreamOptions options, IReadOnlyList<OutputColumn> columns)
    {
        (_options, _columns) = (options, columns);
        _isDiscrete = world.Manifest.Action.Kind == ActionKind.Discrete;
        _continues = PolicyGraphs.Predicts(world.Manifest, TensorRole.Continue);
        DreamOutputs outputs = options.Values is null ? DreamOutputs.None : DreamOutputs.Values;
        if ((options.Rewards ?? options.Continues ?? options.Returns) is not null)
            outputs |= DreamOutputs.Arrivals;
        _dream = world.Dream(options.Batch, options.Horizon, new() { Outputs = outputs });
    }

    public override int Capacity => _options.Batch;

    public override int Episodes => 0;

    public override void Begin() => _runs = 0;

    public override void Run(Block block)
    {
        int size = block.ObservationSize, rows = block.Ready;
        for (int row = rows; row < block.Capacity; row++)
            block.Observations.AsSpan((rows - 1) * size, size).CopyTo(block.Observations.AsSpan(row * size));
        _dream.Start(block.Observations);
        DreamBatch imagined = _dream.Run(unchecked(_options.Seed + _runs++));
        for (int i = 0; i < _columns.Count; i++)
        {
            if (block.Wants(i))
                Fill(block, i, imagined);
        }
    }

    public override void Dispose() => _dream.Dispose();

    private void Fill(Block block, int column, DreamBatch imagined)
    {
        int width = _columns[column].Width, steps = _options.Horizon;
        string name = _columns[column].Name;
        if (name == _options.Returns)
        {
            SumUp(block.Singles(column), imagined, block.Ready);
            return;
        }
        int entries = name == _options.Values ? steps + 1 : steps, size = width / entries;
        for (int t = 0; t < entries; t++)
        {
            if (name == _options.Actions && _isDiscrete)
                Scatter(imagined.Actions(t), block.Wholes(column));
            else
                Scatter(Singles(t), block.Singles(column));

            void Scatter<T>(ReadOnlySpan<T> from, Span<T> to)
            {
                for (int row = 0; row < block.Ready; row++)
                    from.Slice(row * size, size).CopyTo(to[(row * width + t * size)..]);
            }
        }

        ReadOnlySpan<float> Singles(int t) => name == _options.Actions ? imagined.ContinuousActions(t)
            : name == _options.Rewards ? imagined.Rewards(t)
            : name == _options.Continues ? imagined.Continues(t) : imagined.Values(t);
    }

    private void SumUp(Span<float> returns, DreamBatch imagined, int rows)
    {
        double[] sums = new double[rows], weights = new double[rows];
        Array.Fill(weights, 1);
        for (int t = 0; t < _options.Horizon; t++)
        {
            ReadOnlySpan<float> rewards = imagined.Rewards(t), continues = _continues ? imagined.Continues(t) : [];
            for (int row = 0; row < rows; row++)
            {
                sums[row] += weights[row] * rewards[row];
                weights[row] *= _options.Discount * (_continues ? continues[row] : 1);
            }
        }

        for (int row = 0; row < rows; row++)
            returns[row] = (float)sums[row];
    }
}
