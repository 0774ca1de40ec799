using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>Transitions of recorded games of MiniPacman as training reads them: each leads from a frame to the next one.</summary>
public sealed class Transitions
{
    private const int FrameSize = 3 * MiniPacmanMaze.Cells;
    private const string PixelClass = "pixel_class";    // (N + 1, 15, 19) uint8, beside the frames

    private readonly TransitionSampler _steps;

    /// <summary>Takes the games as the recorder made them; their frames are not copied.</summary>
    public Transitions(IReadOnlyList<Episode> games)
    {
        Episodes = games.Count;
        _steps = new([.. games.Select(game => game.With(PixelClass, Classify(game)))], balance: EpisodeRecorder.RewardClass);
    }

    /// <summary>Number of transitions.</summary>
    public int Count => _steps.Count;

    /// <summary>Number of episodes they are from; transitions of one episode are alike.</summary>
    public int Episodes { get; }

    /// <summary>Where a transition starts, as pixel classes (15, 19).</summary>
    public ReadOnlySpan<byte> Classes(int transition) => ClassesOf(transition, before: 1);

    /// <summary>Where it leads.</summary>
    public ReadOnlySpan<byte> NextClasses(int transition) => ClassesOf(transition, before: 0);

    /// <summary>The action taken.</summary>
    public long Action(int transition) => _steps.Value<long>(transition, EpisodeColumn.Action);

    /// <summary>Class of the reward.</summary>
    public int Reward(int transition) => _steps.Value<byte>(transition, EpisodeRecorder.RewardClass);

    /// <summary>Whether the game ended there.</summary>
    public bool Terminated(int transition) => _steps.Value<bool>(transition, EpisodeColumn.Terminated);

    /// <summary>Whether the frame it leads to is the first of a new level.</summary>
    public bool LevelUp(int transition) => _steps.Value<bool>(transition, EpisodeRecorder.LevelUp);

    /// <summary>About the probability of the most likely next frame under the rules, the ghosts' directions known.</summary>
    public float Predictable(int transition) => _steps.Value<float>(transition, EpisodeRecorder.Predictable);

    /// <summary>The frame a transition starts from, (3, 15, 19) floats in 0..1.</summary>
    public void Frame(int transition, Span<float> image) => Frames(transition, 1, image);

    /// <summary>
    /// The last frames before a transition, the one it starts from the last, (count, 3, 15, 19); before an episode's first frame that frame
    /// is repeated.
    /// </summary>
    public void Frames(int transition, int count, Span<float> images)
    {
        (Episode game, int record) = _steps[transition];
        for (int i = 0; i < count; i++)
            game.CopyObservation(Math.Max(0, record - (count - i)), images.Slice(i * FrameSize, FrameSize));
    }

    /// <summary>Whether the transition <paramref name="steps"/> later belongs to the same episode.</summary>
    public bool Continues(int transition, int steps) =>
        transition + steps < Count && _steps[transition + steps].Episode == _steps[transition].Episode;

    /// <summary>
    /// The transition that row <paramref name="row"/> of update <paramref name="update"/> learns from, a function of the seed alone: drawn
    /// from all, or, if <paramref name="balanced"/>, from a group (a reward class, or the ends of episodes) drawn first.
    /// </summary>
    public int Sample(long seed, long update, int row, bool balanced) => _steps.Sample((ulong)seed, update, row, balanced);

    private ReadOnlySpan<byte> ClassesOf(int transition, int before)
    {
        (Episode game, int record) = _steps[transition];
        return game[PixelClass].As<byte>().Slice((record - before) * MiniPacmanMaze.Cells, MiniPacmanMaze.Cells);
    }

    private static NpyArray Classify(Episode game)
    {
        NpyArray classes = NpyArray.Zeros(NpyType.UInt8, game.Records, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns);
        float[] frame = new float[FrameSize];
        for (int record = 0; record < game.Records; record++)
        {
            game.CopyObservation(record, frame);
            MiniPacmanPixels.Classify(frame, classes.As<byte>().Slice(record * MiniPacmanMaze.Cells, MiniPacmanMaze.Cells));
        }
        return classes;
    }
}
