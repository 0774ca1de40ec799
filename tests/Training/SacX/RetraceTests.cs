using TorchSharp;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.SacX;

/// <summary>Retrace against its definition, summed step by step.</summary>
public sealed class RetraceTests
{
    private const int Length = 7, Rows = 5, Kinds = 3;

    /// <summary>Random windows: some end by a terminal step, some are shorter than the window, ratios on both sides of 1.</summary>
    [TestCase(1.0)]
    [TestCase(0.7)]
    [TestCase(0.0)]
    public void TargetsAreTheSumOfTrustedErrors(double lambda)
    {
        const double Gamma = 0.9;
        using DisposeScope scope = NewDisposeScope();
        Random random = new(3);
        double[,,] Numbers(double least, double most)
        {
            double[,,] numbers = new double[Length, Rows, Kinds];
            for (int i = 0; i < numbers.Length; i++)
                numbers[i / (Rows * Kinds), i / Kinds % Rows, i % Kinds] = least + (most - least) * random.NextDouble();
            return numbers;
        }
        (double[,,] q, double[,,] v, double[,,] r, double[,,] c) = (Numbers(-5, 5), Numbers(-5, 5), Numbers(-1, 1), Numbers(0, 2));
        int[] steps = [7, 7, 4, 1, 6];                              // steps of each row's window
        bool[] terminates = [false, true, true, false, false];      // whether its last step ended the episode
        Tensor discounts = full([Length, Rows, 1], Gamma), valid = ones(Length, Rows, 1);
        for (int row = 0; row < Rows; row++)
        {
            if (terminates[row])
                discounts[steps[row] - 1, row, 0] = 0;
            for (int t = steps[row]; t < Length; t++)
                valid[t, row, 0] = 0;
        }
        Tensor targets = Retrace.Targets(Of(q), Of(v), Of(r), discounts, Of(c), valid, lambda);
        for (int row = 0; row < Rows; row++)
        {
            for (int k = 0; k < Kinds; k++)
            {
                for (int t = 0; t < steps[row]; t++)
                {
                    double expected = q[t, row, k], trust = 1, far = 1;
                    for (int j = t; j < steps[row]; j++)
                    {
                        if (j > t)
                        {
                            trust *= lambda * Math.Min(1, c[j, row, k]);
                            far *= Gamma;
                        }
                        double goesOn = terminates[row] && j == steps[row] - 1 ? 0 : Gamma;
                        expected += far * trust * (r[j, row, k] + goesOn * v[j, row, k] - q[j, row, k]);
                    }
                    Assert.That(targets[t, row, k].item<float>(), Is.EqualTo(expected).Within(1e-4), $"{t}, {row}, {k}");
                }
            }
        }

        static Tensor Of(double[,,] numbers) =>
            tensor(numbers.Cast<double>().Select(value => (float)value).ToArray(), [Length, Rows, Kinds]);
    }
}
