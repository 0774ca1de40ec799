namespace WorldModels.Environments;

/// <summary>
/// A mechanical system of the control suite in MuJoCo's coordinates, which tasks set up, read and step, whoever computes it.
/// Saving it keeps all that the next step depends on. Not thread-safe.
/// </summary>
public interface IPhysics : IResumable
{
    /// <summary>Joint positions, to be read and written (m, rad).</summary>
    Span<double> Positions { get; }

    /// <summary>Joint velocities, to be read and written (m/s, rad/s).</summary>
    Span<double> Velocities { get; }

    /// <summary>What the actuators get in the next steps, each within [-1, 1].</summary>
    Span<double> Control { get; }

    /// <summary>Where the target of a task stands (m), to be written when an episode starts; empty where there is none.</summary>
    Span<double> Target { get; }

    /// <summary>Takes up the pose in which the model is written, at rest, without control.</summary>
    void Reset();

    /// <summary>
    /// Brings all that follows from positions, velocities and the target up to date after these were written; the actuators are off.
    /// </summary>
    void Forward();

    /// <summary>Advances by time steps, at least one, under one control. All that is read afterwards is of the new state.</summary>
    void Step(int steps = 1);

    /// <summary>Makes a picture of its bodies, which are not yet in their places.</summary>
    BodyScene CreateScene();

    /// <summary>Places the bodies of such a picture as they are now; and the camera and the lights, where they follow.</summary>
    void Place(BodyScene scene);
}
