using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// A rigid body: one polygon, several that hang together, or none: the ground, which nothing moves. Edges of the ground stop bodies of
/// one polygon alone; zones notice all of them.
/// </summary>
internal sealed class PlanarBody
{
    /// <summary>What solvers work on; kept as fields, for they are read and written thousands of times a step.</summary>
    public Motion Motion;

    public Vector2 Velocity;

    public float Spin;

    private readonly ConvexPolygon[] _shapes;
    private Vector2 _force;
    private float _torque;

    public PlanarBody(ConvexPolygon shape, float density, float friction, float restitution = 0)
        : this([shape], density) => (Shape, Friction, Restitution) = (shape, friction, restitution);

    /// <summary>A body of polygons that hang together, which may overlap: their masses add up.</summary>
    public PlanarBody(ConvexPolygon[] shapes, float density)
    {
        _shapes = shapes;
        float inertia = 0;
        foreach (ConvexPolygon shape in shapes)
        {
            MassData part = shape.MassOf(density);
            Mass += part.Mass;
            Motion.LocalCenter += part.Mass * part.Center;
            inertia += part.Inertia;
        }
        InverseMass = 1 / Mass;
        Motion.LocalCenter *= InverseMass;
        float aboutCenter = inertia - Mass * Vector2.Dot(Motion.LocalCenter, Motion.LocalCenter);
        InverseInertia = 1 / aboutCenter;
        Inertia = aboutCenter + Mass * Vector2.Dot(Motion.LocalCenter, Motion.LocalCenter);
        Place(Vector2.Zero, 0);
    }

    private PlanarBody() => (_shapes, Pose) = ([], new(Vector2.Zero, Rotation.Of(0)));

    /// <summary>What touches the ground; null for the ground itself, and for a body of several polygons.</summary>
    public ConvexPolygon? Shape { get; }

    /// <summary>All polygons; none for the ground.</summary>
    public ReadOnlySpan<ConvexPolygon> Shapes => _shapes;

    public float Friction { get; }

    public float Restitution { get; }

    public float Mass { get; }

    /// <summary>About the body's origin.</summary>
    public float Inertia { get; }

    public float InverseMass { get; }

    /// <summary>Of the inertia about the centre of mass.</summary>
    public float InverseInertia { get; }

    public Pose Pose { get; private set; }

    public bool IsAwake { get; private set; } = true;

    /// <summary>Seconds it has been slow enough to fall asleep.</summary>
    public float SleepTime { get; set; }

    /// <summary>What it encloses in the broad phase, with margins.</summary>
    public Bounds Reach { get; private set; }

    /// <summary><see cref="Reach"/> is new, and contacts are to be looked for.</summary>
    public bool ReachIsNew { get; set; }

    /// <summary>It is in an island of this step already.</summary>
    public bool InIsland { get; set; }

    /// <summary>A body of no shape and infinite mass, at the origin, for joints to hold on to.</summary>
    public static PlanarBody Ground() => new();

    /// <summary>Puts it somewhere, at rest and awake.</summary>
    public void Place(Vector2 position, float angle)
    {
        Pose = new(position, Rotation.Of(angle));
        Motion = new() { LocalCenter = Motion.LocalCenter, Center = Pose.ToWorld(Motion.LocalCenter), Angle = angle };
        (Motion.StartCenter, Motion.StartAngle) = (Motion.Center, angle);
        (Velocity, Spin, _force, _torque) = (Vector2.Zero, 0, Vector2.Zero, 0);
        (IsAwake, SleepTime, ReachIsNew) = (true, 0, true);
        Reach = BoundsAt(Pose).Grow(PlanarConstants.BoundsMargin);
    }

    /// <summary>Pushes at the centre of mass throughout the next step.</summary>
    public void Push(Vector2 force)
    {
        Wake();
        _force += force;
    }

    /// <summary>Turns throughout the next step.</summary>
    public void Twist(float torque)
    {
        Wake();
        _torque += torque;
    }

    /// <summary>Changes the velocities at once.</summary>
    /// <param name="impulse">In N s.</param>
    /// <param name="point">Where it strikes, in the world.</param>
    public void Strike(Vector2 impulse, Vector2 point)
    {
        Wake();
        Velocity += InverseMass * impulse;
        Spin += InverseInertia * Plane2.Cross(point - Motion.Center, impulse);
    }

