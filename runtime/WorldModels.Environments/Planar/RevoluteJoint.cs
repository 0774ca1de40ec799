using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Pins a point of one body to a point of another, with a motor and with limits of the angle between them. A joint at a limit holds
/// the pin and the angle together, in one block of three equations, as Box2D did up to 2.3.
/// </summary>
internal sealed class RevoluteJoint(PlanarBody first, PlanarBody second, Vector2 anchorOfFirst, Vector2 anchorOfSecond)
{
    private Vector2 _armA;
    private Vector2 _armB;

    // Effective masses of the pin's two directions and the angle, a symmetric matrix; _pin and _block are inverse determinants.
    private float _k11, _k12, _k13, _k22, _k23, _k33;
    private float _pin, _block;
    private float _cross1, _cross2, _cross3;
    private float _motorMass;

    private float _impulseX;
    private float _impulseY;
    private float _limitImpulse;
    private float _motorImpulse;
    private Limit _limit;

    /// <summary>Where the angle between the bodies is relative to the limits.</summary>
    private enum Limit
    {
        Between,
        Lower,
        Upper,
    }

    public PlanarBody First => first;

    public PlanarBody Second => second;

    /// <summary>The angle of the second body from the first that counts as 0.</summary>
    public float ReferenceAngle { get; init; }

    /// <summary>The least angle and the greatest, which must be greater; null: the bodies turn freely.</summary>
    public (float Lower, float Upper)? Limits { get; init; }

    /// <summary>Angular speed that the motor drives the second body at, as seen from the first. Bodies asleep are not woken.</summary>
    public float MotorSpeed { get; set; }

    /// <summary>What the motor can do; 0: there is none.</summary>
    public float MaxMotorTorque { get; init; }

    /// <summary>It is in an island of this step already.</summary>
    public bool InIsland { get; set; }

    public float Angle => second.Motion.Angle - first.Motion.Angle - ReferenceAngle;

    /// <summary>Forgets the impulses: the bodies were placed anew.</summary>
    public void Restart()
    {
        (_impulseX, _impulseY, _limitImpulse, _motorImpulse) = (0, 0, 0, 0);
        _limit = Limit.Between;
    }

    /// <summary>Prepares the velocity iterations and applies the last step's impulses.</summary>
    public void Prepare()
    {
        _armA = first.Pose.Rotation.Turn(anchorOfFirst - first.Motion.LocalCenter);
        _armB = second.Pose.Rotation.Turn(anchorOfSecond - second.Motion.LocalCenter);
        (float massA, float massB) = (first.InverseMass, second.InverseMass);
        (float inertiaA, float inertiaB) = (first.InverseInertia, second.InverseInertia);
        _k11 = massA + massB + _armA.Y * _armA.Y * inertiaA + _armB.Y * _armB.Y * inertiaB;
        _k12 = -_armA.Y * _armA.X * inertiaA - _armB.Y * _armB.X * inertiaB;
        _k13 = -_armA.Y * inertiaA - _armB.Y * inertiaB;
        _k22 = massA + massB + _armA.X * _armA.X * inertiaA + _armB.X * _armB.X * inertiaB;
        _k23 = _armA.X * inertiaA + _armB.X * inertiaB;
        _k33 = inertiaA + inertiaB;
        _motorMass = 1 / _k33;
        _pin = Inverse(_k11 * _k22 - _k12 * _k12);
        (_cross1, _cross2, _cross3) = (_k22 * _k33 - _k23 * _k23, _k23 * _k13 - _k12 * _k33, _k12 * _k23 - _k22 * _k13);
        _block = Inverse(_k11 * _cross1 + _k12 * _cross2 + _k13 * _cross3);
        FindLimit();

        Vector2 impulse = new(_impulseX, _impulseY);
        first.Velocity -= massA * impulse;
        first.Spin -= inertiaA * (Plane2.Cross(_armA, impulse) + _motorImpulse + _limitImpulse);
        second.Velocity += massB * impulse;
        second.Spin += inertiaB * (Plane2.Cross(_armB, impulse) + _motorImpulse + _limitImpulse);

        static float Inverse(float determinant) => determinant != 0 ? 1 / determinant : 0;
    }

    /// <summary>One velocity iteration: the motor, then the pin, with the limit where the angle is at one.</summary>
    /// <param name="time">Seconds of the step.</param>
    public void SolveVelocity(float time)
    {
        (Vector2 velocityA, Vector2 velocityB) = (first.Velocity, second.Velocity);
        (float ax, float ay, float spinA) = (velocityA.X, velocityA.Y, first.Spin);
        (float bx, float by, float spinB) = (velocityB.X, velocityB.Y, second.Spin);
        (float inertiaA, float inertiaB) = (first.InverseInertia, second.InverseInertia);
        if (MaxMotorTorque > 0)
        {
            float most = time * MaxMotorTorque;
            float total = _motorImpulse - _motorMass * (spinB - spinA - MotorSpeed);
            total = total < -most ? -most : total > most ? most : total;
            float impulse = total - _motorImpulse;
            _motorImpulse = total;
            spinA -= inertiaA * impulse;
            spinB += inertiaB * impulse;
        }
        float alongX = bx + -spinB * _armB.Y - ax - -spinA * _armA.Y;
        float alongY = by + spinB * _armB.X - ay - spinA * _armA.X;
        float impulseX, impulseY, turn = 0;
        if (_limit == Limit.Between)
            (impulseX, impulseY) = SolvePin(-alongX, -alongY);
        else
            (impulseX, impulseY, turn) = SolveBlock(alongX, alongY, spinB - spinA);
        _impulseX += impulseX;
        _impulseY += impulseY;
        _limitImpulse += turn;

        (float massA, float massB) = (first.InverseMass, second.InverseMass);
        ax -= massA * impulseX;
        ay -= massA * impulseY;
        spinA -= inertiaA * (_armA.X * impulseY - _armA.Y * impulseX + turn);
        bx += massB * impulseX;
        by += massB * impulseY;
        spinB += inertiaB * (_armB.X * impulseY - _armB.Y * impulseX + turn);
        (first.Velocity, first.Spin) = (new(ax, ay), spinA);
        (second.Velocity, second.Spin) = (new(bx, by), spinB);
    }

