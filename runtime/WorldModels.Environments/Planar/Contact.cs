namespace WorldModels.Environments;

/// <summary>Is told when bodies begin and end to touch edges of the ground.</summary>
internal interface IContactListener
{
    void Began(PlanarBody body);

    /// <summary>One edge less touches the body; others may still.</summary>
    void Ended(PlanarBody body);
}

/// <summary>An edge of the ground and a body that are near each other. Used again and again for other pairs.</summary>
internal sealed class Contact
{
    public Contact() => Constraint = new(this);

    public GroundEdge Edge { get; private set; } = null!;

    public PlanarBody Body { get; private set; } = null!;

    public float Friction { get; private set; }

    public float Restitution { get; private set; }

    /// <summary>Where they touch; no points where they do not.</summary>
    public Manifold Manifold;

    /// <summary>What the solver makes of the manifold.</summary>
    public ContactConstraint Constraint { get; }

    public bool IsTouching => Manifold.Count > 0;

    /// <summary>Not a contact until the next update: it was found not to touch at its time of impact.</summary>
    public bool IsDisabled { get; set; }

    /// <summary>Times of impact of this step.</summary>
    public int Impacts { get; set; }

    /// <summary>The next time of impact, a fraction of the step, 1 if there is none; null while it is not known.</summary>
    public float? ImpactTime { get; set; }

    /// <summary>Becomes the contact of another pair.</summary>
    public void Join(GroundEdge edge, PlanarBody body)
    {
        (Edge, Body) = (edge, body);
        Friction = MathF.Sqrt(edge.Friction * body.Friction);
        Restitution = MathF.Max(edge.Restitution, body.Restitution);
        Manifold = default;
        (IsDisabled, Impacts, ImpactTime) = (false, 0, null);
    }

    /// <summary>Looks where they touch now.</summary>
    public void Update(IContactListener? listener)
    {
        Manifold before = Manifold;
        IsDisabled = false;
        Manifold = EdgeCollision.Collide(Edge, Body.Shape!, Body.Pose);
        Manifold.KeepImpulses(before);
        if (IsTouching == before.Count > 0)
            return;
        Body.Wake();
        if (IsTouching)
            listener?.Began(Body);
        else
            listener?.Ended(Body);
    }

    /// <summary>They are no longer near each other.</summary>
    public void End(IContactListener? listener)
    {
        if (!IsTouching)
            return;
        listener?.Ended(Body);
        Body.Wake();
    }
}
