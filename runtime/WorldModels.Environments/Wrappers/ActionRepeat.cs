namespace WorldModels.Environments;

/// <summary>
/// Gives every action several times and sums the rewards, as pixel-control papers do (Hafner et al. 2019, table 1). A step stops early
/// where the episode ends; time limits inside count inner steps.
/// </summary>
public sealed class ActionRepeat<TAction> : EnvironmentWrapper<TAction> where TAction : unmanaged
{
    /// <param name="inner">What is stepped.</param>
    /// <param name="repeat">Inner steps a step, at least 1.</param>
    public ActionRepeat(IEnvironment<TAction> inner, int repeat) : base(inner)
    {
        if (repeat < 1)
            throw new ArgumentOutOfRangeException(nameof(repeat), repeat, "An action is given at least once.");
        Repeat = repeat;
    }

    /// <summary>Inner steps a step.</summary>
    public int Repeat { get; }

    /// <summary>Inner steps taken so far.</summary>
    public long InnerSteps { get; private set; }

    public override StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation)
    {
        double reward = 0;
        StepResult result = default;
        for (int i = 0; i < Repeat && !result.Done; i++)
        {
            result = Inner.Step(action, observation);
            reward += result.Reward;
            InnerSteps++;
        }
        return result with { Reward = reward };
    }
}
