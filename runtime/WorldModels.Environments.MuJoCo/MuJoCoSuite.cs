using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <summary>The control suite's tasks with contacts. They are listed without MuJoCo as well; to make one needs it.</summary>
public static class MuJoCoSuite
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec<float>> Specs { get; } =
    [
        Spec(new CheetahRunTask(), "run forward on two legs", 0.01, "back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot"),
        Walker("stand", 0, "stand up on two legs"),
        Walker("walk", WalkerTask.WalkingSpeed, "walk at 1 m/s"),
        Walker("run", WalkerTask.RunningSpeed, "run at 8 m/s"),
        Hopper(hops: false, "stand on one leg"),
        Hopper(hops: true, "hop at 2 m/s"),
        Finger(new FingerSpinTask(), "spin a body with a finger"),
        Finger(new FingerTurnTask("easy", FingerTurnTask.EasyRadius), "turn a body to within 7 cm"),
        Finger(new FingerTurnTask("hard", FingerTurnTask.HardRadius), "turn a body to within 3 cm"),
        Spec(new CupCatchTask(), "catch a ball on a string in a cup", 0.002, "x", "z"),
        Quadruped("walk", QuadrupedTask.WalkingSpeed, "walk on four legs at 0.5 m/s"),
        Quadruped("run", QuadrupedTask.RunningSpeed, "run on four legs at 5 m/s"),
        Humanoid("stand", 0, "stand up in space"),
        Humanoid("walk", HumanoidTask.WalkingSpeed, "walk in space at 1 m/s"),
        Humanoid("run", HumanoidTask.RunningSpeed, "run in space at 10 m/s"),
    ];

    /// <summary>Why none of them can be made here, and what to do; null where they can.</summary>
    public static string? Problem
    {
        get
        {
            try
            {
                _ = MuJoCoLibrary.Instance;
                return null;
            }
            catch (MuJoCoException e)
            {
                return e.Message;
            }
        }
    }

    /// <summary>Adds them to <see cref="EnvironmentRegistry"/>, once however often it is called.</summary>
    public static void Register() => EnvironmentRegistry.Add(Specs);

    private static EnvironmentSpec<float> Walker(string verb, double speed, string summary) => Spec(
        new WalkerTask(verb, speed), summary, 0.0025, "right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle");

    private static EnvironmentSpec<float> Hopper(bool hops, string summary) =>
        Spec(new HopperTask(hops), summary, 0.005, "waist", "hip", "knee", "ankle");

    private static EnvironmentSpec<float> Finger(FingerTask task, string summary) => Spec(task, summary, 0.01, "proximal", "distal");

    private static EnvironmentSpec<float> Quadruped(string verb, double speed, string summary) =>
        Spec(new QuadrupedTask(verb, speed), summary, 0.005, [.. QuadrupedTask.Actions]);

    private static EnvironmentSpec<float> Humanoid(string verb, double speed, string summary) =>
        Spec(new HumanoidTask(verb, speed), summary, 0.005, [.. HumanoidTask.Actions]);

    private static EnvironmentSpec<float> Spec(MuJoCoTask task, string summary, double timeStep, params string[] actions) =>
        ControlSuite.Spec(task, $"{summary} (MuJoCo)", actions, timeStep, task.MakePhysics);
}
