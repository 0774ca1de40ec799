using CommandLine;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train;

[Verb("untrained", HelpText = "Write a bundle of a Dreamer's published sizes with random weights, to be timed before training.")]
public sealed class UntrainedVerb : Verb
{
    [Option("output", Required = true, HelpText = "Folder of the bundle.")]
    public string Output { get; set; } = "";

    [Option("algorithm", Default = "dreamer", HelpText = "dreamer, dreamerv2 or dreamerv3.")]
    public string Algorithm { get; set; } = "";

    [Option("preset", Default = "paper", HelpText = "Whose sizes (see: list).")]
    public string Preset { get; set; } = "";

    [Option("set", HelpText = "Hyperparameters, as in: --set deterministic=600", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

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
        if (OptionText.With(Train.Algorithm.Find(Algorithm).Preset(Preset, "none") with { Seed = Seed }, set) is not DreamerOptions options)
            throw new UserException($"untrained makes worlds of dreamer, dreamerv2 and dreamerv3, not of {Algorithm}.");
        ObservationSpec observation = Pixels
            ? new() { Shape = [3, 64, 64], Low = 0, High = 1 }
            : new() { Shape = [Observation], Low = -1, High = 1 };
        ActionVectors actions = new(ActionSpec.Continuous([Action], -1, 1));
        LatentWorldConfig config = options.World(observation, Action);
        using EagerParameters parameters = new(options.Seed);
        LatentWorld<EagerTensor> world = new(parameters.Root[WorldSignature.World], config);
        IDynamics<EagerTensor> dynamics = world.Dynamics;
        WorldSignature signature = new(
            config, dynamics.State, dynamics.Noise, observation, actions, options.RewardScale, options.Gamma);
        ActorConfig actor = options.Actor(dynamics.Feature, actions);
        _ = new Actor<EagerTensor>(parameters.Root[Dreamer.ActorPath], actor);
        _ = new ScalarHead<EagerTensor>(parameters.Root[Dreamer.CriticPath], dynamics.Feature, options.Critic());
        Random random = new Random((int)options.Seed);
        float[] starts = [.. Enumerable.Range(0, 16 * observation.Size)
            .Select(_ => (float)(observation.Low + (observation.High - observation.Low) * random.NextSingle()))];
        BundleDefinition definition = DreamerGraphs.Define("none", signature, actor, options.Critic(), starts) with
        {
            Algorithm = options.Algorithm,
            Limits = ["Its weights are random: it knows nothing, and is there to be timed."],
        };
        TrainingSpec training = new() { Seed = options.Seed, Config = OptionText.Describe(options) };
        string name = Pixels ? $"untrained-{Algorithm}-pixels" : $"untrained-{Algorithm}";
        VerificationReport report = BundleExporter.Export(Output, name, definition, parameters.ToWeights(), training);
        string recording = Path.TrimEndingDirectorySeparator(Output) + ".recording.npz";
        Record(recording, observation, random);
        output.WriteLine($"{Output}: {parameters.Count:N0} parameters, not trained; random steps to quantise it with: {recording}");
        output.WriteLine(report);
        return 0;
    }

    /// <summary>An episode of random numbers: what tools quantize measures with where there is no environment.</summary>
    private void Record(string path, ObservationSpec space, Random random)
    {
        const int Steps = 64;
        float[] observations = new float[(Steps + 1) * space.Size], actions = new float[Steps * Action];
        for (int i = 0; i < observations.Length; i++)
            observations[i] = (float)(space.Low + (space.High - space.Low) * random.NextDouble());
        for (int i = 0; i < actions.Length; i++)
            actions[i] = 2 * random.NextSingle() - 1;
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(observations, [Steps + 1, .. space.Shape]),
            ["action"] = NpyArray.Of(actions, [Steps, Action]),
        });
    }
}
