using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <summary>The control suite's tasks with contacts. They are listed without MuJoCo as well; to make one needs it.</summary>
public static class MuJoCoSuite
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec<float>> Specs { get; } =
    [
        Spec(new CheetahRunTask(), "run forward on two legs"),
        Spec(new WalkerTask("stand", speed: 0), "stand up on two legs"),
        Spec(new WalkerTask("walk", WalkerTask.WalkingSpeed), "walk at 1 m/s"),
        Spec(new WalkerTask("run", WalkerTask.RunningSpeed), "run at 8 m/s"),
        Spec(new HopperTask(hops: false), "stand on one leg"),
        Spec(new HopperTask(hops: true), "hop at 2 m/s"),
        Spec(new FingerSpinTask(), "spin a body with a finger"),
        Spec(new FingerTurnTask("easy", FingerTurnTask.EasyRadius), "turn a body to within 7 cm"),
        Spec(new FingerTurnTask("hard", FingerTurnTask.HardRadius), "turn a body to within 3 cm"),
        Spec(new CupCatchTask(), "catch a ball on a string in a cup"),
        Spec(new QuadrupedTask("walk", QuadrupedTask.WalkingSpeed), "walk on four legs at 0.5 m/s"),
        Spec(new QuadrupedTask("run", QuadrupedTask.RunningSpeed), "run on four legs at 5 m/s"),
        Spec(new HumanoidTask("stand", speed: 0), "stand up in space"),
        Spec(new HumanoidTask("walk", HumanoidTask.WalkingSpeed), "walk in space at 1 m/s"),
        Spec(new HumanoidTask("run", HumanoidTask.RunningSpeed), "run in space at 10 m/s"),
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

    private static EnvironmentSpec<float> Spec(MuJoCoTask task, string summary) =>
        ControlSuite.Spec(task, $"{summary} (MuJoCo)", task.ActionNames, task.TimeStep, task.MakePhysics);
}
