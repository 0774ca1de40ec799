using System.Numerics;

namespace WorldModels.Environments;

/// <summary>How a lander is drawn.</summary>
internal static class LunarLanderPicture
{
    private const double Scale = LunarLanderCraft.Scale;

    public static Scene Draw(LunarLanderSimulation simulation)
    {
        LunarLanderCraft craft = simulation.Craft;
        List<Shape> shapes = [];
        foreach (GroundEdge edge in craft.Edges.Skip(1))
        {
            shapes.Add(new Polygon(Palette.Fixed,
                [(edge.Start.X, 0), (edge.End.X, 0), (edge.End.X, edge.End.Y), (edge.Start.X, edge.Start.Y)]));
        }
        // From the outer corners of the pad, which is the fifth and the sixth slope.
        AddFlag(shapes, craft.Edges[5].Start);
        AddFlag(shapes, craft.Edges[6].End);
        AddFlames(shapes, craft.Hull.Pose, simulation.Thrust);
        foreach (PlanarBody leg in craft.Legs)
            shapes.Add(Outline(Palette.SecondPole, leg));
        shapes.Add(Outline(Palette.Cart, craft.Hull));
        return new(0, 0, LunarLanderCraft.Width, LunarLanderCraft.Height, shapes);
    }

    private static Polygon Outline(uint color, PlanarBody body)
    {
        List<(double X, double Y)> corners = [];
        foreach (Vector2 corner in body.Shape!.Corners)
            corners.Add(Place(body.Pose, corner.X, corner.Y));
        return new(color, corners);
    }

    private static void AddFlag(List<Shape> shapes, Vector2 at)
    {
        const double Pole = 50 / Scale, Cloth = 25 / Scale, Drop = 10 / Scale;
        double top = at.Y + Pole;
        shapes.Add(new Capsule(Palette.Joint, at.X, at.Y, at.X, top, 0.03));
        shapes.Add(new Polygon(Palette.Target, [(at.X, top - Drop), (at.X + Cloth, top - Drop / 2), (at.X, top)]));
    }

    /// <summary>As long as the engine is strong.</summary>
    private static void AddFlames(List<Shape> shapes, Pose hull, LunarLanderThrust thrust)
    {
        const double Nozzle = 6 / Scale, Bottom = -10 / Scale, MainLength = 30 / Scale, SideLength = 14 / Scale;
        if (thrust.Main > 0)
        {
            shapes.Add(new Polygon(Palette.Flame,
                [Place(hull, -Nozzle, Bottom), Place(hull, 0, Bottom - MainLength * thrust.Main), Place(hull, Nozzle, Bottom)]));
        }
        if (thrust.Side > 0)
        {
            const double Height = 12 / Scale, Half = 3 / Scale;
            double edge = -14 / Scale * thrust.Direction, tip = edge - SideLength * thrust.Side * thrust.Direction;
            shapes.Add(new Polygon(Palette.Flame,
                [Place(hull, edge, Height - Half), Place(hull, tip, Height), Place(hull, edge, Height + Half)]));
        }
    }

    private static (double X, double Y) Place(Pose pose, double x, double y)
    {
        Vector2 at = pose.ToWorld(new((float)x, (float)y));
        return (at.X, at.Y);
    }
}
