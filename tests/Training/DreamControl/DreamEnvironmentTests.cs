using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Tests.Imagination;
using WorldModels.Train;
using WorldModels.Train.Algorithms;

namespace WorldModels.Tests.DreamControl;

/// <summary>The dream as an environment, and controllers in it, on a world model that has learnt for a second.</summary>
public sealed class DreamEnvironmentTests
{
    private const int Candidates = 6, Each = 4;

    private TemporaryBundle _run = null!;
    private WorldModel _world = null!;
    private WorldModelsOptions _options = null!;
    private MemorySignature _signature = null!;
    private ControllerConfig _controller = null!;

    [OneTimeSetUp]
    public void Learn()
    {
        _options = (WorldModelsOptions)OptionText.With(Algorithm.Find("worldmodels").Preset("debug"), ["inputs=zch"]);
        _run = new("worldmodels", _options);
        _world = WorldModel.Load(Path.Combine(_run.Run, "memory", "bundle"));
        _signature = MemorySignature.Of(_options);
        _controller = _options.ControllerConfig(_signature.Actions.Size);
    }

    [OneTimeTearDown]
    public void Delete()
    {
        _world.Dispose();
        _run.Dispose();
    }

    /// <summary>A generation's work comes to the same, bit for bit, done at once and in four parts.</summary>
    [Test]
    public void JobsDoNotDependOnHowManyAreDoneAtATime()
    {
        double[][] candidates = RandomCandidates();
        IReadOnlyList<ControllerJob> jobs = ControllerJob.Of(Candidates, Each);
        double[][] whole = Returns(Candidates * Each, jobs);
        double[][] parts = [.. Enumerable.Range(0, 4).SelectMany(part =>
            Returns(Each * 2, [.. jobs.Where(job => job.Candidate % 4 == part)])
                .Select((returns, i) => (Candidate: part + 4 * i, returns)))
            .OrderBy(result => result.Candidate).Select(result => result.returns)];
        Assert.That(parts, Is.EqualTo(whole));
        double[][] one = Returns(1, jobs);
        Assert.That(one, Is.EqualTo(whole), "and an episode at a time");
        Assert.That(whole.SelectMany(all => all).Distinct().Count(), Is.GreaterThan(1), "episodes differ");

        double[][] Returns(int rows, IReadOnlyList<ControllerJob> some)
        {
            using ControllerTrials trials = new(Path.Combine(_run.Run, "controllers"), Dream(rows, temperature: 1.15));
            return [.. trials.Play(seed: 5, candidates, some).Select(sample => sample.Returns.ToArray())];
        }
    }

