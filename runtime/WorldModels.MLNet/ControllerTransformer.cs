using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using WorldModels.Bundles;
using WorldModels.MLNet.Internals;
using WorldModels.Runtime;

namespace WorldModels.MLNet;

/// <summary>The policy of a bundle in a pipeline: <see cref="WorldModelsCatalog.ApplyController"/>.</summary>
public sealed class ControllerTransformer : BundleTransformer
{
    internal const string Signature = "WorldModelsController";

    private readonly SavedController _saved;

    internal ControllerTransformer(BundleSource source, SavedController saved) : base(source) => _saved = saved;

    internal override string Observation => _saved.Observation;

    internal override string? Episode => _saved.Episode;

    internal override object Saved =>
        _saved with { Options = _saved.Options with { Runtime = _saved.Options.Runtime with { Logger = null } } };

    private protected override IReadOnlyList<OutputColumn> FindOutputs()
    {
        Manifest manifest = Source.Manifest;
        if (manifest.PolicyGraphs.Length == 0)
        {
            throw new BundleException($"ApplyController: bundle '{Source.Path}' has no policy: expected a graph 'control' or 'act', found "
                + $"{string.Join(", ", manifest.Graphs.Keys)}. Name a bundle with a policy, or imagine in this one's with ApplyDream.");
        }
        List<OutputColumn> columns = [OutputColumn.OfAction(_saved.Action, manifest.Action)];
        if (_saved.Options.Value is { } value)
        {
            columns.Add(PolicyGraphs.Width(manifest, TensorRole.Value) is 1 ? new(value, NumberDataViewType.Single, 1)
                : throw Lacks(value, "values", "value"));
        }

        if (_saved.Options.Logits is { } logits)
        {
            columns.Add(PolicyGraphs.Width(manifest, TensorRole.Logits) is { } width
                ? new(logits, new VectorDataViewType(NumberDataViewType.Single, width), width) : throw Lacks(logits, "logits", "logits"));
        }
        return columns;
    }

    private protected override BlockRunner NewRunner() => Source.Manifest.Action.Kind == ActionKind.Discrete
        ? new ControllerRunner<long>(Source, _saved, Outputs) : new ControllerRunner<float>(Source, _saved, Outputs);

    private BundleException Lacks(string column, string what, string role) => new($"ApplyController: column '{column}' is to hold {what}, "
        + $"and the policy of bundle '{Source.Path}' gives none: expected an output of role {role}. Leave the column out.");

    /// <summary>ML.NET calls it by its name when it loads a pipeline.</summary>
    private static ControllerTransformer Create(IHostEnvironment environment, IDisposable context)
    {
        ArgumentNullException.ThrowIfNull(environment);
        (BundleSource source, SavedController saved) =
            ModelFile.Load<SavedController>(context, saved => saved.Options.Runtime.VerifyHashes);
        return new(source, saved);
    }
}

/// <summary>What a pipeline keeps of a policy, beside its bundle.</summary>
internal sealed record SavedController(string Observation, string Action, string? Episode, ApplyControllerOptions Options);
