using WorldModels.Train.Algorithms;

namespace WorldModels.Tests.ED2;

/// <summary>
/// Three point masses on a plane, which six actuators push: mass i is pushed by actuators i and i + 3, in two directions. Observed are all
/// positions and velocities. What random actions show of it.
/// </summary>
internal static class PlantedMasses
{
    /// <summary>The tree of the six actuators.</summary>
    /// <param name="noise">Standard deviation of the noise on all that is observed; a step changes velocities by about 0.06.</param>
    /// <param name="shared">How far all masses move with a body that bears them, of what each moves by itself.</param>
    /// <param name="steps">Random actions.</param>
    /// <param name="seed">Draws them.</param>
    public static ActuatorTree Tree(double noise, double shared, int steps, int seed)
    {
        const double Step = 0.1, Damping = 0.5;
        Random random = new(seed);
        ActuatorEffects effects = new(actions: 6, observations: 12);
        double[] positions = new double[6], velocities = new double[6];     // x and y of each mass
        float[] action = new float[6], before = new float[12], after = new float[12];
        Observe();
        for (int step = 0; step < steps; step++)
        {
            (before, after) = (after, before);
            double[] forces = new double[6];
            for (int actuator = 0; actuator < 6; actuator++)
            {
                action[actuator] = 2 * random.NextSingle() - 1;
                (double sin, double cos) = Math.SinCos(actuator < 3 ? 0.4 : 1.2);
                forces[2 * (actuator % 3)] += action[actuator] * cos;
                forces[2 * (actuator % 3) + 1] += action[actuator] * sin;
            }
            for (int i = 0; i < 6; i++)
            {
                double body = shared * (forces[i % 2] + forces[i % 2 + 2] + forces[i % 2 + 4]) / 3;
                velocities[i] += Step * (forces[i] + body - Damping * velocities[i]);
                positions[i] += Step * velocities[i];
            }
            Observe();
            effects.Add(action, before, after);
        }
        return ActuatorTree.Of(effects.Correlations(), threshold: 0);

        void Observe()
        {
            for (int i = 0; i < 12; i++)
                after[i] = (float)((i < 6 ? positions[i] : velocities[i - 6]) + noise * Normal());
        }

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
