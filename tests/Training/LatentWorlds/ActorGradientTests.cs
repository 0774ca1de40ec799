using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>
/// The gradient that reaches the actor through known dynamics, s' = a s + b u, rewarded by -s'^2, against finite differences of the loss.
/// The actor does not see how its features came about, so that they stay where they were for the differences.
/// </summary>
public sealed class ActorGradientTests
{
    private const int Horizon = 6, Rows = 5;
    private const double Lambda = 0.9, Gamma = 0.95;

    [TestCase(0.3f)]
    [TestCase(-0.8f)]
    public void EqualsFiniteDifferences(float gain)
    {
        const float Step = 1e-2f;
        using DisposeScope scope = NewDisposeScope();
        Tensor parameter = tensor(new[] { gain }).requires_grad_();
        List<Tensor> seen = [];
        Loss(new Linear(parameter, seen), noise: 0.05).backward();
        double At(float other) => Loss(new Linear(tensor(new[] { other }), [.. seen]), noise: 0.05).item<float>();
        double expected = (At(gain + Step) - At(gain - Step)) / (2 * Step);
        Assert.That(parameter.grad!.item<float>(), Is.EqualTo(expected).Within(1e-3 * Math.Abs(expected) + 1e-4));
    }

    /// <summary>Gradient steps lead to the gain that leaves nothing of the state, -a / b, where the noise is small.</summary>
    [Test]
    public void LeadsToTheBestGain()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor parameter = tensor(new[] { -1f }).requires_grad_();
        for (int i = 0; i < 500; i++)
        {
            using DisposeScope inner = NewDisposeScope();
            Loss(new Linear(parameter, []), noise: 0).backward();
            using (no_grad())
                parameter.sub_(0.3 * parameter.grad!);
            parameter.grad!.zero_();
        }
        Assert.That(parameter.item<float>(), Is.EqualTo(-Linear.A / Linear.B).Within(0.02));
    }

    /// <summary>The critic's loss moves the values alone, and the weights of states are the discounts before them.</summary>
    [Test]
    public void LossesWeighStatesByWhatIsLikelyToBeReached()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rewards = tensor(new float[] { 1, 2, 3 }, [3, 1]), values = tensor(new float[] { 10, 20, 30 }, [3, 1]).requires_grad_();
        Tensor discounts = tensor(new[] { 0.5f, 0.8f, 0.9f }, [3, 1]);
        (Tensor actor, Tensor critic, Tensor returns) = DreamerBehaviour.BehaviourLosses(rewards, values, discounts, lambda: 0);
        Assert.That(returns.data<float>().ToArray(), Is.EqualTo(new[] { 1 + 0.5f * 20, 2 + 0.8f * 30 }).Within(1e-5));
        Assert.That(actor.item<float>(), Is.EqualTo(-(11 + 0.5 * 26) / 2).Within(1e-5));
        critic.backward();
        Assert.That(values.grad!.data<float>().ToArray(), Is.EqualTo(new[] { (10 - 11) / 2f, 0.5f * (20 - 26) / 2f, 0 }).Within(1e-5),
            "the returns do not move for the critic");
    }

    private static Tensor Loss(Linear world, double noise)
    {
        // The same start and noise at each call.
        Tensor start = tensor(Enumerable.Range(0, Rows).Select(i => i / 2f - 1).ToArray(), [Rows, 1]);
        Tensor[] draws = [.. Enumerable.Range(0, Horizon).Select(t => full([Rows, 1], noise * Math.Sin(t)))];
        State<EagerTensor> state = new(["s"], start);
        ImaginedTrajectory imagined = ImaginedTrajectory.From(world, world.Act, state, draws, draws);
        Tensor features = imagined.Features.slice(0, 1, Horizon + 1, 1).reshape(Horizon, Rows);                                  // (H, N)
        Tensor rewards = -features.square();
        return DreamerBehaviour.BehaviourLosses(rewards, rewards * 2, full([Horizon, Rows], Gamma), Lambda).Actor;
    }

    /// <summary>
    /// The state is a number; the policy is u = gain s + noise, of the states seen before or, where there are none yet, of those it is
    /// shown, which it keeps.
    /// </summary>
    private sealed class Linear(Tensor gain, List<Tensor> seen) : IDynamics<EagerTensor>
    {
        public const float A = 0.9f, B = 0.6f;

        private readonly bool _records = seen.Count == 0;
        private int _step;

        public IReadOnlyList<StateSpec> State => [new("s", 1)];

        public NoiseSpec Noise => new(NoiseDistribution.Gaussian, 1, 1);

        public int Feature => 1;

        public EagerTensor FeatureOf(State<EagerTensor> state) => state["s"];

        public IDistribution<EagerTensor> Act(EagerTensor feature)
        {
            if (_records)
                seen.Add(feature.Value);
            return new UnitNormal<EagerTensor>(gain * seen[_step++], axes: 1);
        }

        public LatentStep<EagerTensor> Imagine(State<EagerTensor> state, EagerTensor action, EagerTensor noise) =>
            new(new(["s"], state["s"] * A + action * B), new UnitNormal<EagerTensor>(action, axes: 1));

        public LatentStep<EagerTensor> Observe(
            State<EagerTensor> state, EagerTensor action, EagerTensor embedding, EagerTensor noise) => throw new NotSupportedException();

        public FilteredSequence<EagerTensor> ObserveSequence(RecordedSequence<EagerTensor> sequence) => throw new NotSupportedException();
    }
}
