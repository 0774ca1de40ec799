using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// A fixed rule that drives round the track, which it knows: it steers for a point of the middle line ahead, and is as fast as the bends
/// before it allow.
/// </summary>
public static class CarRacingDriver
{
    /// <summary>The action in the present state.</summary>
    /// <param name="environment">The race, started.</param>
    /// <param name="action">Receives steering, gas and brake.</param>
    public static void Act(CarRacingEnvironment environment, Span<float> action)
    {
        Require.Length(action.Length, 3, nameof(action));
        CarRacingSimulation simulation = environment.Simulation;
        PlanarBody hull = simulation.Car.Hull;
        ReadOnlySpan<TrackPoint> points = simulation.Track.Points;
        double speed = hull.Velocity.Length();
        int nearest = Nearest(points, hull.Pose.Position);

        double ahead = 8 + 0.2 * speed;
        TrackPoint aim = points[(nearest + 1 + (int)(ahead / CarRacingTrack.Step)) % points.Length];
        Vector2 target = hull.Pose.ToLocal(new((float)aim.X, (float)aim.Y));
        double steer = 2.5 * Math.Atan2(target.X, target.Y) + 0.1 * hull.Spin;

        double wanted = 75;
        int horizon = 4 + (int)(0.7 * speed / CarRacingTrack.Step);
        for (int i = 1; i <= horizon; i++)
        {
            TrackPoint a = points[(nearest + i) % points.Length], b = points[(nearest + i + 3) % points.Length];
            double bend = Math.Abs(Math.IEEERemainder(b.Heading - a.Heading, 2 * Math.PI)) / (3 * CarRacingTrack.Step);
            double allowed = Math.Sqrt(130 / Math.Max(bend, 1e-3)), distance = i * CarRacingTrack.Step;
            wanted = Math.Min(wanted, Math.Sqrt(allowed * allowed + 2 * 80 * distance));
        }
        action[0] = (float)Math.Clamp(steer, -1, 1);
        action[1] = speed < wanted ? (float)Math.Clamp(0.2 * (wanted - speed), 0, 1) : 0;
        action[2] = speed > wanted + 2 ? (float)Math.Clamp(0.05 * (speed - wanted), 0, 0.6) : 0;
    }

    private static int Nearest(ReadOnlySpan<TrackPoint> points, Vector2 position)
    {
        (int nearest, double least) = (0, double.MaxValue);
        for (int i = 0; i < points.Length; i++)
        {
            (double x, double y) = (points[i].X - position.X, points[i].Y - position.Y);
            if (x * x + y * y < least)
                (nearest, least) = (i, x * x + y * y);
        }
        return nearest;
    }
}
