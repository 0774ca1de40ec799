using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The environment model that an agent imagines with: a bundle that the user names, or one that is learnt first. Either way the run's
/// folder keeps it, so that nothing that happens elsewhere changes the run. Frozen: no optimiser knows it.
/// </summary>
public sealed class ImaginationModel : IDisposable
{
    private const string Folder = "environment-model";

    private readonly I2AOptions _options;
    private readonly EnvironmentModelOptions _model;
    private string? _bundle;
    private EagerParameters? _parameters;

    /// <param name="options">The agent's options.</param>
    /// <param name="run">Its run, if it has one; the model that is there counts, whatever the options say.</param>
    /// <exception cref="UserException">The bundle is none of an environment model, or of another world than the agent's.</exception>
    public ImaginationModel(I2AOptions options, RunFolder? run)
    {
        _options = options;
        string? bundle = run is not null && Directory.Exists(BundleIn(run)) ? BundleIn(run)
            : options.Model.Length > 0 ? options.Model
            : null;
        _model = bundle is null ? Preset(options) : OptionsOf(bundle);
        if (EnvironmentRegistry.Make<long>(_model.Env).Name != EnvironmentRegistry.Make<long>(options.Env).Name)
            throw new UserException($"{bundle} is a model of {_model.Env}; an agent that plays {options.Env} needs one of that.");
        if (_model.Stack != options.Stack)
        {
            throw new UserException(
                $"The environment model sees {_model.Stack} frames and the agent {options.Stack}: --set stack={_model.Stack}");
        }

        Config = EnvironmentModelTrainer.ConfigOf(_model);
        Rewards = EnvironmentModelTrainer.RewardsOf(_model);
    }

    /// <summary>The model's sizes.</summary>
    public EnvironmentModelConfig Config { get; }

    /// <summary>The rewards it predicts.</summary>
    public RewardTable Rewards { get; }

    /// <summary>Its weights, under "model"; there once it is loaded.</summary>
    public EagerParameters Parameters => _parameters ?? throw new InvalidOperationException("The model is not loaded yet.");

    /// <summary>The options by which an agent's model is learnt where no bundle is given.</summary>
    public static EnvironmentModelOptions Preset(I2AOptions options) =>
        (EnvironmentModelOptions)Algorithm.Find(Folder).Preset(options.ModelPreset) with
        {
            Env = options.Env,
            Seed = options.Seed,
            Stack = options.Stack,
        };

    /// <summary>The model is learnt before the agent, where it is not there yet and no bundle is given.</summary>
    public static IReadOnlyList<Stage> StagesBefore(I2AOptions options, RunFolder run) =>
        options.World == ImaginationWorld.Model && options.Model.Length == 0 && !Directory.Exists(RequiredBundleIn(run))
            ? [new(Folder, Algorithm.Find(Folder), Preset(options))]
            : [];

    /// <summary>Takes up the model's weights, from the run's folder, into which a bundle that the user named is copied first.</summary>
    public void Load(RunFolder run, Device device)
    {
        _bundle = RequiredBundleIn(run);
        if (!Directory.Exists(_bundle))
            Copy(_options.Model, _bundle);
        _parameters = EagerParameters.From(Safetensors.Read(Path.Combine(_bundle, "weights.safetensors")).Weights(), device);
    }

    /// <summary>Compares the model with the one that a checkpoint was made with.</summary>
    /// <exception cref="UserException">It is another one.</exception>
    public void RequireSame(IReadOnlyDictionary<string, WeightArray> stored)
    {
        foreach ((string path, WeightArray weight) in Parameters.ToWeights())
        {
            if (!stored.TryGetValue(path, out WeightArray? other) || !other.Values.AsSpan().SequenceEqual(weight.Values))
            {
                throw new UserException(
                    $"{_bundle} is not the model that this agent learnt with ({path} differs). Restore it, or start a new run with --run.");
            }
        }
    }

    /// <summary>The world of <paramref name="rollouts"/> rollouts, as the runtime runs it.</summary>
    public RuntimeGames Play(int rollouts, int threads) => new(
        _bundle!, new EnvironmentModel<EagerTensor>(Parameters.Root[EnvironmentModelBundle.ModelPath], Config), Config, _options.Imagined, rollouts, threads);

    public void Dispose() => _parameters?.Dispose();

    /// <summary>Where the model's bundle is or will be; a run that has begun cannot do without it.</summary>
    private static string RequiredBundleIn(RunFolder run)
    {
        string bundle = BundleIn(run);
        if (File.Exists(run.CheckpointPath) && !Directory.Exists(bundle))
            throw new UserException($"{bundle} is gone, the model that this agent learnt with. Restore it, or start a new run with --run.");
        return bundle;
    }

    private static string BundleIn(RunFolder run) => Path.Combine(run.File(Folder), "bundle");

    /// <summary>The folder appears whole: it is filled beside its place, then renamed.</summary>
    private static void Copy(string bundle, string target)
    {
        string temporary = target + ".tmp";
        try
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            Directory.CreateDirectory(temporary);
            foreach (string file in Manifest.Load(bundle).Files.Keys.Append(Manifest.FileName))
                File.Copy(Path.Combine(bundle, file), Path.Combine(temporary, file));
            Directory.Move(temporary, target);
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(target, exception);
        }
    }

    private static EnvironmentModelOptions OptionsOf(string bundle)
    {
        Manifest manifest = Manifest.Load(bundle);
        if (manifest.Algorithm != Folder)
            throw new UserException($"{bundle} is a bundle of {manifest.Algorithm}; to imagine with, give one that {Folder} made.");
        return (EnvironmentModelOptions)Algorithm.Find(Folder).OptionsOf(manifest);
    }
}
