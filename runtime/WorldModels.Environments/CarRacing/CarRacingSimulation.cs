using System.Numerics;

namespace WorldModels.Environments;

/// <summary>The rules of Gymnasium's CarRacing-v3 over <see cref="CarRacingTrack"/> and <see cref="CarRacingCar"/>.</summary>
internal sealed class CarRacingSimulation(IRandomSource random, CarRacingOptions options) : ISensorListener
{
    /// <summary>Half the side of the square that must not be left.</summary>
    public const double Playfield = 2000 / CarRacingCar.Scale;

    /// <summary>Numbers that the picture's bar shows.</summary>
    public const int Indicators = 7;

    private readonly List<SensorZone> _zones = [];
    private bool[] _visited = [];
    private bool[] _touched = [];
    private double _paid;
    private bool _hasFinished;

    public CarRacingTrack Track { get; } = new();

    public CarRacingCar Car { get; } = new();

    /// <summary>Seconds since the start.</summary>
    public double Time { get; private set; }

    /// <summary>The sum of all rewards, but for what leaving the playfield costs.</summary>
    public double Score { get; private set; }

    /// <summary>Tiles that a wheel has visited.</summary>
    public int Visited { get; private set; }

    /// <summary>Whether any part of the car has touched a tile, which then looks a little different.</summary>
    public bool IsTouched(int tile) => _touched[tile];

    /// <summary>Draws a track, puts the car on it, and makes one step without controls, as the original's reset does.</summary>
    public void Start()
    {
        Track.Create(random);
        PlaceZones();
        (_paid, Score, Time, Visited, _hasFinished) = (0, 0, 0, 0, false);
        TrackPoint start = Track.Points[0];
        Car.Place(start.X, start.Y, start.Heading);
        Move();
    }

    /// <summary>Advances by a step.</summary>
    /// <returns>The reward.</returns>
    public double Advance(CarControls controls, out bool terminated)
    {
        const double StepCost = 0.1, Lost = -100;
        Car.Control(controls);
        Move();
        Score -= StepCost;
        double gained = Score - _paid;
        _paid = Score;
        Vector2 position = Car.Hull.Pose.Position;
        bool isLost = Math.Abs(position.X) > Playfield || Math.Abs(position.Y) > Playfield;
        terminated = isLost || _hasFinished || Visited == Track.Points.Length;
        return isLost ? Lost : gained;
    }

    /// <summary>Speed, spin of the four wheels, angle of the front left wheel, angular velocity; in units of length, rad and s.</summary>
    public void Indicate(Span<float> numbers)
    {
        numbers[0] = Car.Hull.Velocity.Length();
        for (int i = 0; i < Car.Wheels.Length; i++)
            numbers[1 + i] = (float)Car.Wheels[i].Omega;
        numbers[5] = Car.Wheels[CarRacingCar.FrontLeft].Joint.Angle;
        numbers[6] = Car.Hull.Spin;
    }

    public void Save(BinaryWriter writer)
    {
        Track.Save(writer);
        Car.Save(writer);
        for (int tile = 0; tile < Track.Points.Length; tile++)
        {
            writer.Write(_visited[tile]);
            writer.Write(_touched[tile]);
        }
        writer.Write(_paid);
        writer.Write(Score);
        writer.Write(Time);
        writer.Write(_hasFinished);
    }

    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        Track.Restore(reader);
        PlaceZones();
        Car.Restore(reader);
        Visited = 0;
        for (int tile = 0; tile < Track.Points.Length; tile++)
        {
            (_visited[tile], _touched[tile]) = (reader.ReadBoolean(), reader.ReadBoolean());
            Visited += _visited[tile] ? 1 : 0;
        }
        Span<double> numbers = stackalloc double[3];
        Require.ReadFinite(reader, numbers);
        (_paid, Score, Time, _hasFinished) = (numbers[0], numbers[1], numbers[2], reader.ReadBoolean());
    }

    void ISensorListener.Entered(SensorZone zone, PlanarBody body)
    {
        const double AllTiles = 1000, LapShare = 0.95;
        int tile = zone.Index, count = Track.Points.Length;
        _touched[tile] = true;
        if (Car.WheelOf(body) is not { } wheel)
            return;
        wheel.Tiles++;
        if (!_visited[tile])
        {
            _visited[tile] = true;
            Score += AllTiles / count;
            Visited++;
        }
        _hasFinished |= options.EndsWithLap && tile == 0 && Visited > LapShare * count;
    }

    void ISensorListener.Left(SensorZone zone, PlanarBody body)
    {
        if (Car.WheelOf(body) is { } wheel)
            wheel.Tiles--;
    }

    private void Move()
    {
        Car.Step(this);
        Time += CarRacingCar.TimeStep;
    }

    /// <summary>A zone for each tile; none has been visited.</summary>
    private void PlaceZones()
    {
        int count = Track.Points.Length;
        if (_visited.Length < count)
            (_visited, _touched) = (new bool[count], new bool[count]);
        _visited.AsSpan().Clear();
        _touched.AsSpan().Clear();
        Car.World.RemoveZones();
        for (int tile = 0; tile < count; tile++)
        {
            if (tile == _zones.Count)
                _zones.Add(new(tile));
            TrackPoint from = Track.Points[(tile + count - 1) % count], to = Track.Points[tile];
            _zones[tile].Place(
                Corner(to, -CarRacingTrack.HalfWidth), Corner(to, CarRacingTrack.HalfWidth),
                Corner(from, CarRacingTrack.HalfWidth), Corner(from, -CarRacingTrack.HalfWidth));
            Car.World.Add(_zones[tile]);
        }

        static Vector2 Corner(TrackPoint point, double offset)
        {
            (double x, double y) = point.Beside(offset);
            return new((float)x, (float)y);
        }
    }
}
