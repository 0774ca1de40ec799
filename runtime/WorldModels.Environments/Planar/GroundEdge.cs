using System.Numerics;

namespace WorldModels.Environments;

/// <summary>A line of the ground, solid from both sides. It never moves by itself; whoever sets its ends starts the world anew.</summary>
internal sealed class GroundEdge(float friction, float restitution = 0)
{
    public float Friction { get; } = friction;

    public float Restitution { get; } = restitution;

    public Vector2 Start { get; private set; }

    public Vector2 End { get; private set; }

    /// <summary>To the right of the way from start to end.</summary>
    public Vector2 Normal { get; private set; }

    /// <summary>What encloses it, its skin and the broad phase's margin.</summary>
    public Bounds Reach { get; private set; }

    public void Place(Vector2 start, Vector2 end)
    {
        (Start, End) = (start, end);
        Normal = Plane2.Outwards(Plane2.Unit(end - start));
        Reach = new Bounds(Vector2.Min(start, end), Vector2.Max(start, end))
            .Grow(PlanarConstants.SkinRadius).Grow(PlanarConstants.BoundsMargin);
    }
}
