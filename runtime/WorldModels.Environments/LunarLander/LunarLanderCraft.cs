using System.Numerics;

namespace WorldModels.Environments;

/// <summary>The bodies of the lander and its two legs, over a terrain of ten slopes with a flat pad in the middle.</summary>
internal sealed class LunarLanderCraft : IContactListener
{
    /// <summary>Pixels of the original's picture to a unit of length: its sizes are given in pixels.</summary>
    public const double Scale = 30;

    public const double Width = 600 / Scale;
    public const double Height = 400 / Scale;
    public const int StepsPerSecond = 50;
    public const double TimeStep = 1.0 / StepsPerSecond;
    public const double PadHeight = Height / 4;

    /// <summary>How far a leg's anchor is above its middle.</summary>
    public const double LegDown = 18 / Scale;

    /// <summary>Corners of the terrain, the last at the right edge, and heights that are drawn for them.</summary>
    public const int Corners = 11;

    public const int Heights = Corners + 1;

    private const double LegAway = 20 / Scale;
    private const double LegHalfWidth = 2 / Scale;
    private const double LegHalfHeight = 8 / Scale;
    private const double LegTilt = 0.05;
    private const double LegSpeed = 0.3;
    private const float LegTorque = 40;

    private readonly PlanarWorld _world = new((float)TimeStep, velocityIterations: 180, positionIterations: 60);
    private readonly GroundEdge[] _edges = new GroundEdge[Corners];
    private readonly double[] _heights = new double[Heights];
    private readonly bool[] _touches = new bool[2];

    public LunarLanderCraft(double gravity)
    {
        const float DefaultFriction = 0.2f, TerrainFriction = 0.1f;
        _world.Gravity = new(0, (float)gravity);
        for (int i = 0; i < _edges.Length; i++)
        {
            _edges[i] = new(i == 0 ? DefaultFriction : TerrainFriction);
            _world.Add(_edges[i]);
        }
        Hull = new(
            ConvexPolygon.Hull([Pixels(-14, 17), Pixels(-17, 0), Pixels(-17, -10), Pixels(17, -10), Pixels(17, 0), Pixels(14, 17)]),
            density: 5,
            friction: 0.1f);
        _world.Add(Hull);
        ConvexPolygon leg = ConvexPolygon.Box((float)LegHalfWidth, (float)LegHalfHeight);
        Legs = [new(leg, density: 1, DefaultFriction), new(leg, density: 1, DefaultFriction)];
        for (int i = 0; i < Legs.Count; i++)
        {
            _world.Add(Legs[i]);
            _world.Add(Joint(i));
        }

        static Vector2 Pixels(double x, double y) => new((float)(x / Scale), (float)(y / Scale));
    }

    public PlanarBody Hull { get; }

    /// <summary>The one on the right (of a lander that is upright), then the one on the left.</summary>
    public IReadOnlyList<PlanarBody> Legs { get; }

    /// <summary>The ground below everything, then the terrain from left to right.</summary>
    public IReadOnlyList<GroundEdge> Edges => _edges;

    /// <summary>Whether each leg touches the ground: the last that was heard of it, for a leg may touch two slopes and leave one.</summary>
    public ReadOnlySpan<bool> Touches => _touches;

    /// <summary>The hull has touched the ground.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>Shapes the terrain and puts the lander above it, at rest.</summary>
    /// <param name="heights">As drawn; those of the pad are not looked at.</param>
    public void Place(ReadOnlySpan<double> heights)
    {
        heights.CopyTo(_heights);
        Shape();
        float top = (float)Height;
        Hull.Place(new((float)(Width / 2), top), 0);
        for (int i = 0; i < Legs.Count; i++)
            Legs[i].Place(new((float)(Width / 2 - Sign(i) * LegAway), top), (float)(Sign(i) * LegTilt));
        _world.Restart();
        _touches.AsSpan().Clear();
        HasCrashed = false;
    }

    /// <summary>Moves everything on by a step.</summary>
    public void Step() => _world.Step(this);

    public void Save(BinaryWriter writer)
    {
        _world.Save(writer);
        writer.Write(_touches[0]);
        writer.Write(_touches[1]);
        writer.Write(HasCrashed);
        foreach (double height in _heights)
            writer.Write(height);
    }

    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        _world.Restore(reader);
        (_touches[0], _touches[1], HasCrashed) = (reader.ReadBoolean(), reader.ReadBoolean(), reader.ReadBoolean());
        Require.ReadFinite(reader, _heights);
        Shape();
    }

    void IContactListener.Began(PlanarBody body)
    {
        if (body == Hull)
            HasCrashed = true;
        else
            _touches[body == Legs[0] ? 0 : 1] = true;
    }

    void IContactListener.Ended(PlanarBody body)
    {
        if (body != Hull)
            _touches[body == Legs[0] ? 0 : 1] = false;
    }

    /// <summary>The original counts its legs from -1 to 1.</summary>
    private static int Sign(int leg) => leg == 0 ? -1 : 1;

    private void Shape()
    {
        const int PadStart = Corners / 2 - 2, PadEnd = Corners / 2 + 2;
        _heights.AsSpan(PadStart..(PadEnd + 1)).Fill(PadHeight);
        _edges[0].Place(Vector2.Zero, new((float)Width, 0));
        for (int i = 1; i < Corners; i++)
            _edges[i].Place(Corner(i - 1), Corner(i));

        // The mean of three, but for the factor, which is the original's. The first corner's left neighbour is the last height drawn.
        Vector2 Corner(int i) => new(
            (float)(Width / (Corners - 1) * i),
            (float)(0.33 * (_heights[(i + Heights - 1) % Heights] + _heights[i] + _heights[i + 1])));
    }

    private RevoluteJoint Joint(int leg)
    {
        const double Inner = 0.4, Outer = 0.9;
        int sign = Sign(leg);
        return new(Hull, Legs[leg], Vector2.Zero, new((float)(sign * LegAway), (float)LegDown))
        {
            // The original's binding takes the angle between the bodies when the joint was made for 0.
            ReferenceAngle = (float)(sign * LegTilt),
            Limits = sign < 0 ? ((float)Inner, (float)Outer) : ((float)-Outer, (float)-Inner),
            MotorSpeed = (float)(LegSpeed * sign),
            MaxMotorTorque = LegTorque,
        };
    }
}
