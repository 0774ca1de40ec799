using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Holds a body off the ground at up to two points, with friction: sequential impulses, warm-started, and two normal impulses solved
/// together (Catto, "Iterative dynamics with temporal coherence", GDC 2005). The ground's mass is infinite and drops out.
/// </summary>
internal sealed class ContactConstraint(Contact contact)
{
    // Two points whose equations are nearer to one another than this are solved as one.
    private const float MaxCondition = 1000;

    private PlanarBody _body = null!;
    private Vector2 _normal;
    private Vector2 _tangent;
    private int _count;
    private float _friction;
    private ConstraintPoint _first;
    private ConstraintPoint _second;

    // Effective masses of both normals, a symmetric matrix, and its inverse.
    private float _k11, _k12, _k22;
    private float _inverse11, _inverse12, _inverse22;

    /// <summary>Takes up the manifold's impulses.</summary>
    public void Warm()
    {
        Manifold manifold = contact.Manifold;
        (_first.NormalImpulse, _first.TangentImpulse) = (manifold.First.NormalImpulse, manifold.First.TangentImpulse);
        (_second.NormalImpulse, _second.TangentImpulse) = (manifold.Second.NormalImpulse, manifold.Second.TangentImpulse);
    }

    /// <summary>Begins without impulses.</summary>
    public void Cool() => (_first, _second) = (default, default);

    /// <summary>Prepares the velocity iterations for the body's motion as it is now.</summary>
    public void Prepare()
    {
        _body = contact.Body;
        _count = contact.Manifold.Count;
        _friction = contact.Friction;
        Pose pose = _body.PoseNow();
        Manifold manifold = contact.Manifold;
        _normal = manifold.FaceIsGround ? manifold.LocalNormal : pose.Rotation.Turn(manifold.LocalNormal);
        Vector2 plane = manifold.FaceIsGround ? manifold.LocalPoint : pose.ToWorld(manifold.LocalPoint);
        Vector2 first = Middle(manifold.First.Local), second = _count > 1 ? Middle(manifold.Second.Local) : default;
        if (!manifold.FaceIsGround)
            _normal = -_normal;
        _tangent = Plane2.Outwards(_normal);
        Prepare(ref _first, first);
        if (_count < 2)
            return;
        Prepare(ref _second, second);
        (float mass, float inertia) = (_body.InverseMass, _body.InverseInertia);
        float arm1 = Plane2.Cross(_first.Arm, _normal), arm2 = Plane2.Cross(_second.Arm, _normal);
        _k11 = mass + inertia * arm1 * arm1;
        _k22 = mass + inertia * arm2 * arm2;
        _k12 = mass + inertia * arm1 * arm2;
        float determinant = _k11 * _k22 - _k12 * _k12;
        if (!(_k11 * _k11 < MaxCondition * determinant))
        {
            _count = 1;
            return;
        }
        determinant = 1 / determinant;
        (_inverse11, _inverse12, _inverse22) = (determinant * _k22, -determinant * _k12, determinant * _k11);

        // Midway between both skins.
        Vector2 Middle(Vector2 local)
        {
            const float Skin = PlanarConstants.SkinRadius;
            Vector2 point = manifold.FaceIsGround ? pose.ToWorld(local) : local;
            Vector2 raised = point + (Skin - Vector2.Dot(point - plane, _normal)) * _normal, lowered = point - Skin * _normal;
            return 0.5f * (raised + lowered);
        }
    }

    /// <summary>Applies the impulses that it begins with.</summary>
    public void WarmStart()
    {
        WarmStart(_first);
        if (_count > 1)
            WarmStart(_second);

        void WarmStart(in ConstraintPoint point)
        {
            Vector2 impulse = point.NormalImpulse * _normal + point.TangentImpulse * _tangent;
            _body.Spin += _body.InverseInertia * Plane2.Cross(point.Arm, impulse);
            _body.Velocity += _body.InverseMass * impulse;
        }
    }

    /// <summary>One velocity iteration.</summary>
    public void SolveVelocity()
    {
        (Vector2 velocity, float spin) = (_body.Velocity, _body.Spin);
        (float mass, float inertia) = (_body.InverseMass, _body.InverseInertia);
        Rub(ref _first, ref velocity, ref spin);
        if (_count > 1)
        {
            Rub(ref _second, ref velocity, ref spin);
            RepelBoth(ref _first, ref _second, ref velocity, ref spin);
        }
        else
        {
            Repel(ref _first, ref velocity, ref spin);
        }
        (_body.Velocity, _body.Spin) = (velocity, spin);

        // Friction, as much as the normal impulse allows.
        void Rub(ref ConstraintPoint point, ref Vector2 velocity, ref float spin)
        {
            float along = Vector2.Dot(velocity + Plane2.Cross(spin, point.Arm), _tangent);
            float most = _friction * point.NormalImpulse;
            float total = Math.Clamp(point.TangentImpulse + point.TangentMass * -along, -most, most);
            Vector2 impulse = (total - point.TangentImpulse) * _tangent;
            point.TangentImpulse = total;
            velocity += mass * impulse;
            spin += inertia * Plane2.Cross(point.Arm, impulse);
        }

        void Repel(ref ConstraintPoint point, ref Vector2 velocity, ref float spin)
        {
            float apart = Vector2.Dot(velocity + Plane2.Cross(spin, point.Arm), _normal);
            float total = MathF.Max(point.NormalImpulse + -point.NormalMass * (apart - point.Bounce), 0);
            Vector2 impulse = (total - point.NormalImpulse) * _normal;
            point.NormalImpulse = total;
            velocity += mass * impulse;
            spin += inertia * Plane2.Cross(point.Arm, impulse);
        }
    }

