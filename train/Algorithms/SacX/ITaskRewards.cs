namespace WorldModels.Train.Algorithms;

/// <summary>The tasks that an environment's steps are rewarded for, the main one first.</summary>
public interface ITaskRewards
{
    /// <summary>Names, the main task's first.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>What a task's rewards are multiplied by to be in the environment's units.</summary>
    IReadOnlyList<float> Units { get; }

    /// <summary>Writes the rewards of a step.</summary>
    /// <param name="arrived">The observation on arrival, (O).</param>
    /// <param name="reward">The environment's own reward.</param>
    /// <param name="terminated">Whether the episode ended there, not by its time limit.</param>
    /// <param name="rewards">(K), written.</param>
    void Of(ReadOnlySpan<float> arrived, float reward, bool terminated, Span<float> rewards);
}
