namespace WorldModels.Pictures;

/// <summary>Values of one metric along a run.</summary>
public sealed class MetricSeries
{
    /// <summary>Takes steps and the values measured there.</summary>
    /// <exception cref="ArgumentException">None, not as many of both, or the steps do not ascend.</exception>
    public MetricSeries(IReadOnlyList<double> steps, IReadOnlyList<double> values)
    {
        if (steps.Count == 0 || steps.Count != values.Count)
            throw new ArgumentException($"Expected as many values as steps, and some; found {steps.Count} steps, {values.Count} values.");
        for (int i = 1; i < steps.Count; i++)
        {
            if (steps[i] <= steps[i - 1])
                throw new ArgumentException($"Steps ascend; found {steps[i]} after {steps[i - 1]}.");
        }

        (Steps, Values) = (steps, values);
    }

    /// <summary>Where it was measured, ascending; at least one.</summary>
    public IReadOnlyList<double> Steps { get; }

    /// <summary>What was measured there.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>The first step.</summary>
    public double First => Steps[0];

    /// <summary>The last step.</summary>
    public double Last => Steps[^1];

    /// <summary>The value at a step between the first and the last one, on the straight line between its neighbours.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is outside: nothing was measured there.</exception>
    public double At(double step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, Last);
        int low = 0, high = Steps.Count - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (Steps[middle] <= step)
                low = middle;
            else
                high = middle;
        }
        if (step == Steps[high])
            return Values[high];
        return Values[low] + (Values[high] - Values[low]) * (step - Steps[low]) / (Steps[high] - Steps[low]);
    }

    /// <summary>What was measured up to a step, or null if that is nothing.</summary>
    public MetricSeries? Until(double step)
    {
        int count = Steps.TakeWhile(at => at <= step).Count();
        return count == 0 ? null : count == Steps.Count ? this : new([.. Steps.Take(count)], [.. Values.Take(count)]);
    }

    /// <summary>Means of neighbours, as many each that no more than <paramref name="most"/> points remain.</summary>
    public MetricSeries Thin(int most)
    {
        int size = (Steps.Count + most - 1) / most;
        return size == 1
            ? this
            : new([.. Steps.Chunk(size).Select(part => part.Average())], [.. Values.Chunk(size).Select(part => part.Average())]);
    }
}
