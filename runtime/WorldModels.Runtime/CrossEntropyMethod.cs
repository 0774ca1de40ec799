using System.Diagnostics;
using WorldModels.Bundles;
namespace WorldModels.Runtime;

/// <summary>Predicts what sequences of actions are worth.</summary>
/// <param name="actions">(H, B * N, A) in [-1, 1]: candidate n of row b is b * N + n.</param>
/// <param name="returns">(B * N), each to be written; NaN where there is no prediction.</param>
public delegate void EvaluateActions(ReadOnlySpan<float> actions, Span<float> returns);

/// <summary>
/// The search of a model-predictive planner (Hafner et al. 2019, algorithm 2), for any model: each decision starts from mean 0 and
/// deviation 1; at each iteration it samples candidates, clips them to [-1, 1], has them evaluated, and fits mean and deviation
/// sqrt(variance + 1e-6) to the best. Rows are independent of each other. Planning allocates nothing. Use it from one thread at a time.
/// </summary>
/// <remarks>
/// The noise of candidate n of row b, in iteration i of decision s, for the action t steps ahead, is words n * A to n * A + A - 1 of
/// <see cref="Philox"/>'s key (seed, b, (s * iterations + i) * H + t, stream "plan"), Gaussian. So a row's plan depends on the seed, its
/// number, the decision's and its returns alone: not on the batch, nor on whose networks predict the returns. Of equal returns the
/// first is the better.
/// </remarks>
public sealed class CrossEntropyMethod
{
    private static readonly uint Stream = Philox.Stream("plan");

    private readonly float[] _actions;
    private readonly float[] _returns;
    private readonly float[] _mean;
    private readonly float[] _deviation;
    private readonly ulong[] _ranked;

