namespace WorldModels.Environments;

/// <summary>A homogeneous cylinder with a half ball on each end.</summary>
internal static class SolidCapsule
{
    /// <param name="radius">m.</param>
    /// <param name="length">Of the cylinder, without the ends (m).</param>
    public static double Volume(double radius, double length) => Math.PI * radius * radius * (length + 4 * radius / 3);

    /// <summary>The moment of inertia about the centre, across the axis.</summary>
    /// <param name="mass">kg.</param>
    /// <param name="radius">m.</param>
    /// <param name="length">Of the cylinder, without the ends (m).</param>
    public static double InertiaAcross(double mass, double radius, double length)
    {
        double ball = mass * 4 * radius / (4 * radius + 3 * length), cylinder = mass - ball;
        // A half ball's centre of mass lies 3/8 of its radius beyond the flat side: Steiner twice.
        double ofCylinder = cylinder * (3 * radius * radius + length * length) / 12;
        double ofBall = ball * (0.4 * radius * radius + length * (2 * length + 3 * radius) / 8);
        return ofCylinder + ofBall;
    }
}
