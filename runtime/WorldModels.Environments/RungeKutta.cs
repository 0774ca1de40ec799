namespace WorldModels.Environments;

/// <summary>Two joints that accelerate as a function of their state.</summary>
internal interface ITwoJoints
{
    (double First, double Second) Accelerate(double position1, double position2, double velocity1, double velocity2);
}

/// <summary>The classical Runge-Kutta method of order four.</summary>
internal static class RungeKutta
{
    /// <summary>Advances two positions and their two velocities.</summary>
    public static void Step<TSystem>(TSystem system, double timeStep, Span<double> state) where TSystem : ITwoJoints
    {
        double half = timeStep / 2, sixth = timeStep / 6;
        (double p, double q, double v, double w) = (state[0], state[1], state[2], state[3]);
        (double a1, double b1) = system.Accelerate(p, q, v, w);
        (double v2, double w2) = (v + half * a1, w + half * b1);
        (double a2, double b2) = system.Accelerate(p + half * v, q + half * w, v2, w2);
        (double v3, double w3) = (v + half * a2, w + half * b2);
        (double a3, double b3) = system.Accelerate(p + half * v2, q + half * w2, v3, w3);
        (double v4, double w4) = (v + timeStep * a3, w + timeStep * b3);
        (double a4, double b4) = system.Accelerate(p + timeStep * v3, q + timeStep * w3, v4, w4);
        state[0] = p + sixth * (v + 2 * (v2 + v3) + v4);
        state[1] = q + sixth * (w + 2 * (w2 + w3) + w4);
        state[2] = v + sixth * (a1 + 2 * (a2 + a3) + a4);
        state[3] = w + sixth * (b1 + 2 * (b2 + b3) + b4);
    }
}