    public void Wake()
    {
        if (!IsAwake)
            (IsAwake, SleepTime) = (true, 0);
    }

    public void Sleep()
    {
        (IsAwake, SleepTime) = (false, 0);
        (Velocity, Spin) = (Vector2.Zero, 0);
        ClearForces();
    }

    public void ClearForces() => (_force, _torque) = (Vector2.Zero, 0);

    /// <summary>A step begins: forces change the velocities.</summary>
    public void Accelerate(float time, Vector2 gravity)
    {
        (Motion.StartCenter, Motion.StartAngle) = (Motion.Center, Motion.Angle);
        Velocity += time * (gravity + InverseMass * _force);
        Spin += time * InverseInertia * _torque;
    }

    /// <summary>Moves by the velocities, which are cut to what a step may move.</summary>
    public void Move(float time)
    {
        Vector2 translation = time * Velocity;
        if (Vector2.Dot(translation, translation) > PlanarConstants.MaxTranslation * PlanarConstants.MaxTranslation)
            Velocity *= PlanarConstants.MaxTranslation / translation.Length();
        float rotation = time * Spin;
        if (rotation * rotation > PlanarConstants.MaxRotation * PlanarConstants.MaxRotation)
            Spin *= PlanarConstants.MaxRotation / MathF.Abs(rotation);
        Motion.Center += time * Velocity;
        Motion.Angle += time * Spin;
    }

    /// <summary>The pose becomes that of the motion's end.</summary>
    public void UpdatePose() => Pose = PoseNow();

    /// <summary>The pose that the motion's end has.</summary>
    public Pose PoseNow() => Pose.Around(Motion.Center, Rotation.Of(Motion.Angle), Motion.LocalCenter);

    /// <summary>Goes back to where it is at this time of the step, and forgets the rest of the motion.</summary>
    public void RewindTo(float time)
    {
        Motion.Advance(time);
        (Motion.Center, Motion.Angle) = (Motion.StartCenter, Motion.StartAngle);
        UpdatePose();
    }

    /// <summary>Enlarges what it encloses in the broad phase where this step's motion leaves it.</summary>
    public void UpdateReach()
    {
        Pose before = Pose.Around(Motion.StartCenter, Rotation.Of(Motion.StartAngle), Motion.LocalCenter);
        Bounds swept = BoundsAt(before).Union(BoundsAt(Pose));
        if (Reach.Contains(swept))
            return;
        Vector2 displacement = Pose.Position - before.Position;
        Reach = swept.Grow(PlanarConstants.BoundsMargin).Stretch(PlanarConstants.BoundsPrediction * displacement);
        ReachIsNew = true;
    }

    /// <summary>Counts the seconds of rest.</summary>
    /// <returns>The seconds so far.</returns>
    public float Rest(float time)
    {
        bool moves = Spin * Spin > PlanarConstants.SleepSpin * PlanarConstants.SleepSpin
            || Vector2.Dot(Velocity, Velocity) > PlanarConstants.SleepSpeed * PlanarConstants.SleepSpeed;
        return SleepTime = moves ? 0 : SleepTime + time;
    }

    /// <summary>Writes the state between two steps.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Motion.Center);
        writer.Write(Motion.Angle);
        writer.Write(Velocity);
        writer.Write(Spin);
        writer.Write(SleepTime);
        writer.Write(Reach.Lower);
        writer.Write(Reach.Upper);
        writer.Write(IsAwake);
    }

    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public void Restore(BinaryReader reader)
    {
        (Motion.Center, Motion.Angle) = (reader.ReadFiniteVector(), reader.ReadFinite());
        (Motion.StartCenter, Motion.StartAngle) = (Motion.Center, Motion.Angle);
        (Velocity, Spin) = (reader.ReadFiniteVector(), reader.ReadFinite());
        SleepTime = reader.ReadFinite();
        Reach = new(reader.ReadFiniteVector(), reader.ReadFiniteVector());
        IsAwake = reader.ReadBoolean();
        ReachIsNew = false;
        ClearForces();
        UpdatePose();
    }

    private Bounds BoundsAt(Pose pose)
    {
        Bounds bounds = _shapes[0].BoundsAt(pose);
        foreach (ConvexPolygon shape in _shapes.AsSpan(1))
            bounds = bounds.Union(shape.BoundsAt(pose));
        return bounds;
    }
}
