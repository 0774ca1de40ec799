using System.Reflection;
using System.Text.Json;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>
/// An algorithm that can be trained: its command, its presets and how to start it. A new one has a folder with its trainer, its options,
/// their presets and its command, and a line in <see cref="All"/>.
/// </summary>
/// <param name="Command">Type of the command that trains it.</param>
public abstract record Algorithm(Type Command)
{
    private readonly VerbAttribute _verb = Command.GetCustomAttribute<VerbAttribute>()!;

    /// <summary>What users type.</summary>
    public string Name => _verb.Name;

    /// <summary>One line for listings.</summary>
    public string Summary => _verb.HelpText;

    /// <summary>Names of the presets, the default first.</summary>
    public abstract IReadOnlyList<string> PresetNames { get; }

    /// <summary>Environments that ask the presets for something of their own, by name.</summary>
    public abstract IReadOnlyList<string> FittedEnvironments { get; }

    /// <summary>The options of a preset, as an environment needs them: the preset's own if none is named.</summary>
    public abstract TrainOptions Preset(string name, string? environment = null);

    /// <summary>The options of a new run: a preset's, another environment and seed where given, then single ones set.</summary>
    public TrainOptions Resolve(string preset, string? environment, long? seed, IEnumerable<string> assignments)
    {
        string[] set = [.. assignments];
        TrainOptions options = Resolved(Preset(preset, environment));
        if (options is LatentOptions { Dataset: { Length: > 0 } dataset })
        {
            // What the episodes are of decides on the preset; only --env says that it is to be played.
            DatasetSpec? recorded = Recording.Declared(dataset);
            LatentOptions fitted = (LatentOptions)Preset(preset, environment ?? recorded?.Environment ?? DatasetSpec.NoEnvironment);
            options = (LatentOptions)Resolved(fitted with { ActionRepeat = recorded?.ActionRepeat ?? 1 }) with
            {
                Env = environment ?? DatasetSpec.NoEnvironment,
                Dataset = Recording.Locate(dataset),        // so that the run goes on from wherever it is resumed
            };
        }
        RequireEnvironment(options);
        return Settled(options, [.. set.Select(assignment => OptionText.NameOf(options, assignment.Split('=')[0].Trim()))]);

        // What is set decides on what a stage is fitted to (visionUpdates on V's updates), and stands above it (updates).
        TrainOptions Resolved(TrainOptions chosen) =>
            OptionText.With(Fitted(OptionText.With(chosen with { Seed = seed ?? chosen.Seed }, set)), set);
    }

    /// <summary>Options as this algorithm reads them, where several share presets.</summary>
    protected abstract TrainOptions Fitted(TrainOptions options);

    /// <summary>The options of a new run once what they name was looked at; told the names of those that were set.</summary>
    /// <exception cref="UserException">Something that they name is missing, or does not fit them.</exception>
    protected abstract TrainOptions Settled(TrainOptions options, IReadOnlyCollection<string> set);

    /// <summary>Options as config.json holds them.</summary>
    public abstract TrainOptions Read(JsonElement config);

    /// <summary>The options that a bundle of this algorithm was trained with.</summary>
    /// <exception cref="UserException">The bundle does not say them.</exception>
    public abstract TrainOptions OptionsOf(Manifest bundle);

    /// <summary>A trainer at its first update; what the folder of its run holds already may decide on its network.</summary>
    public abstract ITrainer Create(TrainOptions options, Device device, RunFolder? run = null, IProgressReport? progress = null);

    /// <summary>What has to be learnt before it in a run, in order; what the run's folder holds already is left out.</summary>
    public abstract IReadOnlyList<Stage> StagesBefore(TrainOptions options, RunFolder run);

    /// <summary>All algorithms.</summary>
    public static IReadOnlyList<Algorithm> All { get; } =
    [
        new Algorithm<A2COptions>(typeof(A2CVerb), (options, device, _, _) => new A2C(options, device)),
        new Algorithm<DreamerOptions>(typeof(DreamerVerb), (options, device, _, progress) => new Dreamer(options, device, progress)),
        new Algorithm<DreamerV2Options>(typeof(DreamerV2Verb), (options, device, _, progress) => new Dreamer(options, device, progress)),
        new Algorithm<DreamerV3Options>(typeof(DreamerV3Verb), (options, device, _, progress) => new Dreamer(options, device, progress)),
        new Algorithm<ED2Options>(typeof(ED2Verb), ED2.Make)
        {
            Settle = (options, set) => options with { StepsAreSet = set.Contains("discoverySteps") },
        },
        new Algorithm<EnvironmentModelOptions>(
            typeof(EnvironmentModelVerb), (options, device, _, _) => new EnvironmentModelTrainer(options, device)),
        new Algorithm<I2AOptions>(typeof(I2AVerb), (options, device, run, _) => new I2A(options, device, run))
        {
            Stages = ImaginationModel.StagesBefore,
        },
        new Algorithm<Plan2ExploreOptions>(
            typeof(Plan2ExploreVerb), (options, device, _, progress) => new Plan2Explore(options, device, progress)),
        new Algorithm<PlaNetOptions>(typeof(PlaNetVerb), (options, device, _, progress) => new PlaNet(options, device, progress)),
        new Algorithm<SacXOptions>(typeof(SacXVerb), (options, device, _, _) => new SacX(options, device)),
        new Algorithm<TransformerOptions>(
            typeof(TransformerVerb), (options, device, _, progress) => new Dreamer(options, device, progress)),
        new Algorithm<WorldModelsOptions>(
            typeof(WorldModelsVerb), (options, device, run, _) => new ControllerTrainer(options, device, run))
        {
            Stages = WorldModelsStages.BeforeController, Settle = GivenInputs.OfController,
        },
        new Algorithm<WorldModelsOptions>(typeof(WorldModelsRecordVerb), (options, device, _, _) => new RecordTrainer(options, device))
        {
            Fit = options => options.ForRecording(), Settle = GivenInputs.OfRecording,
        },
        new Algorithm<WorldModelsOptions>(
            typeof(WorldModelsVisionVerb), (options, device, _, progress) => new VisionTrainer(options, device, progress))
        {
            Stages = WorldModelsStages.BeforeVision, Fit = options => options.ForVision(), Settle = GivenInputs.OfVision,
        },
        new Algorithm<WorldModelsOptions>(
            typeof(WorldModelsMemoryVerb), (options, device, run, progress) => new MemoryTrainer(options, device, run, progress))
        {
            Stages = WorldModelsStages.BeforeMemory, Fit = options => options.ForMemory(), Settle = GivenInputs.OfMemory,
        },
    ];

