using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The time at which a moving polygon first touches an edge of the ground, by conservative advancement along separating axes
/// (Catto, "Continuous collision", GDC 2013; Mirtich 1996).
/// </summary>
internal static class ImpactTime
{
    // The cores touch a little deeper than the skins, so that a contact comes of it.
    private const float Target = 2 * PlanarConstants.SkinRadius - 3 * PlanarConstants.LinearSlop;
    private const float Tolerance = 0.25f * PlanarConstants.LinearSlop;

    private const int MaxIterations = 20;
    private const int MaxRootIterations = 50;
    private const int MaxDeepestPoints = 8;

    /// <summary>The fraction of the motion at which they touch; null if they do not, or overlap from the beginning.</summary>
    public static float? Find(GroundEdge edge, ConvexPolygon polygon, in Motion motion)
    {
        Motion swept = motion.Normalized();
        NearestCorners nearest = default;
        float time = 0;
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            float distance = EdgeDistance.Measure(edge, polygon, swept.At(time), ref nearest);
            if (distance <= 0)
                return null;
            if (distance < Target + Tolerance)
                return time;
            SeparatingAxis axis = new(edge, polygon, swept, nearest, time);
            switch (Advance(axis, ref time))
            {
                case Outcome.Touching:
                    return time;
                case Outcome.Separated or Outcome.Failed:
                    return null;
            }
        }
        return null;
    }

    private enum Outcome
    {
        Separated,
        Touching,
        Failed,
        Further,
    }

    /// <summary>Moves the time on as far as this axis says that nothing touches.</summary>
    private static Outcome Advance(in SeparatingAxis axis, ref float time)
    {
        float end = 1;
        for (int i = 0; i < MaxDeepestPoints; i++)
        {
            float atEnd = axis.FindDeepest(end, out DeepestPair deepest);
            if (atEnd > Target + Tolerance)
                return Outcome.Separated;
            if (atEnd > Target - Tolerance)
            {
                time = end;
                return Outcome.Further;
            }
            float atStart = axis.Separation(time, deepest);
            if (atStart < Target - Tolerance)
                return Outcome.Failed;
            if (atStart <= Target + Tolerance)
                return Outcome.Touching;
            end = FindRoot(axis, deepest, time, end, atStart, atEnd);
        }
        return Outcome.Further;
    }

    /// <summary>When the separation is the target, by bisection and secants in turn.</summary>
    private static float FindRoot(in SeparatingAxis axis, DeepestPair pair, float start, float end, float atStart, float atEnd)
    {
        float found = end;
        for (int i = 0; i < MaxRootIterations; i++)
        {
            float t = (i & 1) != 0 ? start + (Target - atStart) * (end - start) / (atEnd - atStart) : 0.5f * (start + end);
            float s = axis.Separation(t, pair);
            if (MathF.Abs(s - Target) < Tolerance)
                return t;
            if (s > Target)
                (start, atStart) = (t, s);
            else
                (end, atEnd) = (t, s);
        }
        return found;
    }

    /// <summary>The end of the edge and the corner of the polygon that are nearest along an axis; -1 where the axis has the face.</summary>
    private readonly record struct DeepestPair(int End, int Corner);

    /// <summary>The direction in which the nearest corners are apart, fixed to one of the shapes or to space.</summary>
    private readonly struct SeparatingAxis
    {
        private readonly GroundEdge _edge;
        private readonly ConvexPolygon _polygon;
        private readonly Motion _motion;
        private readonly Kind _kind;
        private readonly Vector2 _axis;
        private readonly Vector2 _facePoint;

        public SeparatingAxis(GroundEdge edge, ConvexPolygon polygon, Motion motion, NearestCorners nearest, float time)
        {
            (_edge, _polygon, _motion) = (edge, polygon, motion);
            Pose pose = motion.At(time);
            ReadOnlySpan<Vector2> corners = polygon.Corners;
            if (nearest.Count == 1)
            {
                _kind = Kind.Points;
                _axis = Plane2.Unit(pose.ToWorld(corners[nearest.A.Corner]) - End(nearest.A.End));
            }
            else if (nearest.A.End == nearest.B.End)
            {
                _kind = Kind.FaceOfPolygon;
                Vector2 a = corners[nearest.A.Corner], b = corners[nearest.B.Corner];
                _axis = Plane2.Unit(Plane2.Outwards(b - a));
                _facePoint = 0.5f * (a + b);
                if (Vector2.Dot(End(nearest.A.End) - pose.ToWorld(_facePoint), pose.Rotation.Turn(_axis)) < 0)
                    _axis = -_axis;
            }
            else
            {
                _kind = Kind.FaceOfEdge;
                Vector2 a = End(nearest.A.End), b = End(nearest.B.End);
                _axis = Plane2.Unit(Plane2.Outwards(b - a));
                _facePoint = 0.5f * (a + b);
                if (Vector2.Dot(pose.ToWorld(corners[nearest.A.Corner]) - _facePoint, _axis) < 0)
                    _axis = -_axis;
            }
        }

        private enum Kind
        {
            Points,
            FaceOfEdge,
            FaceOfPolygon,
        }

        /// <summary>The pair that is least separated at a time.</summary>
        /// <returns>Their separation.</returns>
        public float FindDeepest(float time, out DeepestPair pair)
        {
            Pose pose = _motion.At(time);
            ReadOnlySpan<Vector2> ends = [_edge.Start, _edge.End];
            pair = _kind switch
            {
                Kind.Points => new(
                    EdgeDistance.Farthest(ends, _axis), EdgeDistance.Farthest(_polygon.Corners, pose.Rotation.TurnBack(-_axis))),
                Kind.FaceOfEdge => new(-1, EdgeDistance.Farthest(_polygon.Corners, pose.Rotation.TurnBack(-_axis))),
                _ => new(EdgeDistance.Farthest(ends, -pose.Rotation.Turn(_axis)), -1),
            };
            return Separation(pose, pair);
        }

        public float Separation(float time, DeepestPair pair) => Separation(_motion.At(time), pair);

        private float Separation(Pose pose, DeepestPair pair) => _kind switch
        {
            Kind.Points => Vector2.Dot(pose.ToWorld(_polygon.Corners[pair.Corner]) - End(pair.End), _axis),
            Kind.FaceOfEdge => Vector2.Dot(pose.ToWorld(_polygon.Corners[pair.Corner]) - _facePoint, _axis),
            _ => Vector2.Dot(End(pair.End) - pose.ToWorld(_facePoint), pose.Rotation.Turn(_axis)),
        };

        private Vector2 End(int index) => index == 0 ? _edge.Start : _edge.End;
    }
}
