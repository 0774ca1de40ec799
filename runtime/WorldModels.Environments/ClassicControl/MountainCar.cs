namespace WorldModels.Environments;

/// <summary>The hill that both mountain cars drive on.</summary>
internal static class MountainCar
{
    private const double Left = -1.2;
    private const double Right = 0.6;
    private const double MaxSpeed = 0.07;
    private const double Gravity = 0.0025;

    public static readonly string[] ObservationNames = ["x", "ẋ"];

    public static readonly Box Observations = new((float)Left, (float)Right, [2]);

    /// <summary>The state after a step.</summary>
    public static (double Position, double Velocity) Move(double position, double velocity, double push)
    {
        velocity = Math.Clamp(velocity + (push - Gravity * Math.Cos(3 * position)), -MaxSpeed, MaxSpeed);
        position = Math.Clamp(position + velocity, Left, Right);
        return (position, position == Left && velocity < 0 ? 0 : velocity);
    }

    public static void Observe(ReadOnlySpan<double> state, Span<float> observation) =>
        (observation[0], observation[1]) = ((float)state[0], (float)state[1]);

    /// <summary>An empty picture of the hill.</summary>
    public static FlatScene CreateScene() => new(Left, -0.25, Right, 1.55);

    public static Scene Draw(FlatScene scene, double position, double goal)
    {
        const int Pieces = 16;
        scene.Clear();
        for (int i = 0; i < Pieces; i++)
        {
            double from = Left + i * (Right - Left) / Pieces, to = Left + (i + 1) * (Right - Left) / Pieces;
            scene.Rod(Palette.Fixed, from, Height(from), to, Height(to), 0.015);
        }
        return scene
            .Rod(Palette.Target, goal, Height(goal), goal, Height(goal) + 0.2, 0.015)
            .Disc(Palette.Cart, position, Height(position) + 0.06, 0.06);
    }

    private static double Height(double position) => 0.45 * Math.Sin(3 * position) + 0.55;
}
