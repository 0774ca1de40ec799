using System.Text.Json;
using WorldModels.Environments;
using WorldModels.Train.A2C;
using WorldModels.Train.Dreamer;
using WorldModels.Train.EnvironmentModel;
using WorldModels.Train.I2A;
using WorldModels.Train.PlaNet;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>An algorithm that can be trained: its presets and how to start it.</summary>
public abstract record Algorithm(string Name, string Summary)
{
    /// <summary>Names of the presets, the default first.</summary>
    public abstract IReadOnlyList<string> PresetNames { get; }

    /// <summary>The options of a preset.</summary>
    public abstract TrainOptions Preset(string name);

    /// <summary>The options of a new run: a preset's, another environment and seed where given, then single ones set.</summary>
    public TrainOptions Resolve(string preset, string? environment, long? seed, IEnumerable<string> assignments)
    {
        TrainOptions options = Preset(preset);
        options = options with { Env = environment ?? options.Env, Seed = seed ?? options.Seed };
        options = OptionText.With(options, assignments);
        RequireEnvironment(options.Env);
        return options;
    }

    /// <summary>Options as config.json holds them.</summary>
    public abstract TrainOptions Read(JsonElement config);

    /// <summary>A trainer at its first update; what the folder of its run holds already may decide on its network.</summary>
    public abstract Trainer Create(TrainOptions options, Device device, RunFolder? run = null);

    /// <summary>All algorithms.</summary>
    public static IReadOnlyList<Algorithm> All { get; } =
    [
        new Algorithm<A2COptions>("a2c", "advantage actor-critic on images (Mnih et al. 2016)", A2COptions.Presets,
            (options, device, _) => new A2CTrainer(options, device)),
        new Algorithm<EnvironmentModelOptions>("environment-model", "a model of MiniPacman, frame by frame (Weber et al. 2017)",
            EnvironmentModelOptions.Presets, (options, device, _) => new EnvironmentModelTrainer(options, device)),
        new Algorithm<DreamerOptions>("dreamer", "latent imagination: actor and critic inside a recurrent state-space model (Hafner et al. 2020)",
            DreamerOptions.Presets, (options, device, _) => new DreamerTrainer(options, device)),
        new Algorithm<I2AOptions>("i2a", "imagination-augmented agent on MiniPacman (Weber et al. 2017)", I2AOptions.Presets,
            (options, device, run) => new I2ATrainer(options, device, run)),
        new Algorithm<PlaNetOptions>("planet", "planning by the cross-entropy method in a recurrent state-space model (Hafner et al. 2019)",
            PlaNetOptions.Presets, (options, device, _) => new PlaNetTrainer(options, device)),
    ];

    /// <exception cref="UserException">No algorithm has this name.</exception>
    public static Algorithm Find(string name) => All.FirstOrDefault(algorithm => algorithm.Name == name)
        ?? throw new UserException($"Unknown algorithm '{name}'{Names.Suggest(name, All.Select(algorithm => algorithm.Name))} "
            + $"Algorithms: {string.Join(", ", All.Select(algorithm => algorithm.Name))}.");

    /// <summary>Refuses an environment that does not exist, before anything is made.</summary>
    public static void RequireEnvironment(string name)
    {
        try
        {
            EnvironmentRegistry.Find(name);
        }
        catch (ArgumentException exception)
        {
            throw new UserException(exception.Message, exception);
        }
    }
}

/// <summary>An algorithm with options of its own type.</summary>
public sealed record Algorithm<TOptions>(
    string Name, string Summary, IReadOnlyDictionary<string, TOptions> Presets, Func<TOptions, Device, RunFolder?, Trainer> Make)
    : Algorithm(Name, Summary)
    where TOptions : TrainOptions
{
    public override IReadOnlyList<string> PresetNames => [.. Presets.Keys.OrderBy(name => name == "small" ? 0 : 1)];

    public override TrainOptions Preset(string name) => Presets.TryGetValue(name, out TOptions? options)
        ? options
        : throw new UserException(
            $"{Name} has no preset '{name}'{Names.Suggest(name, Presets.Keys)} Presets: {string.Join(", ", Presets.Keys)}.");

    public override TrainOptions Read(JsonElement config) => config.Deserialize<TOptions>(OptionText.Json)!;

    public override Trainer Create(TrainOptions options, Device device, RunFolder? run = null) => Make((TOptions)options, device, run);
}