    /// <summary>Brings the angle back to its limits, then the anchors together.</summary>
    /// <returns>Both are within the slops.</returns>
    public bool SolvePosition()
    {
        float angleError = CorrectAngle();
        Rotation turnA = Rotation.Of(first.Motion.Angle), turnB = Rotation.Of(second.Motion.Angle);
        Vector2 armA = turnA.Turn(anchorOfFirst - first.Motion.LocalCenter);
        Vector2 armB = turnB.Turn(anchorOfSecond - second.Motion.LocalCenter);
        Vector2 apart = second.Motion.Center + armB - first.Motion.Center - armA;
        (float massA, float massB) = (first.InverseMass, second.InverseMass);
        (float inertiaA, float inertiaB) = (first.InverseInertia, second.InverseInertia);
        float k11 = massA + massB + inertiaA * armA.Y * armA.Y + inertiaB * armB.Y * armB.Y;
        float k12 = -inertiaA * armA.X * armA.Y - inertiaB * armB.X * armB.Y;
        float k22 = massA + massB + inertiaA * armA.X * armA.X + inertiaB * armB.X * armB.X;
        float inverse = 1 / (k11 * k22 - k12 * k12);
        Vector2 impulse = new(
            -(inverse * (k22 * apart.X - k12 * apart.Y)), -(inverse * (k11 * apart.Y - k12 * apart.X)));
        first.Motion.Center -= massA * impulse;
        first.Motion.Angle -= inertiaA * Plane2.Cross(armA, impulse);
        second.Motion.Center += massB * impulse;
        second.Motion.Angle += inertiaB * Plane2.Cross(armB, impulse);
        return apart.Length() <= PlanarConstants.LinearSlop && angleError <= PlanarConstants.AngularSlop;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_impulseX);
        writer.Write(_impulseY);
        writer.Write(_limitImpulse);
        writer.Write(_motorImpulse);
        writer.Write((int)_limit);
    }

    /// <exception cref="ArgumentException">A number cannot be.</exception>
    public void Restore(BinaryReader reader)
    {
        (_impulseX, _impulseY) = (reader.ReadFinite(), reader.ReadFinite());
        (_limitImpulse, _motorImpulse) = (reader.ReadFinite(), reader.ReadFinite());
        _limit = (Limit)reader.ReadIndex(3);
    }

    private void FindLimit()
    {
        Limit limit = Limit.Between;
        if (Limits is (float lower, float upper))
            limit = Angle <= lower ? Limit.Lower : Angle >= upper ? Limit.Upper : Limit.Between;
        if (limit != _limit || limit == Limit.Between)
            _limitImpulse = 0;
        _limit = limit;
    }

    private float CorrectAngle()
    {
        if (_limit == Limit.Between)
            return 0;
        const float Slop = PlanarConstants.AngularSlop, Most = PlanarConstants.MaxAngularCorrection;
        (float lower, float upper) = Limits!.Value;
        bool isLower = _limit == Limit.Lower;
        float beyond = Angle - (isLower ? lower : upper);
        float correction = isLower ? Math.Clamp(beyond + Slop, -Most, 0) : Math.Clamp(beyond - Slop, 0, Most);
        float impulse = -_motorMass * correction;
        first.Motion.Angle -= first.InverseInertia * impulse;
        second.Motion.Angle += second.InverseInertia * impulse;
        return isLower ? -beyond : beyond;
    }

    /// <summary>The impulse that gives the pin a velocity.</summary>
    private (float X, float Y) SolvePin(float x, float y) => (_pin * (_k22 * x - _k12 * y), _pin * (_k11 * y - _k12 * x));

    /// <summary>The impulses that stop pin and angle; the limit only pushes.</summary>
    private (float X, float Y, float Turn) SolveBlock(float x, float y, float spin)
    {
        float impulseX = -(_block * (x * _cross1 + y * _cross2 + spin * _cross3));
        float impulseY = -(_block
            * (_k11 * (y * _k33 - spin * _k23) + _k12 * (spin * _k13 - x * _k33) + _k13 * (x * _k23 - y * _k13)));
        float turn = -(_block
            * (_k11 * (_k22 * spin - _k23 * y) + _k12 * (_k23 * x - _k12 * spin) + _k13 * (_k12 * y - _k22 * x)));
        float total = _limitImpulse + turn;
        if (_limit == Limit.Lower ? !(total < 0) : !(total > 0))
            return (impulseX, impulseY, turn);
        // The limit would pull: it lets go, and the pin is solved without it.
        (impulseX, impulseY) = SolvePin(-x + _limitImpulse * _k13, -y + _limitImpulse * _k23);
        return (impulseX, impulseY, -_limitImpulse);
    }
}
