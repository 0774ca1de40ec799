using System.Runtime.InteropServices;

namespace WorldModels.Environments;

/// <summary>A point of a track's middle line.</summary>
/// <param name="Alpha">The direction in which it is seen from the origin, in radians, which goes on beyond a turn.</param>
/// <param name="Heading">The road's direction, counter-clockwise from +y.</param>
/// <param name="X">To the right, in units of length.</param>
/// <param name="Y">Upwards.</param>
internal readonly record struct TrackPoint(double Alpha, double Heading, double X, double Y)
{
    /// <summary>A place beside the point, to the right where the offset is positive.</summary>
    public (double X, double Y) Beside(double offset) => (X + offset * Math.Cos(Heading), Y + offset * Math.Sin(Heading));
}

/// <summary>
/// A closed road around the origin, drawn at random as Gymnasium's CarRacing-v3 does it: one walks from checkpoint to checkpoint with a
/// bounded turn rate, several times round, and keeps the last lap if it closes.
/// </summary>
internal sealed class CarRacingTrack
{
    /// <summary>Half the width of the road, and the width of a kerb.</summary>
    public const double HalfWidth = 40 / CarRacingCar.Scale;

    public const double KerbWidth = 8 / CarRacingCar.Scale;

    /// <summary>The length of a tile.</summary>
    public const double Step = 21 / CarRacingCar.Scale;

    private const int Checkpoints = 12;
    private const double Radius = 900 / CarRacingCar.Scale;
    private const double TurnRate = 0.31;
    private const double FullTurn = 2 * Math.PI;
    private const double StartAlpha = -Math.PI / Checkpoints;

    private readonly TrackPoint[] _checkpoints = new TrackPoint[Checkpoints];
    private readonly List<TrackPoint> _walk = [];
    private readonly List<TrackPoint> _points = [];
    private readonly List<bool> _kerbs = [];

    /// <summary>The middle line; tile i joins point i and the one before it, tile 0 the first and the last.</summary>
    public ReadOnlySpan<TrackPoint> Points => CollectionsMarshal.AsSpan(_points);

    /// <summary>Whether a tile has a kerb, which is on the inner side of sharp bends.</summary>
    public ReadOnlySpan<bool> Kerbs => CollectionsMarshal.AsSpan(_kerbs);

    /// <summary>Draws until a track closes.</summary>
    public void Create(IRandomSource random)
    {
        while (!TryCreate(random))
        {
        }
    }

