using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Imagination;

/// <summary>Who imagines what: rollouts begin with their actions, go on by the rollout policy, and reach their own row alone.</summary>
public sealed class ImaginationCoreTests
{
    private const int Rows = 15, Columns = 19, Actions = 5, Rewards = 3;
    private DisposeScope _scope;
    private EagerParameters _parameters;

    [SetUp]
    public void Open()
    {
        (_scope, _parameters) = (NewDisposeScope(), new(seed: 5));
        manual_seed(7);
    }

    [TearDown]
    public void Close()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void TheRolloutForAnActionBeginsWithItInItsOwnRow([Values(1, 4)] int stack)
    {
        Recorder world = new Recorder();
        ImaginationAgentConfig config = Config(depth: 2, stack);
        const int Batch = 3;
        Tensor frames = rand(Batch, 3 * stack, Rows, Columns);
        Core(world, config).Imagine(frames, zeros(Batch, Actions, 1, Actions));
        Assert.That(Longs(world.Actions[0]), Is.EqualTo(Enumerable.Range(0, Batch * Actions).Select(i => (long)(i % Actions))));
        for (int i = 0; i < Batch * Actions; i++)
            Assert.That(Floats(world.Frames[0].Value[i]), Is.EqualTo(Floats(frames[i / Actions])), $"rollout {i}");
    }

    [Test]
    public void LaterActionsAreTheRolloutPolicysOnImaginedFrames([Values(1, 4)] int stack)
    {
        Recorder world = new Recorder();
        ImaginationAgentConfig config = Config(depth: 3, stack);
        Tensor frames = rand(2, 3 * stack, Rows, Columns), noise = Gumbel(2, Actions, 2, Actions);
        IReadOnlyList<ImaginedStep<EagerTensor>> steps = Core(world, config).Imagine(frames, noise);
        ActorCritic<EagerTensor> policy = new ActorCritic<EagerTensor>(_parameters.Root["rollout_policy"], config.Agent);
        Tensor now = frames.repeat_interleave(Actions, 0);
        for (int d = 0; d < 2; d++)
        {
            now = FrameStack.Push<EagerTensor>(now, steps[d].Frame).Value;
            Tensor perturbed = policy.Forward(now).Logits.Value + noise.select(2, d).reshape(-1, Actions);
            Assert.That(Longs(world.Actions[d + 1]), Is.EqualTo(Longs(perturbed.argmax(1))), $"step {d + 1}");
            Assert.That(Floats(world.Frames[d + 1]), Is.EqualTo(Floats(now)).Within(1e-6), $"step {d + 1}");
        }
    }

    [Test]
    public void ARowDecidesAsIfAlone([Values(1, 3)] int depth)
    {
        ImaginationAgentConfig config = Config(depth);
        ImaginationAgent<EagerTensor> agent = new ImaginationAgent<EagerTensor>(_parameters.Root["agent"], config);
        Tensor frames = rand(4, 3, Rows, Columns), noise = Gumbel(4, Actions, depth - 1, Actions);
        float[] together = Floats(Logits(agent, config, frames, noise));
        for (int row = 0; row < 4; row++)
        {
            float[] alone = Floats(Logits(agent, config, frames.narrow(0, row, 1), noise.narrow(0, row, 1)));
            Assert.That(alone, Is.EqualTo(together[(row * Actions)..((row + 1) * Actions)]).Within(1e-5), $"row {row}");
        }
    }

    [TestCase(RecurrentCell.Gru, false)]
    [TestCase(RecurrentCell.Gru, true)]
    [TestCase(RecurrentCell.Lstm, false)]
    [TestCase(RecurrentCell.Lstm, true)]
    public void SwappingTwoRolloutsOrTwoStepsChangesTheDecision(RecurrentCell cell, bool reverse)
    {
        ImaginationAgentConfig config = Config(depth: 2, cell: cell, reverse: reverse);
        ImaginationAgent<EagerTensor> agent = new ImaginationAgent<EagerTensor>(_parameters.Root["agent"], config);
        Tensor frames = rand(1, 3, Rows, Columns);
        ImaginedStep<EagerTensor>[] steps = [.. Core(new Recorder(), config).Imagine(frames, Gumbel(1, Actions, 1, Actions))];
        float[] before = Floats(agent.Forward(frames, agent.Codes(steps)).Logits);
        Tensor order = tensor([1L, 0, 2, 3, 4]);
        EagerTensor Swap(EagerTensor rows) => rows.Value.index_select(0, order);
        ImaginedStep<EagerTensor>[] swapped = [.. steps.Select(step =>
            new ImaginedStep<EagerTensor>(Swap(step.Frame), Swap(step.Reward), Swap(step.Continue)))];
        Assert.That(Floats(agent.Forward(frames, agent.Codes(swapped)).Logits), Is.Not.EqualTo(before).Within(1e-4), "rollouts");
        Assert.That(Floats(agent.Codes([steps[1], steps[0]])), Is.Not.EqualTo(Floats(agent.Codes(steps))).Within(1e-4), "steps");
    }

