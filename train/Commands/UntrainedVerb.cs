using CommandLine;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train;

[Verb("untrained", HelpText = "Write a bundle of a Dreamer's published sizes with random weights, to be timed before training.")]
public sealed class UntrainedVerb : Verb
{
    private const int PictureSize = 64, Starts = 16;
    private const string Algorithms = "dreamer, dreamerv2, dreamerv3, ed2 or transformer";

    [Option("output", Required = true, HelpText = "Folder of the bundle.")]
    public string Output { get; set; } = "";

    [Option("algorithm", Default = "dreamer", HelpText = Algorithms + ".")]
    public string Algorithm { get; set; } = "";

    [Option("preset", Default = "paper", HelpText = "Whose sizes (see: list).")]
    public string Preset { get; set; } = "";

    [Option("set", HelpText = "Hyperparameters, as in: --set deterministic=600", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("env", HelpText = "Environment (see: list) whose observations and actions it has, and beside which tools bench can time it.")]
    public string? Env { get; set; }

    [Option("observation", Default = 24, HelpText = "Numbers in an observation.")]
    public int Observation { get; set; }

    [Option("pixels", HelpText = "Observations are images (3, 64, 64), with the published encoder and decoder.")]
    public bool Pixels { get; set; }

    [Option("action", Default = 6, HelpText = "Numbers in an action.")]
    public int Action { get; set; }

    [Option("seed", Default = 0L, HelpText = "Seed of the weights.")]
    public long Seed { get; set; }

    public override int Run(TextWriter output)
    {
        if (Observation < 1 || Action < 1)
            throw new UserException($"--observation and --action take numbers of at least 1, not {Observation} and {Action}.");
        Libtorch.Load();
        // What embeds vectors is not published for V1 and V2, which see images.
        string[] set = Algorithm == "dreamerv3" ? [.. Set] : ["encoderUnits=200", "embedding=200", .. Set];
        TrainOptions preset = Train.Algorithm.Find(Algorithm).Preset(Preset, Env ?? DatasetSpec.NoEnvironment) with { Seed = Seed };
        if (preset is not DreamerOptions or Plan2ExploreOptions)
            throw new UserException($"untrained makes bundles of {Algorithms}, not of {Algorithm}.");
        DreamerOptions options = (DreamerOptions)OptionText.With(preset, set);
        AgentEnvironment? environment = Env is null
            ? null
            : AgentEnvironment.Make(Env, Starts, options.ActionRepeat, view: Pixels ? new(PictureSize, Numbers: false) : null);
        ObservationSpec observation = environment?.Observation ?? (Pixels
            ? new() { Shape = [3, PictureSize, PictureSize], Low = 0, High = 1 }
            : new() { Shape = [Observation], Low = -1, High = 1 });
        ActionVectors actions = environment?.Actions ?? new(ActionSpec.Continuous([Action], -1, 1));
        LatentWorldConfig config = options.World(observation, actions.Size);
        using EagerParameters parameters = new(options.Seed);
        LatentWorld<EagerTensor> world = new(parameters.Root[WorldSignature.World], config);
        IDynamics<EagerTensor> dynamics = world.Dynamics;
        WorldSignature signature = new(
            config, dynamics.State, dynamics.Noise, observation, actions, options.RewardScale, options.Gamma);
        ActorConfig actor = options.Actor(dynamics.Feature, actions);
        _ = new Actor<EagerTensor>(parameters.Root[Dreamer.ActorPath], actor);
        _ = new ScalarHead<EagerTensor>(parameters.Root[Dreamer.CriticPath], dynamics.Feature, options.Critic());
        Random random = new Random((int)options.Seed);
        float[] starts = new float[Starts * observation.Size];
        if (environment is null)
            Fill(starts, observation, random);
        else
            environment.Reset((ulong)options.Seed, starts);
        BundleDefinition definition = DreamerGraphs.Define(options.Env, signature, actor, options.Critic(), starts) with
        {
            Algorithm = options.Algorithm,
            ActionRepeat = environment is null ? 1 : options.ActionRepeat,
            Limits = ["Its weights are random: it knows nothing, and is there to be timed."],
        };
        TrainingSpec training = new() { Seed = options.Seed, Config = OptionText.Describe(options) };
        string name = Pixels ? $"untrained-{Algorithm}-pixels" : $"untrained-{Algorithm}";
        VerificationReport report = BundleExporter.Export(Output, name, definition, parameters.ToWeights(), training);
        output.WriteLine($"{Output}: {parameters.Count:N0} parameters, not trained");
        if (environment is null)
        {
            string recording = Path.TrimEndingDirectorySeparator(Output) + ".recording.npz";
            Record(recording, observation, random);
            output.WriteLine($"random steps to quantise it with: {recording}");
        }
        output.WriteLine(report);
        return 0;
    }

    /// <summary>An episode of random numbers: what tools quantize measures with where there is no environment.</summary>
    private void Record(string path, ObservationSpec space, Random random)
    {
        const int Steps = 64;
        float[] observations = new float[(Steps + 1) * space.Size], actions = new float[Steps * Action];
        Fill(observations, space, random);
        for (int i = 0; i < actions.Length; i++)
            actions[i] = 2 * random.NextSingle() - 1;
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(observations, [Steps + 1, .. space.Shape]),
            ["action"] = NpyArray.Of(actions, [Steps, Action]),
        });
    }

    private static void Fill(float[] observations, ObservationSpec space, Random random)
    {
        for (int i = 0; i < observations.Length; i++)
            observations[i] = (float)(space.Low + (space.High - space.Low) * random.NextDouble());
    }
}
