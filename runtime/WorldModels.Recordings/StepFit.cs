using System.Globalization;
using MathNet.Numerics.LinearAlgebra;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// How well one step of a recording is explained by linear least squares, if its actions or rewards are read as they stand, and if they are
/// moved by one step. The wrong way leaves more unexplained, unless the policy's own actions tell what happens.
/// </summary>
internal static class StepFit
{
    private const int MostSteps = 10_000, MostNumbers = 64;
    private const double Ridge = 1e-6;

    private sealed record Step(float[] From, float[] Led, float[] Before, float[] To, float Reward, float Earlier);

    /// <summary>What it means for observations: the number that tells most between <c>action[t]</c> and <c>action[t-1]</c>.</summary>
    public static string OfActions(Recording recording)
    {
        int[] moving = Moving(recording);
        List<Step> steps = Steps(recording, moving);
        double[][] changes = [.. steps.Select(step => step.To.Zip(step.From, (to, from) => (double)to - from).ToArray())];
        double[] asRead = Unexplained(steps, step => [.. step.From, .. step.Led], changes);
        double[] moved = Unexplained(steps, step => [.. step.From, .. step.Before], changes);
        if (asRead.Length == 0)
            return TooShort;
        int most = Enumerable.Range(0, moving.Length).MaxBy(i => Math.Abs(asRead[i] - moved[i]));
        return Said($"changes of {recording.ObservationName(moving[most])}", asRead[most], moved[most]);
    }

    /// <summary>What it means for rewards.</summary>
    public static string OfRewards(Recording recording)
    {
        List<Step> steps = Steps(recording, Moving(recording));
        double[] asRead = Unexplained(steps, Whole, [.. steps.Select(step => (double[])[step.Reward])]);
        double[] moved = Unexplained(steps, Whole, [.. steps.Select(step => (double[])[step.Earlier])]);
        return asRead.Length == 0 ? TooShort : Said("rewards", asRead[0], moved[0]);

        static float[] Whole(Step step) => [.. step.From, .. step.To, .. step.To.Select(x => x * x)];
    }

    private const string TooShort = "There are too few steps to tell.";

    private static string Said(string what, double asRead, double moved) => string.Create(CultureInfo.InvariantCulture,
        $"A linear fit of one step leaves {asRead:P1} of the {what} unexplained as it is read, {moved:P1} if they are moved.");

    private static int[] Moving(Recording recording) =>
        [.. Enumerable.Range(0, recording.Spec.Observation).Where(i => !recording.Observations.IsConstant(i)).Take(MostNumbers)];

    private static List<Step> Steps(Recording recording, int[] numbers)
    {
        List<Step> steps = [];
        float[] whole = new float[recording.Spec.Observation];
        foreach (Episode episode in recording.Episodes)
        {
            for (int record = 2; record < episode.Records && steps.Count < MostSteps; record++)
            {
                steps.Add(new(Seen(record - 1), Vector(record), Vector(record - 1), Seen(record), episode.Rewards[record],
                    episode.Rewards[record - 1]));
            }

            float[] Seen(int record)
            {
                episode.CopyObservation(record, whole);
                return Array.ConvertAll(numbers, i => whole[i]);
            }

            float[] Vector(int record)
            {
                ActionSpec space = recording.Spec.Action;
                if (space.Kind == ActionKind.Continuous)
                    return [.. episode.Actions.As<float>().Slice(record * space.Size, space.Size)];
                float[] chosen = new float[space.Count!.Value];
                chosen[episode.Actions.As<long>()[record]] = 1;
                return chosen;
            }
        }
        return steps;
    }

    /// <summary>The share of each target's variance that a fit leaves; empty where there are too few steps for so many numbers.</summary>
    private static double[] Unexplained(List<Step> steps, Func<Step, float[]> seen, double[][] targets)
    {
        double[][] rows = [.. steps.Select(step => Array.ConvertAll(seen(step), value => (double)value))];
        if (steps.Count < 100 || rows[0].Length * 10 > steps.Count)
            return [];
        Matrix<double> x = Standard(Matrix<double>.Build.DenseOfRowArrays(rows)), y = Standard(Matrix<double>.Build.DenseOfRowArrays(targets));
        Matrix<double> products = x.TransposeThisAndMultiply(x) + Matrix<double>.Build.DiagonalIdentity(x.ColumnCount) * (Ridge * steps.Count);
        Matrix<double> left = y - x * products.Cholesky().Solve(x.TransposeThisAndMultiply(y));
        return [.. left.EnumerateColumns().Select(column => column.DotProduct(column) / steps.Count)];
    }

    /// <summary>Columns with mean 0 and deviation 1; constant ones are 0.</summary>
    private static Matrix<double> Standard(Matrix<double> values)
    {
        for (int i = 0; i < values.ColumnCount; i++)
        {
            Vector<double> column = values.Column(i) - values.Column(i).Average();
            double deviation = Math.Sqrt(column.DotProduct(column) / column.Count);
            values.SetColumn(i, deviation == 0 ? column : column / deviation);
        }
        return values;
    }
}
