using WorldModels.Runtime;

namespace WorldModels.Train.Algorithms;

/// <summary>A controller and the episodes by which it is judged: a piece of a generation's work.</summary>
/// <param name="Candidate">Its number in the generation.</param>
/// <param name="Episodes">Numbers of episodes, by which starts and noise are drawn.</param>
public sealed record ControllerJob(int Candidate, IReadOnlyList<uint> Episodes)
{
    /// <summary>The same episodes for every candidate.</summary>
    public static IReadOnlyList<ControllerJob> Of(int candidates, int episodes, uint first = 0)
    {
        uint[] numbers = [.. Enumerable.Range(0, episodes).Select(i => first + (uint)i)];
        return [.. Enumerable.Range(0, candidates).Select(i => new ControllerJob(i, numbers))];
    }
}

/// <summary>
/// Controllers tried out, many of them as one graph with a row's weights as an input. A list of jobs is done in as many batches as it
/// takes; what a job comes to is a function of the seed, the weights and the episodes, however many are done at a time.
/// </summary>
public sealed class ControllerTrials : IDisposable
{
    private readonly FeatureEnvironment _environment;
    private readonly Controller _controller;
    private readonly int _size;

    /// <param name="bundle">Folder of <see cref="ControllerDecision.OfMany"/>'s bundle.</param>
    /// <param name="environment">Where they are tried; disposed with this.</param>
    public ControllerTrials(string bundle, FeatureEnvironment environment)
    {
        _environment = environment;
        _controller = Controller.Load(bundle, new() { Batch = environment.Count });
        _size = _controller.Manifest.Graphs["act"].Inputs.Single(input => input.Name == ControllerDecision.Weights).RowSize;
    }

    /// <summary>Steps taken so far, over all rows whose episode counted.</summary>
    public long Steps { get; private set; }

    /// <summary>Returns and lengths of the jobs' episodes, in their order.</summary>
    /// <param name="seed">Of all that is drawn.</param>
    /// <param name="candidates">Weights of each, (N, W).</param>
    /// <param name="jobs">What is to be done.</param>
    public ReturnSample[] Play(ulong seed, IReadOnlyList<double[]> candidates, IReadOnlyList<ControllerJob> jobs)
    {
        (int Candidate, uint Episode)[] work = [.. jobs.SelectMany(job => job.Episodes.Select(episode => (job.Candidate, episode)))];
        (double[] returns, int[] lengths) = (new double[work.Length], new int[work.Length]);
        for (int start = 0; start < work.Length; start += _environment.Count)
        {
            int count = Math.Min(_environment.Count, work.Length - start);
            PlayOnce(seed, candidates, work.AsSpan(start, count), returns.AsSpan(start, count), lengths.AsSpan(start, count));
        }
        int last = 0;
        return [.. jobs.Select(job =>
        {
            Range own = last..(last += job.Episodes.Count);
            return new ReturnSample(returns[own], lengths[own]);
        })];
    }

    public void Dispose()
    {
        _controller.Dispose();
        _environment.Dispose();
    }

    /// <summary>Plays one episode in each row; rows that are left over repeat the last one's.</summary>
    private void PlayOnce(
        ulong seed, IReadOnlyList<double[]> candidates, ReadOnlySpan<(int Candidate, uint Episode)> work, Span<double> returns,
        Span<int> lengths)
    {
        int rows = _environment.Count;
        (uint[] episodes, float[] weights) = (new uint[rows], new float[rows * _size]);
        for (int row = 0; row < rows; row++)
        {
            (int candidate, episodes[row]) = work[Math.Min(row, work.Length - 1)];
            for (int i = 0; i < _size; i++)
                weights[row * _size + i] = (float)candidates[candidate][i];
        }
        _controller.Set(ControllerDecision.Weights, weights);
        float[] features = new float[rows * _environment.ObservationSpace.Size], actions = new float[rows * _environment.ActionSpace.Size];
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[rows], new bool[rows], new bool[rows]);
        bool[] over = new bool[rows];
        over.AsSpan(work.Length).Fill(true);
        _environment.Reset(seed, episodes, features);
        for (int left = work.Length; left > 0;)
        {
            _controller.Act(features, actions);
            _environment.Step(actions, features, rewards, terminated, truncated);
            for (int row = 0; row < work.Length; row++)
            {
                if (over[row])
                    continue;
                returns[row] += rewards[row];
                lengths[row]++;
                Steps++;
                over[row] = terminated[row] || truncated[row];
                left -= over[row] ? 1 : 0;
            }
        }
    }
}
