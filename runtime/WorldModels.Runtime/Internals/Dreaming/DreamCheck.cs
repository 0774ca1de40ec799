using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>Looks for NaN and infinity in what a dream imagined, the earliest step first.</summary>
internal sealed class DreamCheck(DreamBuffers buffers, DreamBatch batch)
{
    /// <summary>Looks through all that was kept.</summary>
    /// <exception cref="GraphOutputException">Something is no finite number.</exception>
    public void Run()
    {
        Manifest manifest = buffers.Manifest;
        bool arrivals = buffers.Wants(DreamOutputs.Arrivals);
        string[] states = [.. buffers.States.Keys.Where(name => buffers.State(name, buffers.Horizon).Type == TensorType.Float32)];
        for (int t = 0; t <= buffers.Horizon; t++)
        {
            foreach (string state in states.Where(state => buffers.HasState(state, t)))
                Look(batch.State(state, t), "state", state, t, spec => spec.Feeds == state);
            if (t == buffers.Horizon)
                break;
            if (manifest.Action.Kind == ActionKind.Continuous)
                Look(batch.ContinuousActions(t), "", "action", t, spec => spec.Role == TensorRole.Action);
            if (arrivals && buffers.Rewards is not null && batch.Has(TensorRole.Reward))
                Look(batch.Rewards(t), "", "reward", t, spec => spec.Role == TensorRole.Reward);
            if (arrivals && buffers.Continues is not null && batch.Has(TensorRole.Continue))
                Look(batch.Continues(t), "", "continue", t, spec => spec.Role == TensorRole.Continue);
        }
    }

    private void Look(ReadOnlySpan<float> values, string kind, string name, int t, Func<TensorSpec, bool> isIt)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
                continue;
            Manifest manifest = buffers.Manifest;
            string[] graphs = t == 0 && kind == "state" ? ["observe"] : [.. manifest.DreamGraphs, .. manifest.Graphs.Keys];
            string? graph = graphs.FirstOrDefault(g => manifest.Graphs.GetValueOrDefault(g)?.Outputs.Any(isIt) == true);
            int size = values.Length / buffers.Batch, row = i / size;
            string what = $"{(kind.Length > 0 ? kind + " " : "")}'{name}'{(size > 1 ? $"[{i % size}]" : "")}";
            string made = graph is null ? $"the dream starts with {ActionCheck.Named(values[i])} as"
                : $"graph '{graph}' gave {ActionCheck.Named(values[i])} as";
            throw new GraphOutputException($"Bundle '{buffers.Bundle.Directory}': {made} {what} of row {row} at step {t} of the "
                + "dream. Start it from finite numbers, or export a world model whose weights are finite.", graph ?? "", name, row, t);
        }
    }
}