    /// <exception cref="UserException">No algorithm has this name.</exception>
    public static Algorithm Find(string name) => All.FirstOrDefault(algorithm => algorithm.Name == name)
        ?? throw new UserException($"Unknown algorithm '{name}'{Names.Suggest(name, All.Select(algorithm => algorithm.Name))} "
            + $"Algorithms: {string.Join(", ", All.Select(algorithm => algorithm.Name))}.");

    /// <summary>Refuses an environment that does not exist, before anything is made; who learns from recordings needs none.</summary>
    public static void RequireEnvironment(TrainOptions options)
    {
        if (options is LatentOptions { Dataset.Length: > 0, Env: DatasetSpec.NoEnvironment })
            return;
        try
        {
            EnvironmentRegistry.Find(options.Env);
        }
        catch (ArgumentException exception)
        {
            throw new UserException(exception.Message, exception);
        }
    }
}

/// <summary>A run that has to end before another one can begin, which keeps it in its folder.</summary>
/// <param name="Folder">Name of its folder inside the other's.</param>
/// <param name="Algorithm">What learns.</param>
/// <param name="Options">Its options.</param>
public sealed record Stage(string Folder, Algorithm Algorithm, TrainOptions Options);

/// <summary>An algorithm with options of its own type, whose presets stand in <see cref="Presets{TOptions}"/>.</summary>
/// <param name="Command">Type of the command that trains it.</param>
/// <param name="Make">Makes a trainer.</param>
public sealed record Algorithm<TOptions>(Type Command, Func<TOptions, Device, RunFolder?, IProgressReport?, ITrainer> Make)
    : Algorithm(Command)
    where TOptions : TrainOptions, new()
{
    public override IReadOnlyList<string> PresetNames => [.. Presets.Names.OrderBy(name => name == "small" ? 0 : 1)];

    public override IReadOnlyList<string> FittedEnvironments => Presets.Environments;

    /// <summary>What a preset is for this algorithm, where several share presets; null: as it stands.</summary>
    public Func<TOptions, TOptions>? Fit { get; init; }

    public override TrainOptions Preset(string name, string? environment) => Presets.Names.Contains(name)
        ? Fitted(Presets.Of(name, environment))
        : throw new UserException(
            $"{Name} has no preset '{name}'{Names.Suggest(name, Presets.Names)} Presets: {string.Join(", ", Presets.Names)}.");

    /// <summary>
    /// Looks at what a new run's options name before anything is made, and makes of it what they leave open; told the names of those that
    /// were set. Null: they stay as they are.
    /// </summary>
    public Func<TOptions, IReadOnlyCollection<string>, TOptions>? Settle { get; init; }

    protected override TrainOptions Fitted(TrainOptions options) => Fit?.Invoke((TOptions)options) ?? options;

    protected override TrainOptions Settled(TrainOptions options, IReadOnlyCollection<string> set) =>
        Settle?.Invoke((TOptions)options, set) ?? options;

    public override TrainOptions Read(JsonElement config) => config.Deserialize<TOptions>(OptionText.Json)!;

    public override TrainOptions OptionsOf(Manifest bundle) => bundle.Training is { Config.Count: > 0 } training
        ? OptionText.With(new TOptions(), training.Config.Select(pair => $"{pair.Key}={pair.Value}"))
        : throw new UserException(
            $"Bundle '{bundle.Name}' does not say with which options it was trained: its manifest has no training.config.");

    /// <summary>What has to be learnt before it, beyond what the run's folder holds; null: nothing.</summary>
    public Func<TOptions, RunFolder, IReadOnlyList<Stage>>? Stages { get; init; }

    public override IReadOnlyList<Stage> StagesBefore(TrainOptions options, RunFolder run) => Stages?.Invoke((TOptions)options, run) ?? [];

    public override ITrainer Create(TrainOptions options, Device device, RunFolder? run, IProgressReport? progress) =>
        Make((TOptions)options, device, run, progress);

    private static Presets<TOptions> Presets => Presets<TOptions>.Embedded;
}
