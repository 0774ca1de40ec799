namespace WorldModels.Models;

/// <summary>What a world says follows, for N rollouts.</summary>
/// <param name="Frame">The next frame, (N, 3, H, W).</param>
/// <param name="Reward">The probability of each reward class, one-hot where the world is sure, (N, R).</param>
/// <param name="Continue">The probability that the episode goes on, (N).</param>
public readonly record struct ImaginedStep<T>(T Frame, T Reward, T Continue) where T : ITensor<T>;

/// <summary>A world to imagine in: a learned model, or what stands in for one in a control experiment.</summary>
public interface IImaginedWorld<T> where T : ITensor<T>
{
    /// <summary>One step of N rollouts from frames (N, 3k, H, W), oldest first, by actions (N) Int64.</summary>
    ImaginedStep<T> Step(T frames, T action);
}

/// <summary>How a learned world shows what it expects.</summary>
public enum ImaginedFrames
{
    /// <summary>The most likely colour of each cell and the most likely reward.</summary>
    Hard,

    /// <summary>The expected colour of each cell and the probabilities of the rewards: doubt stays visible.</summary>
    Soft,
}

/// <summary>The world as an environment model predicts it. No gradient flows into the model.</summary>
public sealed class LearnedWorld<T>(EnvironmentModel<T> model, ImaginedFrames frames, bool termination) : IImaginedWorld<T>
    where T : ITensor<T>
{
    public ImaginedStep<T> Step(T frames, T action) => Read(model.Predict(frames, action));

    /// <summary>What a prediction shows.</summary>
    public ImaginedStep<T> Read(Prediction<T> prediction)
    {
        bool hard = frames == ImaginedFrames.Hard;
        return new(
            (hard ? model.Frame(prediction) : model.SoftFrame(prediction)).Detach(),
            (hard ? model.RewardOneHot(prediction) : model.RewardProbabilities(prediction)).Detach(),
            termination ? model.Continue(prediction).Detach() : prediction.Reward.RowZeros().Reshape(Axis.Keep) + 1);
    }
}

/// <summary>
/// The copy model (Weber et al. 2017, section 5.1): the frame stays, nothing is gained, the episode goes on. An agent that imagines with
/// it has all the parameters of one that does not, and no information.
/// </summary>
/// <param name="nothing">One-hot of the reward class of a step in which nothing happens, (1, R).</param>
public sealed class CopiedWorld<T>(T nothing) : IImaginedWorld<T> where T : ITensor<T>
{
    public ImaginedStep<T> Step(T frames, T action)
    {
        T zeros = frames.RowZeros();                                            // (N, 1)
        return new(frames.Slice(1, -3, int.MaxValue), nothing + zeros, zeros.Reshape(Axis.Keep) + 1);
    }
}

/// <summary>
/// Rolls a world forward from where an agent stands, once for every first action (Weber et al. 2017, section 3.1). What follows the first
/// action is chosen by the rollout policy on imagined frames.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="policy">The rollout policy; not needed at depth 1.</param>
/// <param name="firstActions">The numbers 0 .. A-1 as floats, (1, A).</param>
/// <param name="depth">Steps of each rollout, D.</param>
public sealed class ImaginationCore<T>(IImaginedWorld<T> world, ActorCritic<T>? policy, T firstActions, int depth) where T : ITensor<T>
{
    /// <summary>
    /// Frames (B, 3k, H, W), oldest first, and Gumbel noise (B, A, D-1, A) to D steps of B A rollouts. Row b A + a is the rollout of row b
    /// that begins with action a.
    /// </summary>
    public IReadOnlyList<ImaginedStep<T>> Imagine(T frames, T? noise)
    {
        (int actions, int channels, int rows, int columns) = (firstActions.Size(1), frames.Size(1), frames.Size(2), frames.Size(3));
        T action = (firstActions + frames.RowZeros()).Cast(DType.Int64).Reshape(Axis.Rest);             // (B A)
        T now = frames.Reshape(Axis.Keep, 1, channels * rows, columns)
            .Expand(Axis.Keep, actions, Axis.Keep, Axis.Keep)
            .Reshape(Axis.Rest, channels, rows, columns);                                               // (B A, 3k, H, W)
        ImaginedStep<T>[] steps = new ImaginedStep<T>[depth];
        for (int d = 0; ; d++)
        {
            steps[d] = world.Step(now, action);
            if (d == depth - 1)
                return steps;
            now = FrameStack.Push(now, steps[d].Frame);
            T gumbel = noise!.Slice(2, d, d + 1).Reshape(Axis.Rest, actions);                           // (B A, A)
            action = policy!.Forward(now).Logits.SampleCategorical(gumbel);                             // (B A)
        }
    }
}
