using WorldModels.Train;

namespace WorldModels.Tests.Evolution;

/// <summary>The evolution strategy on Hansen's functions, in 10 dimensions down to 1e-9.</summary>
public sealed class CmaEsTests
{
    private const int Size = 10, Seeds = 10, Enough = 8;
    private const double Target = 1e-9;

    private static readonly double[,] Rotation = RandomRotation();

    [TestCase(nameof(Sphere), 2_500)]
    [TestCase(nameof(Ellipsoid), 10_000)]
    [TestCase(nameof(Rosenbrock), 12_000)]
    public void FindsTheMinimum(string function, int most)
    {
        int[] evaluations = [.. Enumerable.Range(0, Seeds).Select(seed => EvaluationsOf(Function(function), (ulong)seed))];
        TestContext.Out.WriteLine(string.Join(" ", evaluations));
        Assert.That(evaluations.Count(count => count <= most), Is.GreaterThanOrEqualTo(Enough), string.Join(", ", evaluations));
    }

    [Test]
    public void ARotationCostsTheFullFormNothingAndTheSeparableOneMuch()
    {
        double axes = Median(Ellipsoid, CovarianceForm.Full), rotated = Median(RotatedEllipsoid, CovarianceForm.Full);
        double separable = Median(RotatedEllipsoid, CovarianceForm.Separable, most: (int)(4 * rotated));
        TestContext.Out.WriteLine($"{axes} {rotated} {separable}");
        Assert.That(rotated, Is.LessThanOrEqualTo(1.2 * axes));
        Assert.That(separable, Is.GreaterThanOrEqualTo(3 * rotated));
    }

    [Test]
    public void TheSeparableFormIsFasterAlongTheAxes() =>
        Assert.That(Median(Ellipsoid, CovarianceForm.Separable), Is.LessThan(Median(Ellipsoid, CovarianceForm.Full)));

    /// <summary>Hundreds of local minima: a larger population each time until the global one is found.</summary>
    [Test]
    public void RestartsFindWhatOneSearchDoesNot()
    {
        double[] start = [.. Enumerable.Repeat(3.0, 5)];
        using CmaEs search = new(new(2, Seed: 1), start);
        double best = double.PositiveInfinity;
        int first = search.Population;
        while (best > Target && search.Restarts < 6)
        {
            double[] costs = [.. search.Ask().Select(Rastrigin)];
            best = Math.Min(best, costs.Min());
            search.Tell(costs);
            if (best > Target && search.HasConverged)
                search.Restart(start);
        }
        Assert.That(best, Is.LessThanOrEqualTo(Target));
        Assert.That(search.Restarts, Is.Positive);
        Assert.That(search.Population, Is.EqualTo(first << search.Restarts));
    }