    /// <summary>Allocates the search's memory.</summary>
    /// <param name="spec">Horizon, candidates, elites, iterations.</param>
    /// <param name="batch">B, rows planned side by side.</param>
    /// <param name="actionSize">A, numbers in one action.</param>
    /// <exception cref="BundleException">The numbers contradict each other, or take more memory than one array holds.</exception>
    public CrossEntropyMethod(PlannerSpec spec, int batch, int actionSize)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actionSize, 1);
        if (spec.Problems() is { Count: > 0 } problems)
            throw BundleException.Of("The plan", problems);
        (Spec, Batch, ActionSize) = (spec, batch, actionSize);
        Int128 row = (Int128)spec.Horizon * spec.Candidates * actionSize, most = Array.MaxLength / row;
        if (batch > most)
        {
            throw new BundleException($"The plan: horizon {spec.Horizon}, batch {batch}, {spec.Candidates} candidates and {actionSize} "
                + $"numbers in an action take {(double)row * batch * 4 / 1e9:0.0} GB in one array: "
                + (most > 0 ? $"use a batch of at most {most}." : "use fewer candidates or a shorter horizon."));
        }

        _actions = new float[(int)row * batch];
        _returns = new float[batch * spec.Candidates];
        _mean = new float[spec.Horizon * batch * actionSize];
        _deviation = new float[_mean.Length];
        _ranked = new ulong[spec.Candidates];
    }

    /// <summary>Horizon, candidates, elites, iterations.</summary>
    public PlannerSpec Spec { get; }

    /// <summary>B, rows planned side by side.</summary>
    public int Batch { get; }

    /// <summary>A, numbers in one action.</summary>
    public int ActionSize { get; }

    /// <summary>The last plan, (H, B, A) in [-1, 1]; overwritten by the next.</summary>
    public ReadOnlySpan<float> Mean => _mean;

    /// <summary>Iterations of the last plan: fewer than planned where its time was over.</summary>
    public int Iterations { get; private set; }

    /// <summary>Plans one decision of every row.</summary>
    /// <param name="seed">Determines the candidates, with the row and <paramref name="step"/>.</param>
    /// <param name="step">The decision's number, so that each has other candidates.</param>
    /// <param name="evaluate">Called once an iteration.</param>
    /// <param name="within">
    /// Time for it; null: as long as it takes. From the second on an iteration begins only if, as long as the slowest before, it ends in time.
    /// </param>
    /// <returns>The first action of each row's plan, (B, A) in [-1, 1]; overwritten by the next call.</returns>
    /// <exception cref="BundleException">Every return of a row was NaN. One NaN is never among the best.</exception>
    public ReadOnlySpan<float> Plan(ulong seed, uint step, EvaluateActions evaluate, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        TimeSpan slowest = TimeSpan.Zero;
        long begun = Stopwatch.GetTimestamp();
        Iterations = 0;
        _mean.AsSpan().Clear();
        _deviation.AsSpan().Fill(1);
        for (int iteration = 0; iteration < Spec.Iterations; iteration++)
        {
            TimeSpan before = Stopwatch.GetElapsedTime(begun);
            if (iteration > 0 && before + slowest > within)
                break;
            Sample(seed, NoiseStep(step, iteration));
            evaluate(_actions, _returns);
            for (int row = 0; row < Batch; row++)
                Fit(row, Rank(row, iteration));
            Iterations++;
            TimeSpan took = Stopwatch.GetElapsedTime(begun) - before;
            slowest = took > slowest ? took : slowest;
        }
        return _mean.AsSpan(0, Batch * ActionSize);
    }

    /// <summary>The noise's step of an iteration's first action; those of the others follow.</summary>
    internal uint NoiseStep(uint step, int iteration) => unchecked((step * (uint)Spec.Iterations + (uint)iteration) * (uint)Spec.Horizon);

    private void Sample(ulong seed, uint noiseStep)
    {
        int size = Spec.Candidates * ActionSize;
        for (int t = 0; t < Spec.Horizon; t++)
        {
            for (int row = 0; row < Batch; row++)
            {
                Span<float> candidates = _actions.AsSpan((t * Batch + row) * size, size);
                Philox.FillGaussian(new(seed, (uint)row, unchecked(noiseStep + (uint)t), Stream), candidates);
                Span<float> mean = _mean.AsSpan((t * Batch + row) * ActionSize, ActionSize);
                Span<float> deviation = _deviation.AsSpan((t * Batch + row) * ActionSize, ActionSize);
                for (int n = 0; n < candidates.Length; n += ActionSize)
                {
                    for (int a = 0; a < ActionSize; a++)
                        candidates[n + a] = Math.Clamp(mean[a] + deviation[a] * candidates[n + a], -1, 1);
                }
            }
        }
    }

    /// <summary>Orders a row's candidates, the best first, ties by number; returns how many are elites.</summary>
    private int Rank(int row, int iteration)
    {
        int unknown = 0;
        for (int n = 0; n < _ranked.Length; n++)
        {
            float value = _returns[row * _ranked.Length + n] + 0f; // Adding 0 makes -0 and 0 a tie.
            if (float.IsNaN(value))
                unknown++;
            _ranked[n] = ((ulong)Descending(value) << 32) | (uint)n;
        }
        if (unknown == _ranked.Length)
        {
            throw new BundleException($"Row {row}: the predicted return of every candidate is NaN (iteration {iteration}), so there is "
                + "nothing to choose by: look for NaN or infinity in the observations, the executed actions and the model's rewards.");
        }

        _ranked.AsSpan().Sort();
        return Math.Min(Spec.Elites, _ranked.Length - unknown);
    }

    /// <summary>A number that is smaller the larger the value is, and largest for NaN.</summary>
    private static uint Descending(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? uint.MaxValue : bits >> 31 == 0 ? ~(bits | 0x80000000) : bits;
    }

    private void Fit(int row, int elites)
    {
        int candidates = Spec.Candidates;
        for (int t = 0; t < Spec.Horizon; t++)
        {
            int first = (t * Batch + row) * ActionSize;
            for (int a = 0; a < ActionSize; a++)
            {
                double sum = 0, squares = 0;
                for (int i = 0; i < elites; i++)
                    sum += _actions[first * candidates + (int)(uint)_ranked[i] * ActionSize + a];
                double mean = sum / elites;
                for (int i = 0; i < elites; i++)
                {
                    double distance = _actions[first * candidates + (int)(uint)_ranked[i] * ActionSize + a] - mean;
                    squares += distance * distance;
                }
                _mean[first + a] = (float)mean;
                _deviation[first + a] = (float)Math.Sqrt(squares / elites + 1e-6);
            }
        }
    }
}
