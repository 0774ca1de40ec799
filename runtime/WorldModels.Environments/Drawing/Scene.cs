namespace WorldModels.Environments;

/// <summary>An environment that can be looked at.</summary>
public interface IDrawable
{
    /// <summary>A picture of the present state.</summary>
    Scene Draw();
}

/// <summary>Flat shapes in an environment's own units, y upwards; later shapes cover earlier ones.</summary>
/// <param name="Left">Left edge of what is shown.</param>
/// <param name="Bottom">Lower edge.</param>
/// <param name="Right">Right edge.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Shapes">What is there.</param>
public sealed record Scene(double Left, double Bottom, double Right, double Top, IReadOnlyList<Shape> Shapes);

/// <summary>A filled shape.</summary>
/// <param name="Color">0xRRGGBB.</param>
public abstract record Shape(uint Color)
{
    /// <summary>Distance of a point to the outline, negative inside: what an antialiased raster needs to know of a shape.</summary>
    public abstract double Distance(double x, double y);
}

/// <summary>A disc.</summary>
public sealed record Disc(uint Color, double X, double Y, double Radius) : Shape(Color)
{
    public override double Distance(double x, double y) => double.Hypot(x - X, y - Y) - Radius;
}

/// <summary>A line from one point to another with round ends: a rod, a pole, a limb.</summary>
public sealed record Capsule(uint Color, double X1, double Y1, double X2, double Y2, double Radius) : Shape(Color)
{
    public override double Distance(double x, double y)
    {
        (double along, double across) = (X2 - X1, Y2 - Y1);
        double length = along * along + across * across;
        double t = length == 0 ? 0 : Math.Clamp(((x - X1) * along + (y - Y1) * across) / length, 0, 1);
        return double.Hypot(x - X1 - t * along, y - Y1 - t * across) - Radius;
    }
}

/// <summary>An upright rectangle.</summary>
public sealed record Rectangle(uint Color, double Left, double Bottom, double Right, double Top) : Shape(Color)
{
    public override double Distance(double x, double y)
    {
        double dx = Math.Max(Left - x, x - Right), dy = Math.Max(Bottom - y, y - Top);
        return dx > 0 && dy > 0 ? double.Hypot(dx, dy) : Math.Max(dx, dy);
    }
}

/// <summary>A convex polygon.</summary>
/// <param name="Color">0xRRGGBB.</param>
/// <param name="Corners">At least three, counter-clockwise.</param>
public sealed record Polygon(uint Color, IReadOnlyList<(double X, double Y)> Corners) : Shape(Color)
{
    public override double Distance(double x, double y)
    {
        double inside = double.NegativeInfinity, nearest = double.PositiveInfinity;
        for (int i = 0; i < Corners.Count; i++)
        {
            ((double startX, double startY), (double endX, double endY)) = (Corners[i], Corners[(i + 1) % Corners.Count]);
            (double alongX, double alongY, double toX, double toY) = (endX - startX, endY - startY, x - startX, y - startY);
            double length = double.Hypot(alongX, alongY);
            if (length == 0)
                continue;
            inside = Math.Max(inside, (alongY * toX - alongX * toY) / length);
            double t = Math.Clamp((alongX * toX + alongY * toY) / (length * length), 0, 1);
            nearest = Math.Min(nearest, double.Hypot(toX - t * alongX, toY - t * alongY));
        }
        return inside <= 0 ? inside : nearest;
    }
}
