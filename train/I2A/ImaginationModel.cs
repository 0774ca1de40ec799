using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Train.EnvironmentModel;
using static TorchSharp.torch;

namespace WorldModels.Train.I2A;

/// <summary>
/// The environment model that an agent imagines with: a bundle that the user names, or one that is learnt first, inside the run's folder.
/// Frozen: no optimiser knows it.
/// </summary>
public sealed class ImaginationModel : IDisposable
{
    private const string Folder = "environment-model";

    private readonly EnvironmentModelOptions _options;
    private readonly ImaginedFrames _kind;
    private string? _bundle;
    private EagerParameters? _parameters;

    private ImaginationModel(EnvironmentModelOptions options, ImaginedFrames kind, string? bundle)
    {
        (_options, _kind, _bundle) = (options, kind, bundle);
        Config = EnvironmentModelTrainer.ConfigOf(options);
        Rewards = EnvironmentModelTrainer.RewardsOf(options);
    }

    /// <summary>The model's sizes.</summary>
    public EnvironmentModelConfig Config { get; }

    /// <summary>The rewards it predicts.</summary>
    public RewardTable Rewards { get; }

    /// <summary>Its weights, under "model"; there once it is prepared.</summary>
    public EagerParameters Parameters => _parameters ?? throw new InvalidOperationException("The model is not prepared yet.");

    /// <summary>The model of a run.</summary>
    /// <exception cref="UserException">The bundle is none, or of another world than the run's.</exception>
    public static ImaginationModel Of(I2AOptions options)
    {
        EnvironmentModelOptions model = options.Model.Length > 0 ? OptionsOf(options.Model) : Preset(options);
        if (EnvironmentRegistry.Make<long>(model.Env).Name != EnvironmentRegistry.Make<long>(options.Env).Name)
            throw new UserException($"{options.Model} is a model of {model.Env}; an agent that plays {options.Env} needs one of that.");
        if (model.Stack != options.Stack)
            throw new UserException(
                $"The environment model sees {model.Stack} frames and the agent {options.Stack}: --set stack={model.Stack}");
        return new(model, options.Imagined, options.Model.Length > 0 ? options.Model : null);
    }

    /// <summary>Learns the model if it is not there yet, and takes up its weights.</summary>
    public void Prepare(RunFolder run, Device device, IProgressReport progress, CancellationToken stop)
    {
        string path = run.File(Folder);
        if (_bundle is null && !Directory.Exists(Path.Combine(path, "bundle")))
        {
            bool begun = File.Exists(Path.Combine(path, "config.json"));
            using RunFolder folder = begun ? RunFolder.Resume(path) : RunFolder.Create(path, Folder, _options);
            if (Session.Run(folder, Algorithm.Find(Folder), _options, device, progress, export: true, stop) == RunOutcome.Interrupted)
                return;
        }
        _bundle ??= Path.Combine(path, "bundle");
        _parameters = EagerParameters.From(Safetensors.Read(Path.Combine(_bundle, "weights.safetensors")).Weights(), device);
    }

    /// <summary>The world of <paramref name="rollouts"/> rollouts, as the runtime runs it.</summary>
    public RuntimeGames Play(int rollouts, int threads) =>
        new(_bundle!, new EnvironmentModel<EagerTensor>(Parameters.Root["model"], Config), Config, _kind, rollouts, threads);

    public void Dispose() => _parameters?.Dispose();

    private static EnvironmentModelOptions Preset(I2AOptions options) =>
        ((EnvironmentModelOptions)Algorithm.Find(Folder).Preset(options.ModelPreset)) with
        {
            Env = options.Env, Seed = options.Seed, Stack = options.Stack,
        };

    private static EnvironmentModelOptions OptionsOf(string bundle)
    {
        Manifest manifest = Manifest.Load(bundle);
        if (manifest.Algorithm != Folder || manifest.Training is not { } training)
            throw new UserException($"{bundle} is a bundle of {manifest.Algorithm}; to imagine with, give one that {Folder} made.");
        return OptionText.With(new EnvironmentModelOptions(), training.Config.Select(pair => $"{pair.Key}={pair.Value}"));
    }
}
