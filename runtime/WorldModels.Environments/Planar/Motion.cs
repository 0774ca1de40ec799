using System.Numerics;

namespace WorldModels.Environments;

/// <summary>How a body moves within a step: its centre of mass and angle when the step began, and where they are at its end.</summary>
internal struct Motion
{
    /// <summary>The centre of mass in the body's own coordinates.</summary>
    public Vector2 LocalCenter;

    public Vector2 StartCenter;

    public Vector2 Center;

    public float StartAngle;

    public float Angle;

    /// <summary>The fraction of the step that <see cref="StartCenter"/> and <see cref="StartAngle"/> are at.</summary>
    public float StartTime;

    /// <summary>The pose at a fraction of what is left of the step.</summary>
    public readonly Pose At(float fraction)
    {
        Vector2 center = (1 - fraction) * StartCenter + fraction * Center;
        float angle = (1 - fraction) * StartAngle + fraction * Angle;
        return Pose.Around(center, Rotation.Of(angle), LocalCenter);
    }

    /// <summary>Moves the start forward in time.</summary>
    public void Advance(float time)
    {
        float fraction = (time - StartTime) / (1 - StartTime);
        StartCenter = (1 - fraction) * StartCenter + fraction * Center;
        StartAngle = (1 - fraction) * StartAngle + fraction * Angle;
        StartTime = time;
    }

    /// <summary>The same motion with a start angle in 0..2 pi.</summary>
    public readonly Motion Normalized()
    {
        const float Turn = 2 * PlanarConstants.Pi;
        float turns = Turn * MathF.Floor(StartAngle / Turn);
        return this with { StartAngle = StartAngle - turns, Angle = Angle - turns };
    }
}
