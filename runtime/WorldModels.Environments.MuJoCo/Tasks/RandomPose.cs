using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <summary>How the control suite draws poses to start from.</summary>
internal static class RandomPose
{
    private const int MaxAttempts = 1000;

    /// <summary>
    /// Joints with limits anywhere between them, hinges without limits at any angle; the root of a body in space is turned by four
    /// uniform numbers that are made a unit quaternion, which prefers some orientations, and stays where it is.
    /// </summary>
    public static void DrawJoints(MuJoCoPhysics physics, NumPyRandomState random)
    {
        foreach (Joint joint in physics.Joints)
        {
            ref double position = ref physics.Positions[joint.Position];
            if (joint.Limits is { } limits)
                position = random.Uniform(limits.Low, limits.High);
            else if (joint.Kind == JointKind.Hinge)
                position = random.Uniform(-Math.PI, Math.PI);
            else if (joint.Kind == JointKind.Free)
                DrawOrientation(physics.Positions.Slice(joint.Position + 3, 4), random);
        }
    }

    /// <summary>The same again and again until nothing touches.</summary>
    /// <exception cref="InvalidOperationException">No such pose was found.</exception>
    public static void DrawJointsWithoutContact(MuJoCoPhysics physics, NumPyRandomState random)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            DrawJoints(physics, random);
            physics.Forward();
            if (physics.ContactCount == 0)
                return;
        }
        throw new InvalidOperationException($"No pose of '{physics.Model.Name}' without contacts was found in {MaxAttempts} attempts.");
    }

    /// <summary>Scales a quaternion to length 1.</summary>
    public static void Normalize(Span<double> quaternion)
    {
        double squares = 0;
        foreach (double part in quaternion)
            squares += part * part;
        double length = Math.Sqrt(squares);
        foreach (ref double part in quaternion)
            part /= length;
    }

    private static void DrawOrientation(Span<double> quaternion, NumPyRandomState random)
    {
        foreach (ref double part in quaternion)
            part = random.Uniform();
        Normalize(quaternion);
    }
}