    /// <summary>Draws once.</summary>
    /// <returns>Whether the track closes.</returns>
    public bool TryCreate(IRandomSource random)
    {
        DrawCheckpoints(random);
        Walk();
        if (!FindLap(out int first, out int end))
            return false;
        _points.Clear();
        _points.AddRange(CollectionsMarshal.AsSpan(_walk)[first..end]);
        TrackPoint start = _points[0], last = _points[^1];
        double gapX = Math.Cos(start.Heading) * (start.X - last.X), gapY = Math.Sin(start.Heading) * (start.Y - last.Y);
        if (Math.Sqrt(gapX * gapX + gapY * gapY) > Step)
            return false;
        FindKerbs();
        return true;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_points.Count);
        foreach (TrackPoint point in _points)
        {
            writer.Write(point.Alpha);
            writer.Write(point.Heading);
            writer.Write(point.X);
            writer.Write(point.Y);
        }
    }

    /// <exception cref="ArgumentException">There is no such track.</exception>
    public void Restore(BinaryReader reader)
    {
        const int Most = 2500;
        _points.Clear();
        int count = reader.ReadIndex(Most);
        Span<double> numbers = stackalloc double[4];
        for (int i = 0; i < count; i++)
        {
            Require.ReadFinite(reader, numbers);
            _points.Add(new(numbers[0], numbers[1], numbers[2], numbers[3]));
        }
        FindKerbs();
    }

    private void DrawCheckpoints(IRandomSource random)
    {
        for (int c = 0; c < Checkpoints; c++)
        {
            double noise = FullTurn / Checkpoints * random.Uniform(), radius = Radius / 3 + (Radius - Radius / 3) * random.Uniform();
            double angle = FullTurn * c / Checkpoints + noise;
            // The ends are where every lap begins; what was drawn for them is not used.
            if (c is 0 or Checkpoints - 1)
                (angle, radius) = (FullTurn * c / Checkpoints, 1.5 * Radius);
            _checkpoints[c] = new(angle, 0, radius * Math.Cos(angle), radius * Math.Sin(angle));
        }
    }

    private void Walk()
    {
        const int MostLaps = 4, MostSteps = 2500;
        const double Gain = 0.001, DeadBand = 0.3;
        _walk.Clear();
        (double x, double y, double heading) = (1.5 * Radius, 0, 0);
        (int target, int laps, bool isBelow) = (0, 0, false);
        while (laps <= MostLaps && _walk.Count < MostSteps)
        {
            double alpha = Math.Atan2(y, x);
            if (isBelow && alpha > 0)
                (laps, isBelow) = (laps + 1, false);
            if (alpha < 0)
                (alpha, isBelow) = (alpha + FullTurn, true);
            while (!FindTarget(alpha, ref target))
                alpha -= FullTurn;
            TrackPoint checkpoint = _checkpoints[target % Checkpoints];
            (double sideX, double sideY) = (Math.Cos(heading), Math.Sin(heading));
            while (heading - alpha > 0.75 * FullTurn)
                heading -= FullTurn;
            while (heading - alpha < -0.75 * FullTurn)
                heading += FullTurn;
            double before = heading;
            double aside = CarRacingCar.Scale * (sideX * (checkpoint.X - x) + sideY * (checkpoint.Y - y));
            if (Math.Abs(aside) > DeadBand)
                heading -= Math.Sign(aside) * Math.Min(TurnRate, Math.Abs(Gain * aside));
            x -= sideY * Step;
            y += sideX * Step;
            _walk.Add(new(alpha, (before + heading) / 2, x, y));
        }
    }

    /// <summary>The first checkpoint from the present one on that lies ahead.</summary>
    /// <returns>False: there is none before the list ends, and the target is its beginning.</returns>
    private bool FindTarget(double alpha, ref int target)
    {
        while (alpha > _checkpoints[target % Checkpoints].Alpha)
        {
            target++;
            if (target % Checkpoints == 0)
                return false;
        }
        return true;
    }

    /// <summary>The last lap, from one crossing of the start to just before the next.</summary>
    private bool FindLap(out int first, out int end)
    {
        (first, end) = (-1, -1);
        for (int i = _walk.Count - 1; i > 0; i--)
        {
            if (!(_walk[i].Alpha > StartAlpha && _walk[i - 1].Alpha <= StartAlpha))
                continue;
            if (end >= 0)
            {
                first = i;
                return true;
            }
            end = i - 1;
        }
        return false;
    }

    /// <summary>Kerbs are where four changes of direction in a row are sharp, and to the same side.</summary>
    private void FindKerbs()
    {
        const int Run = 4;
        const double Sharp = 0.2 * TurnRate;
        int count = _points.Count;
        _kerbs.Clear();
        for (int i = 0; i < count; i++)
        {
            int left = 0, right = 0;
            for (int back = 0; back < Run; back++)
            {
                double change = _points[Before(i, back)].Heading - _points[Before(i, back + 1)].Heading;
                left += change > Sharp ? 1 : 0;
                right += change < -Sharp ? 1 : 0;
            }
            _kerbs.Add(left == Run || right == Run);
        }
        for (int i = 0; i < count; i++)
        {
            for (int back = 1; back < Run && _kerbs[i]; back++)
                _kerbs[Before(i, back)] = true;
        }

        int Before(int i, int back) => (i - back + count) % count;
    }
}
