using WorldModels.Bundles;
using WorldModels.Environments;

namespace WorldModels.Samples;

/// <summary>The game that a bundle was trained on, in place of your own: continuous actions, each lasting as long as in training.</summary>
internal sealed class Game
{
    private readonly IEnvironment<float> _environment;
    private ulong _episodes;

    public Game(Manifest manifest)
    {
        ExpectContinuous(manifest);
        _environment = new ActionRepeat<float>(EnvironmentRegistry.Make<float>(manifest.Environment), manifest.ActionRepeat ?? 1);
        Observation = new float[_environment.ObservationSpace.Size];
        Begin();
    }

    /// <summary>What is seen now.</summary>
    public float[] Observation { get; }

    /// <summary>The return of the episode so far.</summary>
    public double Return { get; private set; }

    /// <summary>Takes a step; where the episode ends, the next one begins.</summary>
    /// <returns>Whether it ended, so that whoever acts has to be reset.</returns>
    public bool Step(ReadOnlySpan<float> action)
    {
        StepResult step = _environment.Step(action, Observation);
        Return += step.Reward;
        if (!step.Done)
            return false;
        Begin();
        return true;
    }

    /// <summary>The samples take actions as floats.</summary>
    /// <exception cref="ArgumentException">The bundle's actions are numbered.</exception>
    public static void ExpectContinuous(Manifest manifest)
    {
        if (manifest.Action.Kind == ActionKind.Discrete)
        {
            throw new ArgumentException($"The actions of '{manifest.Name}' are numbered, and this sample takes continuous ones: give a "
                + "bundle such as models/zoo/pendulum-dreamer.");
        }
    }

    private void Begin()
    {
        _environment.Reset(_episodes++, Observation);
        Return = 0;
    }
}
