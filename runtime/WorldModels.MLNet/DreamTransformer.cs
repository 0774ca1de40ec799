using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using WorldModels.Bundles;
using WorldModels.MLNet.Internals;
using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>The world model of a bundle in a pipeline: <see cref="WorldModelsCatalog.ApplyDream"/>.</summary>
public sealed class DreamTransformer : BundleTransformer
{
    internal const string Signature = "WorldModelsDream";

    private readonly SavedDream _saved;
    private readonly object _gate = new();
    private WorldModel? _world;

    internal DreamTransformer(BundleSource source, SavedDream saved) : base(source) => _saved = saved;

    internal override string Observation => _saved.Observation;

    internal override object Saved =>
        _saved with { Options = _saved.Options with { Runtime = _saved.Options.Runtime with { Logger = null } } };

    private protected override IReadOnlyList<OutputColumn> FindOutputs()
    {
        Manifest manifest = Source.Manifest;
        if (!manifest.Graphs.ContainsKey("imagine") && !manifest.Graphs.ContainsKey("dream"))
        {
            throw new BundleException($"ApplyDream: bundle '{Source.Path}' has no world model: expected a graph 'imagine' or 'dream', "
                + $"found {string.Join(", ", manifest.Graphs.Keys)}. Name a bundle with a world model, or act "
                + "with this one by ApplyController.");
        }
        ApplyDreamOptions options = _saved.Options;
        int steps = options.Horizon;
        List<OutputColumn> columns = [];
        if (options.Actions is { } actions)
            columns.Add(OutputColumn.OfActions(actions, manifest.Action, steps));
        if (options.Rewards is { } rewards)
            columns.Add(Predicted(rewards, TensorRole.Reward, "rewards", steps));
        if (options.Continues is { } continues)
            columns.Add(Predicted(continues, TensorRole.Continue, "continuations", steps));
        if (options.Values is { } values)
        {
            columns.Add(manifest.Head(TensorRole.Value) is not null
                ? new(values, new VectorDataViewType(NumberDataViewType.Single, steps + 1), steps + 1)
                : throw Lacks(values, "values", "expected a graph 'value' that reads states alone"));
        }

        if (options.Returns is { } returns)
            columns.Add(Predicted(returns, TensorRole.Reward, "returns", steps) with { Type = NumberDataViewType.Single, Width = 1 });
        return columns;
    }

    private protected override BlockRunner NewRunner()
    {
        lock (_gate)
            _world ??= WorldModel.Load(Source.FullPath, _saved.Options.Runtime);
        return new DreamRunner(_world, _saved.Options, Outputs);
    }

    private protected override void Close() => _world?.Dispose();

    private OutputColumn Predicted(string column, TensorRole role, string what, int steps) => PolicyGraphs.Predicts(Source.Manifest, role)
        ? new(column, new VectorDataViewType(NumberDataViewType.Single, steps), steps)
        : throw Lacks(column, what, $"expected a graph with an output of role {role.ToString().ToLowerInvariant()}");

    private BundleException Lacks(string column, string what, string expected) => new($"ApplyDream: column '{column}' is to hold {what}, "
        + $"and bundle '{Source.Path}' predicts none: {expected}. Leave the column out.");

    /// <summary>ML.NET calls it by its name when it loads a pipeline.</summary>
    private static DreamTransformer Create(IHostEnvironment environment, IDisposable context)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (BundleSource source, SavedDream saved) = ModelFile.Load<SavedDream>(context, saved => saved.Options.Runtime.VerifyHashes);
        return new(source, saved);
    }
}

/// <summary>What a pipeline keeps of a dream, beside its bundle.</summary>
internal sealed record SavedDream(string Observation, ApplyDreamOptions Options);
