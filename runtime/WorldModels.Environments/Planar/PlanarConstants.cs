namespace WorldModels.Environments;

/// <summary>
/// What the planar physics is tuned by: Box2D 2.3's published values, in metres, seconds and radians. Trajectories agree with that
/// engine's only as long as all of them are the same.
/// </summary>
internal static class PlanarConstants
{
    public const float Pi = 3.14159265359f;

    /// <summary>The distance from 1 to the next float.</summary>
    public const float Epsilon = 1.1920929e-7f;

    /// <summary>Shapes may overlap by as much at rest, so that a contact does not flicker.</summary>
    public const float LinearSlop = 0.005f;

    /// <summary>A joint may leave its limits by as much.</summary>
    public const float AngularSlop = 2f / 180f * Pi;

    /// <summary>Polygons and edges are rounded by this radius: contacts begin before their cores touch.</summary>
    public const float SkinRadius = 2 * LinearSlop;

    /// <summary>Slower collisions do not bounce.</summary>
    public const float BounceSpeed = 1;

    /// <summary>The most that a step moves a body, and turns it.</summary>
    public const float MaxTranslation = 2;

    public const float MaxRotation = 0.5f * Pi;

    /// <summary>The most that one pass of position correction moves, and turns.</summary>
    public const float MaxLinearCorrection = 0.2f;

    public const float MaxAngularCorrection = 8f / 180f * Pi;

    /// <summary>The share of an overlap that one pass corrects, and the same after a time of impact.</summary>
    public const float Correction = 0.2f;

    public const float ImpactCorrection = 0.75f;

    /// <summary>A body that is slower than these for this long falls asleep.</summary>
    public const float SleepSpeed = 0.01f;

    public const float SleepSpin = 2f / 180f * Pi;

    public const float SleepDelay = 0.5f;

    /// <summary>A body's bounds in the broad phase are larger by this margin, and by this many times its last displacement.</summary>
    public const float BoundsMargin = 0.1f;

    public const float BoundsPrediction = 2;

    /// <summary>Times of impact that one contact may have in a step, and passes of position correction after each.</summary>
    public const int MaxImpacts = 8;

    public const int ImpactIterations = 20;
}
