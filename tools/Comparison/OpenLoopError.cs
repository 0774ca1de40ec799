using MathNet.Numerics.Statistics;

namespace WorldModels.Tools;

/// <summary>
/// How far dreams are from what came, at one distance: mean squares over episodes and numbers, each number of an observation in standard
/// deviations of the real ones (those that never change are left out), beside guesses that need no model. 1 is as good as the mean.
/// </summary>
/// <param name="Distance">Steps ahead.</param>
/// <param name="Episodes">Episodes that last that long.</param>
/// <param name="Model">Error of the mean of the dreams.</param>
/// <param name="OneDream">Error of single dreams, on average.</param>
/// <param name="Mean">Error of guessing the mean of all real observations.</param>
/// <param name="RepeatLast">Error of repeating the last observation of the context.</param>
/// <param name="KeepMoving">
/// Error of extrapolating the difference of the last two observations of the context; not a number if it has only one.
/// </param>
/// <param name="Reward">The first four for the reward on arrival, where it is predicted and not always the same.</param>
public sealed record OpenLoopError(
    int Distance, int Episodes, double Model, double OneDream, double Mean, double RepeatLast, double KeepMoving,
    (double Model, double OneDream, double Mean, double RepeatLast)? Reward)
{
    internal static OpenLoopError At(OpenLoopComparison comparison, int distance)
    {
        int first = 1 - comparison.Context, size = comparison.Episodes[0].Observations[0].Length;
        int[] all = [.. Enumerable.Range(0, comparison.Episodes.Count)];
        int[] reached = [.. all.Where(e => comparison.Real(e, distance) is not null)];
        int[] steps = [.. Enumerable.Range(first, 1 - first + comparison.Horizon)];
        double[][] numbers = Enumerable.Range(0, size)
            .Select(i => Errors((e, t) => comparison.Real(e, t)?[i], (e, dream) => comparison.Dreamed(e, dream, distance)[i]))
            .OfType<double[]>().ToArray();
        double Mean(int guess) => numbers.Length == 0 ? double.NaN : numbers.Average(errors => errors[guess]);
        double[]? reward = !comparison.HasRewards ? null : Errors(
            comparison.RealReward, (e, dream) => comparison.DreamedReward(e, dream, distance));
        return new(distance, reached.Length, Mean(0), Mean(1), Mean(2), Mean(3), Mean(4),
            reward is null ? null : (reward[0], reward[1], reward[2], reward[3]));

        // One number of real values (episode, step) and dreamed ones (episode, dream); null if the real ones never change.
        double[]? Errors(Func<int, int, float?> real, Func<int, int, float> dreamed)
        {
            double[] values = [.. all.SelectMany(e => steps.Select(t => (double?)real(e, t))).OfType<double>()];
            double average = values.Mean(), variance = values.PopulationVariance();
            if (variance <= 1e-12 * (1 + Square(average)))
                return null;
            double[] sums = new double[5];
            foreach (int e in reached)
            {
                double truth = real(e, distance)!.Value, last = real(e, 0) ?? double.NaN, earlier = real(e, -1) ?? double.NaN;
                double[] dreams = [.. Enumerable.Range(0, comparison.Dreams).Select(dream => (double)dreamed(e, dream))];
                sums[0] += Square(dreams.Average() - truth);
                sums[1] += dreams.Average(dream => Square(dream - truth));
                sums[2] += Square(average - truth);
                sums[3] += Square(last - truth);
                sums[4] += Square(last + distance * (last - earlier) - truth);
            }
            return [.. sums.Select(sum => sum / reached.Length / variance)];
        }

        static double Square(double value) => value * value;
    }
}
