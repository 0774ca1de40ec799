using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Modules, optimisers and random numbers can be stopped and resumed exactly.</summary>
public sealed class StateTests
{
    private sealed class Agent : nn.Module<Tensor, Tensor>
    {
        private readonly Linear head;
        private readonly Parameter scale = nn.Parameter(ones(1));
        private readonly Tensor steps = zeros(1);
        private readonly nn.Module<Tensor, Tensor> body;

        public Agent() : base("agent")
        {
            body = nn.Sequential(("first", nn.Linear(4, 8)), ("act", nn.Tanh()));
            head = nn.Linear(8, 2, hasBias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => head.call(body.call(input)) * scale;
    }

    [Test]
    public void Modules_name_their_parameters_by_field_and_load_them_back()
    {
        using var scope = NewDisposeScope();
        var (agent, other) = (new Agent(), new Agent());
        Assert.That(agent.named_parameters().Select(p => p.name), Is.EquivalentTo(
            new[] { "scale", "head.weight", "body.first.weight", "body.first.bias" }));
        Assert.That(agent.state_dict().Keys, Has.Member("steps").And.Count.EqualTo(5));
        var x = randn(3, 4);
        Assert.That(agent.call(x).allclose(other.call(x)), Is.False);
        other.load_state_dict(agent.state_dict());
        Assert.That(agent.call(x).Equals(other.call(x)));
        var partial = agent.state_dict();
        partial.Remove("scale");
        Assert.That(() => other.load_state_dict(partial), Throws.InvalidOperationException.With.Message.Contains("Missing: scale"));

        agent.eval();
        Assert.That(agent.children().All(c => !c.training));
        Assert.That(agent.to(ScalarType.Float64).call(x.to(float64)).dtype, Is.EqualTo(ScalarType.Float64));
        nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(agent.parameters()) * 0, agent.parameters());
        Assert.That(agent.call(x.to(float64)).abs().sum().ToDouble(), Is.Zero);
    }

    [Test]
    public void Generators_give_the_same_draws_from_the_same_state()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var state = get_rng_state();
        var drawn = randn(100);
        _ = rand(10);
        set_rng_state(state);
        Assert.That(randn(100).Equals(drawn));
        manual_seed(5);
        Assert.That(randn(100).Equals(drawn));
        Assert.That(initial_seed(), Is.EqualTo(5));

        using var own = new Generator(9);
        var mine = own.get_state();
        var first = rand(3, 4, generator: own);
        own.set_state(mine);
        Assert.That(rand(3, 4, generator: own).Equals(first));
        Assert.That(rand(3, 4, generator: own).Equals(first), Is.False);
        Assert.That(randperm(50, generator: own.manual_seed(1)).Equals(randperm(50, generator: new Generator(1))));
    }

    [TestCase("Adam")]
    [TestCase("AdamW")]
    [TestCase("RMSProp")]
    [TestCase("SGD")]
    public void Optimisers_resume_exactly(string kind)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var (x, y) = (randn(32, 4), randn(32, 2));
        var (agent, resumed) = (new Agent(), new Agent());
        OptimizerHelper Make(Agent a) => kind switch
        {
            "Adam" => optim.Adam(a.parameters(), lr: 0.01, amsgrad: true),
            "AdamW" => optim.AdamW(a.parameters(), lr: 0.01),
            "RMSProp" => optim.RMSProp(a.parameters(), momentum: 0.5, centered: true),
            _ => optim.SGD(a.parameters(), 0.1, momentum: 0.9),
        };
        void Steps(Agent a, OptimizerHelper o, int n)
        {
            for (int i = 0; i < n; i++)
            {
                o.zero_grad();
                nn.functional.mse_loss(a.call(x), y).backward();
                o.step();
            }
        }
        var (optimiser, second) = (Make(agent), Make(resumed));
        Steps(agent, optimiser, 5);
        optimiser.ParamGroups.Single().LearningRate *= 0.5;

        resumed.load_state_dict(agent.state_dict());
        second.load_state_dict(optimiser.state_dict());
        Steps(agent, optimiser, 5);
        Steps(resumed, second, 5);
        foreach (var (a, b) in agent.parameters().Zip(resumed.parameters())) Assert.That(a.Equals(b));
        foreach (var (a, b) in optimiser.state_dict().State.Zip(second.state_dict().State)) Assert.That(a.ApproximatelyEquals(b));
        Assert.That(() => second.load_state_dict(optim.SGD([nn.Parameter(zeros(1))], 1).state_dict()), Throws.ArgumentException);
    }

    [Test]
    public void Parameter_groups_have_options_of_their_own()
    {
        using var scope = NewDisposeScope();
        var (slow, fast) = (nn.Parameter(zeros(1)), nn.Parameter(zeros(1)));
        var optimiser = optim.Adam([new Adam.ParamGroup([slow], lr: 0.01), new Adam.ParamGroup { Parameters = [fast] }], lr: 0.1);
        (slow + fast).sum().backward();
        optimiser.step();
        Assert.That(slow.ToSingle(), Is.EqualTo(-0.01f).Within(1e-6));
        Assert.That(fast.ToSingle(), Is.EqualTo(-0.1f).Within(1e-6));
        var state = (Adam.State)optimiser.state_dict().State[1];
        Assert.That((state.step, state.exp_avg.ToSingle()), Is.EqualTo((1L, 0.1f)));
        optimiser.zero_grad();
        Assert.That(fast.grad!.ToSingle(), Is.Zero);
    }

    [Test]
    public void Initialisers_have_the_variance_they_promise()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var w = empty(400, 300);
        Assert.Multiple(() =>
        {
            Assert.That(nn.init.xavier_uniform_(w).std().ToDouble(), Is.EqualTo(Math.Sqrt(2.0 / 700)).Within(1).Percent);
            nn.init.kaiming_normal_(w, nonlinearity: nn.init.NonlinearityType.ReLU);
            Assert.That(w.std().ToDouble(), Is.EqualTo(Math.Sqrt(2.0 / 300)).Within(1).Percent);
            Assert.That(nn.init.trunc_normal_(w).abs().max().ToDouble(), Is.LessThanOrEqualTo(2));
            Assert.That(w.std().ToDouble(), Is.EqualTo(0.8796).Within(1).Percent);
            nn.init.orthogonal_(w, 2);
            Assert.That(w.t().matmul(w).allclose(eye(300) * 4, atol: 1e-4));
            Assert.That(nn.init.constant_(w, 3).mean().ToDouble(), Is.EqualTo(3));
        });
    }

    [Test]
    public void Clipping_scales_the_total_norm()
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [nn.Parameter(zeros(3)), nn.Parameter(zeros(4)), nn.Parameter(zeros(1))];
        parameters[0].grad = full(3, 1f) * Math.Sqrt(3);
        parameters[1].grad = full(4, 2f);
        Assert.That(nn.utils.clip_grad_norm_(parameters, 1), Is.EqualTo(5).Within(1e-6));
        Assert.That(parameters[1].grad!.norm().ToDouble(), Is.EqualTo(0.8).Within(1e-6));
        nn.utils.clip_grad_value_(parameters, 0.1);
        Assert.That(parameters[0].grad!.max().ToDouble(), Is.EqualTo(0.1).Within(1e-6));
    }
}
