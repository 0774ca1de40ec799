using WorldModels.Environments;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.EnvironmentModel;

/// <summary>
/// Transitions of recorded episodes, laid out for training: frames as pixel classes and bytes, each transition pointing at the frame
/// it starts from (the next frame follows it).
/// </summary>
public sealed class Transitions
{
    private const int FrameSize = 3 * MiniPacmanMaze.Cells;
    private static readonly uint BatchStream = Philox.Stream("batch"), GroupStream = Philox.Stream("batch/group");
    private static readonly float[] FromByte = [.. Enumerable.Range(0, 256).Select(value => value / 255f)];

    private readonly byte[] _frames;    // (F, 3, 15, 19), 0..255
    private readonly byte[] _classes;   // (F, 15, 19)
    private readonly int[] _start;      // frame at which each transition starts
    private readonly int[] _first;      // first frame of its episode
    private readonly long[] _action;
    private readonly byte[] _reward;    // reward class
    private readonly Outcome[] _outcome;
    private readonly float[] _predictable;
    private readonly int[][] _groups;   // transitions by reward class, and those that end an episode

    public Transitions(IReadOnlyList<Episode> episodes)
    {
        int frames = episodes.Sum(episode => episode.Length + 1);
        Count = frames - episodes.Count;
        Episodes = episodes.Count;
        _frames = new byte[frames * FrameSize];
        _classes = new byte[frames * MiniPacmanMaze.Cells];
        (_start, _first, _action, _reward) = (new int[Count], new int[Count], new long[Count], new byte[Count]);
        (_outcome, _predictable) = (new Outcome[Count], new float[Count]);
        var image = new float[FrameSize];
        int frame = 0, transition = 0;
        foreach (Episode episode in episodes)
        {
            int first = frame;
            episode.Observations.CopyTo(_frames.AsSpan(frame * FrameSize));
            for (int t = 0; t <= episode.Length; t++, frame++)
            {
                Decode(frame, image);
                MiniPacmanPixels.Classify<byte>(image, _classes.AsSpan(frame * MiniPacmanMaze.Cells, MiniPacmanMaze.Cells));
                if (t == episode.Length)
                    continue;
                _start[transition] = frame;
                _first[transition] = first;
                _action[transition] = episode.Actions[t];
                _reward[transition] = episode.RewardClasses[t];
                _predictable[transition] = episode.Predictable[t];
                _outcome[transition++] = episode.Outcomes[t];
            }
        }
        int[] all = [.. Enumerable.Range(0, Count)];
        IEnumerable<int[]> rewards = all.GroupBy(i => (int)_reward[i]).OrderBy(group => group.Key).Select(group => group.ToArray());
        int[] ends = [.. all.Where(i => _outcome[i].HasFlag(EnvironmentModel.Outcome.Terminated))];
        _groups = [.. rewards.Append(ends).Where(group => group.Length > 0)];
    }

    /// <summary>Number of transitions.</summary>
    public int Count { get; }

    /// <summary>Number of episodes they are from; transitions of one episode are alike.</summary>
    public int Episodes { get; }

    /// <summary>Where a transition starts, as pixel classes (15 x 19).</summary>
    public ReadOnlySpan<byte> Classes(int transition) => ClassesOf(_start[transition]);

    /// <summary>Where it leads.</summary>
    public ReadOnlySpan<byte> NextClasses(int transition) => ClassesOf(_start[transition] + 1);

    public long Action(int transition) => _action[transition];
    public int Reward(int transition) => _reward[transition];
    public Outcome Outcome(int transition) => _outcome[transition];

    /// <summary>About the probability of the most likely next frame under the rules, the ghosts' directions known.</summary>
    public float Predictable(int transition) => _predictable[transition];

    /// <summary>The frame a transition starts from, (3, 15, 19) floats in 0..1.</summary>
    public void Frame(int transition, Span<float> image) => Decode(_start[transition], image);

    /// <summary>
    /// The last frames before a transition, the one it starts from the last, (count, 3, 15, 19); before an episode's first frame that frame
    /// is repeated.
    /// </summary>
    public void Frames(int transition, int count, Span<float> images)
    {
        for (int i = 0; i < count; i++)
            Decode(Math.Max(_first[transition], _start[transition] - (count - 1 - i)), images.Slice(i * FrameSize, FrameSize));
    }

    /// <summary>Whether the transition <paramref name="steps"/> later belongs to the same episode.</summary>
    public bool Continues(int transition, int steps) =>
        transition + steps < Count && _start[transition + steps] == _start[transition] + steps;

    /// <summary>
    /// The transition that row <paramref name="row"/> of update <paramref name="update"/> learns from, a function of the seed alone: drawn
    /// from all, or, if <paramref name="balanced"/>, from a group (a reward class, or the ends of episodes) drawn first, so that rare
    /// events are seen.
    /// </summary>
    public int Sample(long seed, long update, int row, bool balanced)
    {
        var key = new NoiseKey((ulong)seed, (uint)row, (uint)update, BatchStream);
        if (!balanced)
            return Philox.NextInt(key, Count);
        int[] group = _groups[Philox.NextInt(key with { Stream = GroupStream }, _groups.Length)];
        return group[Philox.NextInt(key, group.Length)];
    }

    private ReadOnlySpan<byte> ClassesOf(int frame) => _classes.AsSpan(frame * MiniPacmanMaze.Cells, MiniPacmanMaze.Cells);

    private void Decode(int frame, Span<float> image)
    {
        ReadOnlySpan<byte> bytes = _frames.AsSpan(frame * FrameSize, FrameSize);
        for (int i = 0; i < bytes.Length; i++)
            image[i] = FromByte[bytes[i]];
    }
}