    /// <summary>Keeps the impulses for the next step.</summary>
    public void Store()
    {
        ref Manifold manifold = ref contact.Manifold;
        (manifold.First.NormalImpulse, manifold.First.TangentImpulse) = (_first.NormalImpulse, _first.TangentImpulse);
        if (_count > 1)
            (manifold.Second.NormalImpulse, manifold.Second.TangentImpulse) = (_second.NormalImpulse, _second.TangentImpulse);
    }

    /// <summary>Pushes the body out of the ground, point by point, by a share of the overlap.</summary>
    /// <returns>The least separation found.</returns>
    public float SolvePosition(float share)
    {
        Manifold manifold = contact.Manifold;
        float least = Correct(manifold.First.Local);
        return manifold.Count > 1 ? MathF.Min(least, Correct(manifold.Second.Local)) : least;

        float Correct(Vector2 local)
        {
            PlanarBody body = contact.Body;
            Pose pose = body.PoseNow();
            Vector2 normal = manifold.LocalNormal, plane = manifold.LocalPoint, point = local;
            if (manifold.FaceIsGround)
                point = pose.ToWorld(local);
            else
                (normal, plane) = (pose.Rotation.Turn(normal), pose.ToWorld(plane));
            float separation =
                Vector2.Dot(point - plane, normal) - PlanarConstants.SkinRadius - PlanarConstants.SkinRadius;
            if (!manifold.FaceIsGround)
                normal = -normal;
            Vector2 arm = point - body.Motion.Center;
            float correction = Math.Clamp(
                share * (separation + PlanarConstants.LinearSlop), -PlanarConstants.MaxLinearCorrection, 0);
            float cross = Plane2.Cross(arm, normal);
            Vector2 impulse = -correction / (body.InverseMass + body.InverseInertia * cross * cross) * normal;
            body.Motion.Center += body.InverseMass * impulse;
            body.Motion.Angle += body.InverseInertia * Plane2.Cross(arm, impulse);
            return separation;
        }
    }

    private void Prepare(ref ConstraintPoint point, Vector2 at)
    {
        point.Arm = at - _body.Motion.Center;
        float normal = Plane2.Cross(point.Arm, _normal), tangent = Plane2.Cross(point.Arm, _tangent);
        point.NormalMass = 1 / (_body.InverseMass + _body.InverseInertia * normal * normal);
        point.TangentMass = 1 / (_body.InverseMass + _body.InverseInertia * tangent * tangent);
        float apart = Vector2.Dot(_normal, _body.Velocity + Plane2.Cross(_body.Spin, point.Arm));
        point.Bounce = apart < -PlanarConstants.BounceSpeed ? -contact.Restitution * apart : 0;
    }

    /// <summary>Both normal impulses at once: of the four ways in which each point may push or be free, the one that fits.</summary>
    private void RepelBoth(ref ConstraintPoint first, ref ConstraintPoint second, ref Vector2 velocity, ref float spin)
    {
        float apart1 = Vector2.Dot(velocity + Plane2.Cross(spin, first.Arm), _normal);
        float apart2 = Vector2.Dot(velocity + Plane2.Cross(spin, second.Arm), _normal);
        // What the speeds would be without the impulses so far.
        float free1 = apart1 - first.Bounce - (_k11 * first.NormalImpulse + _k12 * second.NormalImpulse);
        float free2 = apart2 - second.Bounce - (_k12 * first.NormalImpulse + _k22 * second.NormalImpulse);

        float total1 = -(_inverse11 * free1 + _inverse12 * free2), total2 = -(_inverse12 * free1 + _inverse22 * free2);
        if (!(total1 >= 0 && total2 >= 0))
        {
            (total1, total2) = (-first.NormalMass * free1, 0);
            if (!(total1 >= 0 && _k12 * total1 + free2 >= 0))
            {
                (total1, total2) = (0, -second.NormalMass * free2);
                if (!(total2 >= 0 && _k12 * total2 + free1 >= 0))
                {
                    (total1, total2) = (0, 0);
                    if (!(free1 >= 0 && free2 >= 0))
                        return; // no way fits; the impulses stay as they are
                }
            }
        }
        Vector2 impulse1 = (total1 - first.NormalImpulse) * _normal, impulse2 = (total2 - second.NormalImpulse) * _normal;
        (first.NormalImpulse, second.NormalImpulse) = (total1, total2);
        velocity += _body.InverseMass * (impulse1 + impulse2);
        spin += _body.InverseInertia * (Plane2.Cross(first.Arm, impulse1) + Plane2.Cross(second.Arm, impulse2));
    }

    private struct ConstraintPoint
    {
        public Vector2 Arm;
        public float NormalImpulse;
        public float TangentImpulse;
        public float NormalMass;
        public float TangentMass;
        public float Bounce;
    }
}