    [Test]
    public void AStoredSearchGoesOnAsItWouldHave([Values] CovarianceForm form)
    {
        double[] start = [.. Enumerable.Repeat(1.0, Size)];
        using CmaEs whole = new(new(0.5, Form: form, Seed: 3), start), resumed = new(new(0.5, Form: form, Seed: 3), start);
        Generations(whole, 30);
        whole.Ask();        // asked for when it is killed, and again afterwards
        using MemoryStream stream = new();
        using (BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true))
            whole.Save(writer);
        stream.Position = 0;
        using (BinaryReader reader = new(stream))
            resumed.Restore(reader);
        Generations(whole, 30);
        Generations(resumed, 30);
        Assert.That(resumed.Mean, Is.EqualTo(whole.Mean));
        Assert.That(resumed.Spread, Is.EqualTo(whole.Spread));
        Assert.That(resumed.Sigma, Is.EqualTo(whole.Sigma));
        Assert.That(resumed.Ask(), Is.EqualTo(whole.Ask()));
    }

    [Test]
    public void WhatIsNoNumberCountsAsWorst()
    {
        using CmaEs search = new(new(1), [5, 5]);
        for (int generation = 0; generation < 60; generation++)
            search.Tell([.. search.Ask().Select(x => x[0] < 0 ? double.NaN : Sphere(x))]);
        Assert.That(search.Mean[0], Is.InRange(-0.1, 0.1));
        Assert.That(() => search.Tell([1]), Throws.InvalidOperationException.With.Message.Contains("Ask"));
    }

    /// <summary>
    /// Costs that no longer differ end a search, whatever is no number among them; no more of them are kept than that takes.
    /// </summary>
    [Test]
    public void AFlatFunctionHasNothingToFind()
    {
        using CmaEs search = new(new(1, Population: 6), [5, 5]);
        int generations = 0;
        for (; !search.HasConverged && generations < 100; generations++)
            search.Tell([.. search.Ask().Select((_, i) => i == generations % 6 ? double.NaN : 1)]);
        Assert.That(generations, Is.EqualTo(10 + 30 * 2 / 6));
        long stored = Stored(search);
        Generations(search, 5);
        Assert.That(search.HasConverged, Is.False);
        Assert.That(Stored(search), Is.EqualTo(stored));

        static long Stored(CmaEs search)
        {
            using MemoryStream stream = new();
            using BinaryWriter writer = new(stream);
            search.Save(writer);
            writer.Flush();
            return stream.Length;
        }
    }

    private static void Generations(CmaEs search, int count)
    {
        for (int i = 0; i < count; i++)
            search.Tell([.. search.Ask().Select(Rosenbrock)]);
    }

    private static double Median(Func<double[], double> function, CovarianceForm form, int most = 40_000) => Enumerable.Range(0, Seeds)
        .Select(seed => (double)EvaluationsOf(function, (ulong)seed, form, most)).Order().Skip(Seeds / 2).First();

    /// <summary>Evaluations until the target is reached, at least <paramref name="most"/> where it is not.</summary>
    private static int EvaluationsOf(
        Func<double[], double> function, ulong seed, CovarianceForm form = CovarianceForm.Full, int most = 20_000)
    {
        double first = function == Rosenbrock ? 0 : 1;
        using CmaEs search = new(new(0.5, Form: form, Seed: seed), [.. Enumerable.Repeat(first, Size)]);
        int evaluations = 0;
        while (evaluations < most)
        {
            double[] costs = [.. search.Ask().Select(function)];
            evaluations += costs.Length;
            if (costs.Min() <= Target)
                break;
            search.Tell(costs);
        }
        return evaluations;
    }

    private static Func<double[], double> Function(string name) => name switch
    {
        nameof(Sphere) => Sphere,
        nameof(Ellipsoid) => Ellipsoid,
        _ => Rosenbrock,
    };

    private static double Sphere(double[] x) => x.Sum(v => v * v);

    private static double Ellipsoid(double[] x) => x.Select((v, i) => Math.Pow(1e6, i / (x.Length - 1.0)) * v * v).Sum();

    private static double RotatedEllipsoid(double[] x) =>
        Ellipsoid([.. Enumerable.Range(0, Size).Select(i => Enumerable.Range(0, Size).Sum(j => Rotation[i, j] * x[j]))]);

    private static double Rosenbrock(double[] x) =>
        Enumerable.Range(0, x.Length - 1).Sum(i => 100 * Math.Pow(x[i] * x[i] - x[i + 1], 2) + Math.Pow(x[i] - 1, 2));

    private static double Rastrigin(double[] x) => x.Sum(v => v * v + 10 * (1 - Math.Cos(2 * Math.PI * v)));

    /// <summary>Orthonormal rows: random ones, each without its share of those before (Gram and Schmidt).</summary>
    private static double[,] RandomRotation()
    {
        Random random = new(7);
        double[,] rows = new double[Size, Size];
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
                rows[i, j] = random.NextDouble() - 0.5;
            for (int before = 0; before <= i; before++)
            {
                double product = Enumerable.Range(0, Size).Sum(j => rows[i, j] * rows[before, j]);
                for (int j = 0; j < Size; j++)
                    rows[i, j] = before == i ? rows[i, j] / Math.Sqrt(product) : rows[i, j] - product * rows[before, j];
            }
        }
        return rows;
    }
}
