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
    /// <exception cref="InvalidOperationException">The race was never started.</exception>
    public static void Act(CarRacingEnvironment environment, Span<float> action)
    {
        Require.Length(action.Length, 3, nameof(action));
        CarRacingSimulation simulation = environment.Simulation;
        PlanarBody hull = simulation.Car.Hull;
        ReadOnlySpan<TrackPoint> points = simulation.Track.Points;
        if (points.IsEmpty)
            throw new InvalidOperationException("There is no track yet: call Reset first.");
        double speed = hull.Velocity.Length();
        int nearest = Nearest(points, hull.Pose.Position);

        double ahead = 8.5 + 0.25 * speed;
        TrackPoint aim = points[(nearest + 1 + (int)(ahead / CarRacingTrack.Step)) % points.Length];
        Vector2 target = hull.Pose.ToLocal(new((float)aim.X, (float)aim.Y));
        double steer = Math.Clamp(1.8 * Math.Atan2(target.X, target.Y) + 0.12 * hull.Spin, -1, 1);

        double wanted = Allowed(points, nearest, speed);
        action[0] = (float)steer;
        // Wheels that push as hard as they can hold nothing to the side.
        action[1] = (float)Math.Clamp(0.12 * (wanted - speed), 0, 1 - 0.9 * Math.Abs(steer));
        action[2] = (float)Math.Clamp(0.05 * (speed - wanted - 2), 0, 0.55);
    }

    /// <summary>The speed from which every bend ahead can be taken, if one brakes in time.</summary>
    private static double Allowed(ReadOnlySpan<TrackPoint> points, int nearest, double speed)
    {
        const double Fastest = 83, Sideways = 140, Braking = 40, LookAhead = 1.05;
        const int Span = 3; // tiles over which a bend is measured
        double allowed = Fastest;
        int horizon = 4 + (int)(LookAhead * speed / CarRacingTrack.Step);
        for (int i = 1; i <= horizon; i++)
        {
            TrackPoint from = points[(nearest + i) % points.Length], to = points[(nearest + i + Span) % points.Length];
            double bend = Math.Abs(Math.IEEERemainder(to.Heading - from.Heading, 2 * Math.PI)) / (Span * CarRacingTrack.Step);
            double squared = Sideways / Math.Max(bend, 1e-3);
            allowed = Math.Min(allowed, Math.Sqrt(squared + 2 * Braking * i * CarRacingTrack.Step));
        }
        return allowed;
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
