using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>A line through points with ascending x, as charts have them: only what is near a pixel is measured.</summary>
internal sealed record Polyline(uint Color, IReadOnlyList<(double X, double Y)> Points, double Radius) : Shape(Color)
{
    public override double Distance(double x, double y)
    {
        // Farther than a pixel nothing is painted, and it does not matter how far.
        double reach = Radius + 1, nearest = reach * reach;
        int low = 0, high = Points.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Points[middle].X < x - reach)
                low = middle + 1;
            else
                high = middle;
        }
        for (int i = Math.Max(low - 1, 0); i + 1 < Points.Count && Points[i].X <= x + reach; i++)
        {
            (double across, double along) = (Points[i + 1].X - Points[i].X, Points[i + 1].Y - Points[i].Y);
            double length = across * across + along * along;
            double t = length == 0 ? 0 : Math.Clamp(((x - Points[i].X) * across + (y - Points[i].Y) * along) / length, 0, 1);
            double dx = x - Points[i].X - t * across, dy = y - Points[i].Y - t * along;
            nearest = Math.Min(nearest, dx * dx + dy * dy);
        }
        return Math.Sqrt(nearest) - Radius;
    }
}
