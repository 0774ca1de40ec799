namespace WorldModels.Train.Algorithms;

/// <summary>What the main task is rewarded for.</summary>
public enum MainReward
{
    /// <summary>The environment's own reward, a tenth of it.</summary>
    Shaped,

    /// <summary>1 for coming to rest, nothing else (Riedmiller et al. 2018: main tasks are sparse).</summary>
    Sparse,
}

/// <summary>
/// The lander's tasks: to land, and five to play at, each worth 0 to 0.1 a step, and in a step that comes to rest what resting for ever is
/// worth (after the public pySACQ, whose last one reads speeds where it means the distance).
/// </summary>
/// <param name="main">What landing is rewarded with.</param>
/// <param name="gamma">Discount.</param>
/// <param name="auxiliary">Whether there are tasks to play at.</param>
/// <param name="permuted">Negative control: each auxiliary task has the next one's rewards.</param>
public sealed class LanderTasks(MainReward main, double gamma, bool auxiliary, bool permuted)
{
    /// <summary>What the environment gives for coming to rest.</summary>
    public const float Landed = 100;

    private const float Most = 0.1f, ShapedScale = 0.1f;
    private const int X = 0, Y = 1, SpeedX = 2, SpeedY = 3, Angle = 4, Spin = 5, LegA = 6, LegB = 7;

    /// <summary>What the tasks to play at are rewarded for, for people.</summary>
    public const string Described =
        "a step pays touch 0.05 for each leg on the ground; hover 0.1 (1 - |ẋ| - |ẏ|), hold-still 0.1 (1 - |θ̇|), upright 0.1 (1 - |θ|), "
        + "approach 0.1 (1 - |x| - |y|), none of them less than 0; and coming to rest pays each what resting for ever would.";

    /// <summary>The same tasks with each one's own rewards, by which a control is judged as every other run is.</summary>
    public LanderTasks Unpermuted => permuted ? new(main, gamma, auxiliary, permuted: false) : this;

    /// <summary>Names, the main task's first.</summary>
    public IReadOnlyList<string> Names { get; } =
        auxiliary ? ["land", "touch", "hover", "hold-still", "upright", "approach"] : ["land"];

    /// <summary>What a task's rewards are multiplied by to be in the environment's units.</summary>
    public IReadOnlyList<float> Units { get; } =
        [main == MainReward.Shaped ? 1 / ShapedScale : 1, .. Enumerable.Repeat(1f, auxiliary ? 5 : 0)];

    /// <summary>Whether a step came to rest.</summary>
    public static bool IsLanding(float reward, bool terminated) => terminated && reward == Landed;

    /// <summary>Writes the rewards of a step.</summary>
    /// <param name="arrived">The observation on arrival, (O).</param>
    /// <param name="reward">The environment's own reward.</param>
    /// <param name="terminated">Whether the episode ended there, not by its time limit.</param>
    /// <param name="rewards">(K), written.</param>
    public void Of(ReadOnlySpan<float> arrived, float reward, bool terminated, Span<float> rewards)
    {
        bool landed = IsLanding(reward, terminated);
        rewards[0] = main == MainReward.Shaped ? ShapedScale * reward : landed ? 1 : 0;
        if (!auxiliary)
            return;
        Span<float> played = stackalloc float[5];
        played[0] = Most / 2 * (arrived[LegA] + arrived[LegB]);
        played[1] = Near(Math.Abs(arrived[SpeedX]) + Math.Abs(arrived[SpeedY]));
        played[2] = Near(Math.Abs(arrived[Spin]));
        played[3] = Near(Math.Abs(arrived[Angle]));
        played[4] = Near(Math.Abs(arrived[X]) + Math.Abs(arrived[Y]));
        // Who rests goes on resting: were it an end like any other, whoever plays for what each step gives would never come to rest.
        float goesOn = landed ? (float)(1 / (1 - gamma)) : 1;
        for (int task = 0; task < played.Length; task++)
            rewards[1 + task] = goesOn * played[permuted ? (task + 1) % played.Length : task];
    }

    private static float Near(float distance) => Most * Math.Max(0, 1 - distance);
}