    [Test]
    public void ReadingBackwardsIsReadingTheReversedRollout([Values] RecurrentCell cell)
    {
        ImaginationAgentConfig forward = Config(depth: 2, cell: cell), backward = Config(depth: 2, cell: cell, reverse: true);
        Tensor noise = Gumbel(1, Actions, 1, Actions);
        ImaginedStep<EagerTensor>[] steps = [.. Core(new Recorder(), forward).Imagine(rand(1, 3, Rows, Columns), noise)];
        float[] codes = Floats(new ImaginationAgent<EagerTensor>(_parameters.Root["agent"], forward).Codes([steps[1], steps[0]]));
        Assert.That(Floats(new ImaginationAgent<EagerTensor>(_parameters.Root["agent"], backward).Codes(steps)), Is.EqualTo(codes));
    }

    [TestCase(ImaginedFrames.Hard)]
    [TestCase(ImaginedFrames.Soft)]
    public void TheGradientReachesTheEncoderAndNeitherTheModelNorTheRolloutPolicy(ImaginedFrames kind)
    {
        ImaginationAgentConfig config = Config(depth: 3);
        ImaginationAgent<EagerTensor> agent = new ImaginationAgent<EagerTensor>(_parameters.Root["agent"], config);
        Tensor frames = rand(2, 3, Rows, Columns);
        IReadOnlyList<ImaginedStep<EagerTensor>> steps = Core(World(config, kind), config).Imagine(frames, Gumbel(2, Actions, 2, Actions));
        (EagerTensor logits, EagerTensor value) = agent.Forward(frames, agent.Codes(steps));
        (logits.Value.square().sum() + value.Value.square().sum()).backward();
        foreach ((string path, TorchSharp.Modules.Parameter parameter) in _parameters.All)
        {
            double gradient = parameter.grad is { } grad ? grad.abs().sum().item<float>() : 0;
            Assert.That(gradient, path.StartsWith("agent/") ? Is.GreaterThan(0) : Is.Zero, path);
        }
    }

    [Test]
    public void TheCopyModelShowsTheNewestFrameAndNothingElse()
    {
        Tensor frames = rand(2, 12, Rows, Columns);
        CopiedWorld<EagerTensor> world = new CopiedWorld<EagerTensor>(tensor([0f, 1, 0], [1, 3]));
        ImaginedStep<EagerTensor> step = world.Step(frames, zeros([2], ScalarType.Int64));
        Assert.That(Floats(step.Frame), Is.EqualTo(Floats(frames.narrow(1, 9, 3))));
        Assert.That(Floats(step.Reward), Is.EqualTo(new[] { 0f, 1, 0, 0, 1, 0 }));
        Assert.That(Floats(step.Continue), Is.EqualTo(new[] { 1f, 1 }));
    }

    private EagerTensor Logits(ImaginationAgent<EagerTensor> agent, ImaginationAgentConfig config, Tensor frames, Tensor noise) =>
        agent.Forward(frames, agent.Codes(Core(World(config), config).Imagine(frames, noise))).Logits;

    private LearnedWorld<EagerTensor> World(ImaginationAgentConfig config, ImaginedFrames kind = ImaginedFrames.Hard)
    {
        EnvironmentModelConfig model = new EnvironmentModelConfig
        {
            Frames = config.Frames, Termination = true, Rewards = new float[Rewards],
            Palette = [.. Enumerable.Range(0, 21).Select(i => i % 5 / 4f)],
        };
        return new(new EnvironmentModel<EagerTensor>(_parameters.Root["model"], model), kind, termination: true);
    }

    private ImaginationCore<EagerTensor> Core(IImaginedWorld<EagerTensor> world, ImaginationAgentConfig config) =>
        I2A.Core(_parameters.Root, world, config);

    private static ImaginationAgentConfig Config(
        int depth, int stack = 1, RecurrentCell cell = RecurrentCell.Gru, bool reverse = false) => new()
        {
            Agent = new() { Channels = 3 * stack, Hidden = 16 },
            Depth = depth,
            Encoder = new() { Rewards = Rewards, Continue = true, Units = 8, Cell = cell, Reverse = reverse },
        };

    private static Tensor Gumbel(params long[] shape) => -(-rand(shape).clamp(1e-6, 1 - 1e-6).log()).log();

    private static float[] Floats(EagerTensor tensor) => tensor.Value.detach().contiguous().data<float>().ToArray();

    private static long[] Longs(EagerTensor tensor) => tensor.Value.contiguous().data<long>().ToArray();

    /// <summary>A world that shows noise, and remembers what it was asked.</summary>
    private sealed class Recorder : IImaginedWorld<EagerTensor>
    {
        public List<EagerTensor> Frames { get; } = [];
        public List<EagerTensor> Actions { get; } = [];

        public ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action)
        {
            Frames.Add(frames);
            Actions.Add(action);
            long rows = frames.Value.size(0);
            return new(rand(rows, 3, Rows, Columns), zeros(rows, Rewards), ones(rows));
        }
    }
}