    [Test]
    public void RowsOfOneEpisodeDreamTheSame()
    {
        using DreamEnvironment dream = Dream(rows: 4, temperature: 1);
        int size = dream.ObservationSpace.Size;
        float[] features = new float[4 * size], actions = [.. Enumerable.Repeat(0.5f, 4)];
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[4], new bool[4], new bool[4]);
        dream.Reset(3, [7, 8, 7, 9], features);
        for (int t = 0; t < 5; t++)
        {
            Assert.That(features[..size], Is.EqualTo(features[(2 * size)..(3 * size)]), $"step {t}");
            Assert.That(features[..size], Is.Not.EqualTo(features[size..(2 * size)]));
            dream.Step(actions, features, rewards, terminated, truncated);
        }
        Assert.That(rewards, Is.All.EqualTo(1));
        actions[2] = -0.5f;
        dream.Step(actions, features, rewards, terminated, truncated);
        dream.Step(actions, features, rewards, terminated, truncated);
        Assert.That(features[..size], Is.Not.EqualTo(features[(2 * size)..(3 * size)]), "actions matter");
    }

    [Test]
    public void EpisodesAreCutAndBeginAnew()
    {
        IVectorEnvironment<float> dream = Dream(rows: 3, temperature: 1);
        float[] features = new float[3 * dream.ObservationSpace.Size], actions = new float[3];
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[3], new bool[3], new bool[3]);
        dream.Reset(1, features);
        int hidden = _options.MemoryUnits;
        int[] age = new int[3];
        for (int t = 0; t < 2 * _options.EpisodeSteps; t++)
        {
            dream.Step(actions, features, rewards, terminated, truncated);
            for (int row = 0; row < 3; row++)
            {
                age[row]++;
                Assert.That(truncated[row], Is.EqualTo(age[row] == _options.EpisodeSteps));
                float[] last = features[(row * (features.Length / 3) + features.Length / 3 - hidden)..((row + 1) * (features.Length / 3))];
                bool over = terminated[row] || truncated[row];
                Assert.That(last.All(value => value == 0), Is.EqualTo(over), "hidden units are zero where an episode begins alone");
                Assert.That(dream.FinalObservation(row).ContainsAnyExcept(0f), Is.EqualTo(over || t >= age[row]));
                age[row] = over ? 0 : age[row];
            }
        }
        ((IDisposable)dream).Dispose();
    }

    [Test]
    public void TemperatureIsAnInput()
    {
        float[][] features = [.. new[] { 0.01, 1, 1 }.Select(temperature =>
        {
            using DreamEnvironment dream = Dream(rows: 8, temperature);
            float[] seen = new float[8 * dream.ObservationSpace.Size];
            dream.Reset(2, seen);
            dream.Step(new float[8], seen, new float[8], new bool[8], new bool[8]);
            return seen;
        })];
        Assert.That(features[1], Is.EqualTo(features[2]));
        Assert.That(features[0], Is.Not.EqualTo(features[1]));
    }

    [Test]
    public void AHostSetsWhatThereIsToSet()
    {
        using WorldModel agent = WorldModel.Load(_run.Bundle);
        using Dream dream = agent.Dream(batch: 2, horizon: 3);
        dream.Set("temperature", 0.5f);
        dream.Set("temperature", [0.5f, 2]);
        Assert.That(() => dream.Set("heat", 1), Throws.TypeOf<BundleException>().With.Message.Contains("temperature"));
        Assert.That(() => dream.Set("temperature", [1, 2, 3]), Throws.TypeOf<BundleException>().With.Message.Contains("2 values"));
        Assert.That(() => dream.DrawAs([1]), Throws.TypeOf<BundleException>());
        dream.DrawAs([4, 4]);
        dream.Set("temperature", 1);
        DreamBatch batch = dream.Run(seed: 1);
        ReadOnlySpan<float> latents = batch.State(MdnRnnState.Latent, 3);
        Assert.That(latents[..(latents.Length / 2)].SequenceEqual(latents[(latents.Length / 2)..]), Is.True, "rows of one number");
        using Controller controller = Controller.Load(Path.Combine(_run.Run, "controllers"), new() { Batch = 1 });
        float[] action = new float[1];
        controller.Act(new float[_controller.Feature], action);
        Assert.That(action[0], Is.Zero, "unset, all weights are zero");
        controller.Set("weights", [.. Enumerable.Repeat(0.5f, _controller.Weights)]);
        controller.Act(new float[_controller.Feature], action);
        Assert.That(action[0], Is.EqualTo(MathF.Tanh(0.5f)).Within(1e-6), "the bias");
    }

    /// <summary>The environment through V and M is what the shipped agent sees: the same episode by the same controller.</summary>
    [Test]
    public void TheObservedEnvironmentStartsByTheEpisodesNumber()
    {
        using ObservedEnvironment real = new(_world, _controller, VisibleEnvironment.Make(_options, rows: 3));
        int size = real.ObservationSpace.Size;
        float[] features = new float[3 * size], actions = [0.3f, 0.3f, 0.3f];
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[3], new bool[3], new bool[3]);
        real.Reset(3, [5, 6, 5], features);
        for (int t = 0; t < 4; t++)
        {
            real.Step(actions, features, rewards, terminated, truncated);
            Assert.That(features[..size], Is.EqualTo(features[(2 * size)..]), $"step {t}");
            Assert.That(rewards[0], Is.EqualTo(rewards[2]));
        }
        Assert.That(features[..size], Is.Not.EqualTo(features[size..(2 * size)]));
    }

    private DreamEnvironment Dream(int rows, double temperature) =>
        new(_world, _controller, _signature.Actions, rows, temperature, _options.EpisodeSteps);

    private double[][] RandomCandidates()
    {
        Random random = new(4);
        return [.. Enumerable.Range(0, Candidates)
            .Select(_ => Enumerable.Range(0, _controller.Weights).Select(_ => random.NextDouble() - 0.5).ToArray())];
    }
}
