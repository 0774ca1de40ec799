using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

public sealed class CrossEntropyMethodTests : BundleFixture
{
    [Test]
    public void FindsTheOptimumOfAQuadratic()
    {
        // A target for every row, time and number of the action.
        const int Rows = 3, Size = 2;
        PlannerSpec spec = new PlannerSpec { Horizon = 4 };
        float[] target = [.. Enumerable.Range(0, spec.Horizon * Rows * Size).Select(i => 0.8f * MathF.Sin(2.3f * i))];
        CrossEntropyMethod search = new CrossEntropyMethod(spec, Rows, Size);
        float[] first = search.Plan(seed: 1, step: 0, (actions, returns) => Quadratic(search, target, actions, returns)).ToArray();
        Assert.That(search.Mean.ToArray(), Is.EqualTo(target).Within(0.02));
        Assert.That(first, Is.EqualTo(search.Mean[..(Rows * Size)].ToArray()));
    }

    [Test]
    public void FindsTheBoundWhereMoreIsAlwaysBetter()
    {
        CrossEntropyMethod search = new CrossEntropyMethod(new() { Horizon = 2 }, batch: 1, actionSize: 1);
        search.Plan(1, 0, (actions, returns) =>
        {
            for (int n = 0; n < returns.Length; n++)
                returns[n] = actions[n] - actions[returns.Length + n];
        });
        Assert.That(search.Mean.ToArray(), Is.EqualTo(new[] { 1f, -1 }).Within(1e-3));
    }

    /// <summary>Position and speed pushed by a force at quadratic costs: the optimum comes from Riccati's recursion.</summary>
    [Test]
    public void FindsTheOptimumOfALinearQuadraticProblem()
    {
        const int Horizon = 8;
        const double Step = 0.3, Effort = 0.5;
        (double X, double V)[] starts = [(0.5, 0), (-0.3, 0.4)];
        // Cost to go is the quadratic form (p, q; q, r) of (x, v), from the last step backwards; the action is -(k, l) (x, v).
        (double K, double L)[] gains = new (double K, double L)[Horizon];
        double p = 0, q = 0, r = 0;
        for (int t = Horizon - 1; t >= 0; t--)
        {
            (double a, double b, double c) = (p + 1, q, r + 1); // The state arrived at costs x^2 + v^2.
            double curvature = Effort + Step * Step * c;
            (double k, double l) = (Step * b / curvature, Step * (Step * b + c) / curvature);
            gains[t] = (k, l);
            // A = (1, s; 0, 1): A'QA, less what acting saves.
            (p, q, r) = (a - curvature * k * k, Step * a + b - curvature * k * l,
                Step * (Step * a + b) + Step * b + c - curvature * l * l);
        }

        CrossEntropyMethod search = new CrossEntropyMethod(new() { Horizon = Horizon }, starts.Length, 1);
        search.Plan(4, 0, (actions, returns) =>
        {
            double[] plan = new double[Horizon];
            for (int i = 0; i < returns.Length; i++)
            {
                for (int t = 0; t < Horizon; t++)
                    plan[t] = actions[t * returns.Length + i];
                returns[i] = (float)-Cost(starts[i * starts.Length / returns.Length], (t, _, _) => plan[t]);
            }
        });
        for (int row = 0; row < starts.Length; row++)
        {
            (double x, double v) = starts[row];
            double optimum = p * x * x + 2 * q * x * v + r * v * v;
            double regulated = Cost(starts[row], (t, x, v) => -(gains[t].K * x + gains[t].L * v));
            Assert.That(regulated, Is.EqualTo(optimum).Within(1e-9), "the recursion is right");
            float[] plan = [.. Enumerable.Range(0, Horizon).Select(t => search.Mean[t * starts.Length + row])];
            Assert.That(Cost(starts[row], (t, _, _) => plan[t]), Is.EqualTo(optimum).Within(0.002 * optimum));
            Assert.That(plan[0], Is.EqualTo(-(gains[0].K * x + gains[0].L * v)).Within(0.03));
        }

        static double Cost((double X, double V) state, Func<int, double, double, double> policy)
        {
            double cost = 0;
            (double x, double v) = state;
            for (int t = 0; t < Horizon; t++)
            {
                double u = policy(t, x, v);
                (x, v) = (x + Step * v, v + Step * u);
                cost += x * x + v * v + Effort * u * u;
            }
            return cost;
        }
    }

    [Test]
    public void ARowPlansTheSameAloneAndInABatch()
    {
        PlannerSpec spec = new PlannerSpec { Horizon = 3, Candidates = 50, Elites = 5, Iterations = 4 };
        (CrossEntropyMethod one, CrossEntropyMethod many) = (new CrossEntropyMethod(spec, 1, 2), new CrossEntropyMethod(spec, 4, 2));
        float[] target = [.. Enumerable.Range(0, 24).Select(i => MathF.Sin(i))];
        float[] own = [.. target[..2], .. target[8..10], .. target[16..18]];
        float[] alone = one.Plan(7, 3, (a, r) => Quadratic(one, own, a, r)).ToArray();
        float[] together = many.Plan(7, 3, (a, r) => Quadratic(many, target, a, r)).ToArray();
        Assert.That(together[..2], Is.EqualTo(alone));
        Assert.That(many.Mean[16..18].ToArray(), Is.EqualTo(one.Mean[4..].ToArray()));
        float[] again = many.Plan(7, 3, (a, r) => Quadratic(many, new float[24], a, r)).ToArray();
        Assert.That(again[2..4], Is.Not.EqualTo(again[..2]), "rows of one problem have candidates of their own");
    }

