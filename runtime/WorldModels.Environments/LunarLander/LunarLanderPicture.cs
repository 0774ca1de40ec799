using System.Numerics;

namespace WorldModels.Environments;

/// <summary>How a lander is drawn.</summary>
internal static class LunarLanderPicture
{
    private const double Scale = LunarLanderCraft.Scale;

    /// <summary>An empty picture.</summary>
    public static FlatScene CreateScene() => new(0, 0, LunarLanderCraft.Width, LunarLanderCraft.Height);

    public static Scene Draw(FlatScene scene, LunarLanderSimulation simulation)
    {
        LunarLanderCraft craft = simulation.Craft;
        scene.Clear();
        AddGround(scene, craft.Edges);
        // From the outer corners of the pad, which is the fifth and the sixth slope.
        AddFlag(scene, craft.Edges[5].Start);
        AddFlag(scene, craft.Edges[6].End);
        AddFlames(scene, craft.Hull.Pose, simulation.Thrust);
        for (int i = 0; i < craft.Legs.Count; i++)
            AddOutline(scene, Palette.SecondPole, craft.Legs[i]);
        AddOutline(scene, Palette.Cart, craft.Hull);
        return scene;
    }

    private static void AddGround(FlatScene scene, IReadOnlyList<GroundEdge> edges)
    {
        const float Half = 0.5f; // a pixel of the smallest pictures that show anything
        for (int i = 1; i < edges.Count; i++)
        {
            (Vector2 start, Vector2 end) = (edges[i].Start, edges[i].End);
            scene.Polygon(Palette.Fixed, (start.X, 0), (end.X, 0), (end.X, end.Y), (start.X, start.Y));
            if (i == 1)
                continue;
            // Where two halves of a pixel meet, the background would shine through.
            float left = Vector2.Lerp(start, edges[i - 1].Start, Half / (start.X - edges[i - 1].Start.X)).Y;
            float right = Vector2.Lerp(start, end, Half / (end.X - start.X)).Y;
            scene.Rectangle(Palette.Fixed, start.X - Half, 0, start.X + Half, Math.Min(start.Y, Math.Min(left, right)));
        }
    }

    private static void AddOutline(FlatScene scene, uint color, PlanarBody body)
    {
        ReadOnlySpan<Vector2> shape = body.Shape!.Corners;
        Span<(double X, double Y)> corners = stackalloc (double X, double Y)[shape.Length];
        for (int i = 0; i < shape.Length; i++)
            corners[i] = Place(body.Pose, shape[i].X, shape[i].Y);
        scene.Polygon(color, corners);
    }

    private static void AddFlag(FlatScene scene, Vector2 at)
    {
        const double Pole = 50 / Scale, Cloth = 25 / Scale, Drop = 10 / Scale;
        double top = at.Y + Pole;
        scene.Rod(Palette.Joint, at.X, at.Y, at.X, top, 0.03)
            .Polygon(Palette.Target, (at.X, top - Drop), (at.X + Cloth, top - Drop / 2), (at.X, top));
    }

    /// <summary>As long as the engine is strong.</summary>
    private static void AddFlames(FlatScene scene, Pose hull, LunarLanderThrust thrust)
    {
        const double Nozzle = 6 / Scale, Bottom = -10 / Scale, MainLength = 30 / Scale, SideLength = 14 / Scale;
        if (thrust.Main > 0)
        {
            scene.Polygon(Palette.Flame,
                Place(hull, -Nozzle, Bottom), Place(hull, 0, Bottom - MainLength * thrust.Main), Place(hull, Nozzle, Bottom));
        }
        if (thrust.Side > 0)
        {
            const double Height = 12 / Scale, Half = 3 / Scale;
            double edge = -14 / Scale * thrust.Direction, tip = edge - SideLength * thrust.Side * thrust.Direction;
            scene.Polygon(Palette.Flame, Place(hull, edge, Height - Half), Place(hull, tip, Height), Place(hull, edge, Height + Half));
        }
    }

    private static (double X, double Y) Place(Pose pose, double x, double y)
    {
        Vector2 at = pose.ToWorld(new((float)x, (float)y));
        return (at.X, at.Y);
    }
}
