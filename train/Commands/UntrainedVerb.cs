using CommandLine;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train;

[Verb("untrained", HelpText = "Write a bundle of Dreamer's published sizes with random weights, to be timed before training.")]
public sealed class UntrainedVerb : Verb
{
    [Option("output", Required = true, HelpText = "Folder of the bundle.")]
    public string Output { get; set; } = "";

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
        // Hafner et al. 2020, appendix A: heads of 2 x 400 (reward), 4 x 400 (actor) and 3 x 400 (value) on an RSSM of 200 + 30.
        PixelConfig? pixels = Pixels ? new() : null;
        LatentWorldConfig config = new()
        {
            Observation = Observation, Pixels = pixels, Encoder = new(2, 200),
            Dynamics = new RssmConfig { Actions = Action, Embedding = pixels?.Embedding ?? 200 },
        };
        MlpConfig critic = new(3, 400);
        ObservationSpec observation = pixels is null
            ? new() { Shape = [Observation], Low = -1, High = 1 }
            : new() { Shape = [pixels.Channels, PixelConfig.Size, PixelConfig.Size], Low = 0, High = 1 };
        using EagerParameters parameters = new(Seed);
        LatentWorld<EagerTensor> world = new(parameters.Root[WorldSignature.World], config);
        IDynamics<EagerTensor> dynamics = world.Dynamics;
        WorldSignature signature = new(
            config, dynamics.State, dynamics.Noise, observation, new(ActionSpec.Continuous([Action], -1, 1)), RewardScale: 1, Gamma: 1);
        ActorConfig actor = new() { Feature = dynamics.Feature, Actions = Action, Layers = new(4, 400) };
        _ = new Actor<EagerTensor>(parameters.Root[Dreamer.ActorPath], actor);
        _ = new Critic<EagerTensor>(parameters.Root[Dreamer.CriticPath], dynamics.Feature, critic, config.Activation);
        Random random = new Random((int)Seed);
        float[] starts = [.. Enumerable.Range(0, 16 * observation.Size)
            .Select(_ => (float)(observation.Low + (observation.High - observation.Low) * random.NextSingle()))];
        BundleDefinition definition = DreamerGraphs.Define("none", signature, actor, critic, starts) with
        {
            Limits = ["Its weights are random: it knows nothing, and is there to be timed."],
        };
        TrainingSpec training = new() { Seed = Seed };
        string name = pixels is null ? "untrained-dreamer" : "untrained-dreamer-pixels";
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