    [Test]
    public void SeedsAndStepsDifferAndRepeat()
    {
        CrossEntropyMethod search = new CrossEntropyMethod(new() { Horizon = 2, Candidates = 30, Elites = 3, Iterations = 2 }, 2, 1);
        float[] Plan(ulong seed, uint step) => search.Plan(seed, step, (a, r) => Quadratic(search, new float[4], a, r)).ToArray();
        float[] first = Plan(1, 0);
        Assert.That(Plan(2, 0), Is.Not.EqualTo(first));
        Assert.That(Plan(1, 1), Is.Not.EqualTo(first));
        Assert.That(Plan(1, 0), Is.EqualTo(first));
        Assert.That(Plan(1, uint.MaxValue), Is.Not.EqualTo(first), "no number is too large");
    }

    [Test]
    public void NoElitesAreNaN()
    {
        CrossEntropyMethod search = new CrossEntropyMethod(new() { Horizon = 1, Candidates = 60, Elites = 40, Iterations = 6 }, 2, 1);
        search.Plan(1, 0, (actions, returns) =>
        {
            // Row 0 knows the returns of negative actions only; in row 1 most are endlessly bad.
            for (int n = 0; n < 60; n++)
                returns[n] = actions[n] < 0 ? -MathF.Abs(actions[n] + 0.2f) : float.NaN;
            for (int n = 60; n < 120; n++)
                returns[n] = actions[n] > 0.3f ? 0 : float.NegativeInfinity;
        });
        Assert.That(search.Mean[0], Is.EqualTo(-0.2f).Within(0.1));
        Assert.That(search.Mean[1], Is.GreaterThan(0.3f));
        Refused(() => search.Plan(1, 0, (_, returns) =>
        {
            returns.Clear();
            returns[60..].Fill(float.NaN);
        }), "Row 1: the predicted return of every candidate is NaN (iteration 0)");
    }

    [Test]
    public void OfEqualReturnsTheFirstIsTheBetter()
    {
        CrossEntropyMethod search = new CrossEntropyMethod(new() { Horizon = 1, Candidates = 8, Elites = 2, Iterations = 1 }, 1, 1);
        float[] seen = [];
        search.Plan(5, 0, (actions, returns) =>
        {
            seen = actions.ToArray();
            for (int n = 0; n < 8; n++)
                returns[n] = n == 0 ? -1 : n % 2 == 0 ? 0f : -0f;
        });
        Assert.That(search.Mean[0], Is.EqualTo((seen[1] + seen[2]) / 2).Within(1e-6));
    }

    [Test]
    public void AllocatesNothing()
    {
        CrossEntropyMethod search = new CrossEntropyMethod(new() { Candidates = 50, Elites = 5 }, 2, 3);
        EvaluateActions evaluate = static (actions, returns) =>
        {
            for (int n = 0; n < returns.Length; n++)
                returns[n] = actions[n];
        };
        search.Plan(0, 0, evaluate);
        Assert.That(Allocations.EachTime(() =>
        {
            for (uint step = 1; step < 10; step++)
                search.Plan(0, step, evaluate);
        }), Is.Zero);
    }

    /// <summary>What a deadline cuts short is the plan of the iterations that were done, one at least.</summary>
    [TestCase(1, 1)]
    [TestCase(10_000, 3)]
    public void ADeadlineCutsThePlanShort(int milliseconds, int iterations)
    {
        PlannerSpec spec = new() { Horizon = 2, Candidates = 16, Elites = 4, Iterations = 3 };
        CrossEntropyMethod search = new(spec, 1, 1), whole = new(spec with { Iterations = iterations }, 1, 1);
        float[] plan = search.Plan(7, 0, Slow, TimeSpan.FromMilliseconds(milliseconds)).ToArray();
        Assert.That(search.Iterations, Is.EqualTo(iterations));
        Assert.That(plan, Is.EqualTo(whole.Plan(7, 0, Slow).ToArray()));

        static void Slow(ReadOnlySpan<float> actions, Span<float> returns)
        {
            Thread.Sleep(2);
            actions[..returns.Length].CopyTo(returns);
        }
    }

    [Test]
    public void RefusesNumbersThatContradictEachOther()
    {
        Refused(() => _ = new CrossEntropyMethod(new() { Elites = 2000, Horizon = 0 }, 1, 1), "The plan: 2 problems",
            "horizon must be at least 1, found 0", "elites must be from 1 to the 1000 candidates, found 2000");
        Refused(() => _ = new CrossEntropyMethod(new(), 100_000, 6), "The plan: horizon 12, batch 100000",
            $"use a batch of at most {Array.MaxLength / 72_000}");
        Refused(() => _ = new CrossEntropyMethod(new() { Horizon = int.MaxValue, Candidates = int.MaxValue }, int.MaxValue, 1),
            "use fewer candidates or a shorter horizon");
    }

    /// <summary>The negative squared distance from a target (H, B, A).</summary>
    private static void Quadratic(CrossEntropyMethod search, float[] target, ReadOnlySpan<float> actions, Span<float> returns)
    {
        returns.Clear();
        int candidates = search.Spec.Candidates, size = search.ActionSize;
        for (int i = 0; i < actions.Length; i++)
        {
            int row = i / size, time = row / returns.Length, candidate = row % returns.Length;
            float distance = actions[i] - target[(time * search.Batch + candidate / candidates) * size + i % size];
            returns[candidate] -= distance * distance;
        }
    }
}
