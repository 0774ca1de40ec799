using System.Globalization;

namespace WorldModels.Environments;

/// <summary>The tasks of the control suite by name whose physics is our own; the others need MuJoCo.</summary>
public static class ControlSuite
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec<float>> Specs { get; } =
    [
        CartPole(swingUp: false, sparse: false, "balance a pole on a cart"),
        CartPole(swingUp: false, sparse: true, "the same, rewarded only near the goal"),
        CartPole(swingUp: true, sparse: false, "swing a pole up by its cart, balance it"),
        CartPole(swingUp: true, sparse: true, "the same, rewarded only near the goal"),
        Pendulum(),
        Spec(new AcrobotSwingUpTask(), "swing two links up", ["torque"], TwoJointPhysics.TimeStep, () => new AcrobotPhysics()),
        Reacher(ReacherTask.EasyRadius, "easy", "reach a target of 5 cm with two links"),
        Reacher(ReacherTask.HardRadius, "hard", "reach a target of 1.5 cm with two links"),
        TwoPendulums(),
    ];

    /// <summary>A task in the registry's form.</summary>
    /// <param name="task">What is asked.</param>
    /// <param name="summary">What is to be done.</param>
    /// <param name="actions">What the actuators are called.</param>
    /// <param name="timeStep">Seconds that a step of the physics takes.</param>
    /// <param name="physics">Makes what moves.</param>
    public static EnvironmentSpec<float> Spec(
        IControlTask task, string summary, IReadOnlyList<string> actions, double timeStep, Func<IPhysics> physics)
    {
        string controls = actions.Count == 1 ? "a control" : $"{actions.Count} controls";
        return new(
            task.Name,
            $"DeepMind Control Suite, {summary}: {task.ObservationNames.Count} reals, {controls} in -1..1",
            Make,
            count => new SyncVectorEnvironment<ControlSuiteEnvironment, float>(count, Make))
        {
            ObservationNames = task.ObservationNames,
            ObservationUnits = task.ObservationUnits,
            ActionNames = actions,
            TimeStep = timeStep * task.SubSteps,
            Aliases = Aliases(task.Name),
        };

        ControlSuiteEnvironment Make() => new(task, physics());
    }

    /// <summary>
    /// What a task is called elsewhere: Gymnasium's id of it (by Shimmy), and as papers and their code write it. A name of ours is its
    /// domain and its task, joined by hyphens.
    /// </summary>
    private static string[] Aliases(string name)
    {
        (string domain, string task) = (name.Split('-')[0], name[(name.IndexOf('-') + 1)..].Replace('-', '_'));
        string full = domain == "cup" ? "ball_in_cup" : domain;
        string[] all = [$"dm_control/{full}-{task}-v0", $"{full}/{task}", $"{full}_{task}", $"{domain}_{task}", $"dmc_{domain}_{task}"];
        return [.. all.Distinct()];
    }

    private static EnvironmentSpec<float> Pendulum()
    {
        PendulumSwingUpTask task = new();
        PendulumBody suite = new();
        double[] factors = [0.5, 0.8, 1.25, 2];
        EnvironmentSpec<float> spec = Spec(
            task, "swing a ball on a rod up", ["torque"], PendulumPhysics.TimeStep, () => new PendulumPhysics());
        return spec with
        {
            Changes =
            [
                .. factors.Select(factor => Changed("length", factor, suite with { Length = factor * suite.Length })),
                .. factors.Select(factor => Changed("mass", factor, suite with { Mass = factor * suite.Mass })),
            ],
        };

        EnvironmentChange<float> Changed(string what, double factor, PendulumBody body) => new(
            string.Create(CultureInfo.InvariantCulture, $"{what} x {factor}"),
            () => new ControlSuiteEnvironment(task, new PendulumPhysics(body)));
    }

    /// <summary>In the suite's way, and not of the suite.</summary>
    private static EnvironmentSpec<float> TwoPendulums()
    {
        EnvironmentSpec<float> spec = Spec(
            new TwoPendulumsTask(), "", ["torque 1", "torque 2"], PendulumPhysics.TimeStep, () => new TwoPendulumsPhysics());
        return spec with { Aliases = [], Summary = "Two of the suite's pendulums side by side, swing both up: 6 reals, 2 controls in -1..1" };
    }

    private static EnvironmentSpec<float> CartPole(bool swingUp, bool sparse, string summary) =>
        Spec(new CartPoleTask(swingUp, sparse), summary, ["force"], TwoJointPhysics.TimeStep, () => new CartPolePhysics());

    private static EnvironmentSpec<float> Reacher(double targetRadius, string difficulty, string summary) => Spec(
        new ReacherTask(difficulty, targetRadius), summary, ["shoulder", "wrist"], ReacherPhysics.TimeStep, () => new ReacherPhysics(targetRadius));
}
