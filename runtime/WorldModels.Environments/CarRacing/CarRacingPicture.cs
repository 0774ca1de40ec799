using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// How a race is drawn: from above, in pixels of the original's window of 1000 by 800, y upwards. The car is in the lower middle and
/// heads upwards; in the first second the camera comes down from where it sees the whole track.
/// </summary>
internal static class CarRacingPicture
{
    private const double Width = 1000;
    private const double Height = 800;
    private const double CarX = Width / 2;
    private const double CarY = Height / 4;

    private const uint Grass = 0x66CC66;
    private const uint LightGrass = 0x66E666;
    private const uint Red = 0xFF0000;
    private const uint White = 0xFFFFFF;
    private const uint Black = 0x000000;
    private const uint HullRed = 0xCC0000;
    private const uint TyreMark = 0x4D4D4D;

    /// <summary>What tiles look like: those that were touched as the first.</summary>
    private static ReadOnlySpan<uint> Road => [0x666666, 0x696969, 0x6B6B6B];

    /// <summary>An empty picture; beyond the playfield there is nothing.</summary>
    public static FlatScene CreateScene() => new(0, 0, Width, Height) { Ground = Black };

    public static Scene Draw(FlatScene scene, CarRacingSimulation simulation)
    {
        scene.Clear();
        Camera camera = new(scene, simulation.Car.Hull.Pose.Position, simulation.Car.Hull.Motion.Angle, Zoom(simulation.Time));
        AddField(camera);
        AddRoad(camera, simulation);
        AddCar(camera, simulation.Car);
        CarRacingBar.Draw(scene, simulation);
        return scene;
    }

    /// <summary>Pixels a unit of length.</summary>
    private static double Zoom(double time)
    {
        const double Far = 0.1 * CarRacingCar.Scale, Near = 2.7 * CarRacingCar.Scale;
        double share = Math.Min(time, 1);
        return Far * (1 - share) + Near * share;
    }

    private static void AddField(Camera camera)
    {
        const double Edge = CarRacingSimulation.Playfield, Cell = Edge / 20;
        camera.Polygon(Grass, (-Edge, -Edge), (Edge, -Edge), (Edge, Edge), (-Edge, Edge));
        for (int column = -20; column < 20; column += 2)
        {
            for (int row = -20; row < 20; row += 2)
            {
                (double x, double y) = (column * Cell, row * Cell);
                if (camera.Sees(x, y, 2 * Cell))
                    camera.Polygon(LightGrass, (x, y), (x + Cell, y), (x + Cell, y + Cell), (x, y + Cell));
            }
        }
    }

    private static void AddRoad(Camera camera, CarRacingSimulation simulation)
    {
        const double Half = CarRacingTrack.HalfWidth, Kerb = Half + CarRacingTrack.KerbWidth;
        ReadOnlySpan<TrackPoint> points = simulation.Track.Points;
        for (int i = 0; i < points.Length; i++)
        {
            TrackPoint to = points[i], from = points[i > 0 ? i - 1 : points.Length - 1];
            if (!camera.Sees(to.X, to.Y, Kerb + CarRacingTrack.Step))
                continue;
            // Between two tiles whose edges are softened alike grass would shine through.
            TrackPoint under = camera.APixelBack(from);
            camera.Polygon(Road[simulation.IsTouched(i) ? 0 : i % 3],
                to.Beside(-Half), to.Beside(Half), under.Beside(Half), under.Beside(-Half));
            if (!simulation.Track.Kerbs[i])
                continue;
            int side = Math.Sign(from.Heading - to.Heading);
            camera.Polygon(i % 2 == 0 ? White : Red,
                to.Beside(side * Half), to.Beside(side * Kerb), from.Beside(side * Kerb), from.Beside(side * Half));
        }
    }

    private static void AddCar(Camera camera, CarRacingCar car)
    {
        foreach (CarRacingWheel wheel in car.Wheels)
        {
            camera.Outline(Black, wheel.Body.Pose, wheel.Body.Shapes[0].Corners);
            AddTyreMark(camera, wheel);
        }
        foreach (ConvexPolygon part in car.Hull.Shapes)
            camera.Outline(HullRed, car.Hull.Pose, part.Corners);
    }

    /// <summary>A mark on the tyre that goes round with it, as long as it is on the upper side.</summary>
    private static void AddTyreMark(Camera camera, CarRacingWheel wheel)
    {
        const double Length = 1.2;
        const float Half = (float)CarRacingWheel.HalfWidth;
        double phase = Math.IEEERemainder(wheel.Phase, 2 * Math.PI); // from -pi, where the upper side begins, to pi
        double from = phase, to = Math.Min(phase + Length, 0);
        if (phase + Length > Math.PI)
            (from, to) = (-Math.PI, phase + Length - 2 * Math.PI);
        if (to <= from)
            return;
        float rear = (float)(CarRacingWheel.Radius * Math.Cos(from)), front = (float)(CarRacingWheel.Radius * Math.Cos(to));
        camera.Outline(TyreMark, wheel.Body.Pose,
            [new(-Half, rear), new(Half, rear), new(Half, front), new(-Half, front)]);
    }

    /// <summary>Puts shapes of the world into the picture.</summary>
    private readonly struct Camera
    {
        private readonly FlatScene _scene;
        private readonly Vector2 _center;
        private readonly double _zoom;
        private readonly double _sine;
        private readonly double _cosine;

        public Camera(FlatScene scene, Vector2 center, double angle, double zoom)
        {
            (_scene, _center, _zoom) = (scene, center, zoom);
            (_sine, _cosine) = Math.SinCos(angle);
        }

        /// <summary>Whether something that reaches no farther than this from a point may be in the picture.</summary>
        public bool Sees(double x, double y, double reach)
        {
            (double placedX, double placedY) = Place((x, y));
            reach *= _zoom;
            return placedX > -reach && placedX < Width + reach && placedY > -reach && placedY < Height + reach;
        }

        /// <summary>The point of the road a pixel before one, in a picture as large as those that are observed.</summary>
        public TrackPoint APixelBack(TrackPoint point)
        {
            double back = Width / CarRacing.PictureSize / _zoom;
            return point with { X = point.X + back * Math.Sin(point.Heading), Y = point.Y - back * Math.Cos(point.Heading) };
        }

        public void Polygon(uint color, params ReadOnlySpan<(double X, double Y)> corners)
        {
            Span<(double X, double Y)> placed = stackalloc (double X, double Y)[corners.Length];
            for (int i = 0; i < placed.Length; i++)
                placed[i] = Place(corners[i]);
            _scene.Polygon(color, placed);
        }

        public void Outline(uint color, Pose pose, ReadOnlySpan<Vector2> corners)
        {
            Span<(double X, double Y)> placed = stackalloc (double X, double Y)[corners.Length];
            for (int i = 0; i < placed.Length; i++)
            {
                Vector2 at = pose.ToWorld(corners[i]);
                placed[i] = Place((at.X, at.Y));
            }
            _scene.Polygon(color, placed);
        }

        private (double X, double Y) Place((double X, double Y) point)
        {
            (double x, double y) = (point.X - _center.X, point.Y - _center.Y);
            return (CarX + _zoom * (_cosine * x + _sine * y), CarY + _zoom * (_cosine * y - _sine * x));
        }
    }
}
