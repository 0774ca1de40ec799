namespace WorldModels.Environments;

/// <summary>The bar at the lower edge of a picture: score, speed, spin of the wheels, steering, and how fast the car turns.</summary>
internal static class CarRacingBar
{
    private const double Slot = 25;
    private const double Unit = 20;

    private const uint White = 0xFFFFFF;
    private const uint FrontWheels = 0x0000FF;
    private const uint RearWheels = 0x3300FF;
    private const uint Steering = 0x00FF00;
    private const uint Turning = 0xFF0000;

    /// <summary>Segments of a digit, from the top clockwise, the middle one last: which of them each digit lights, bit by bit.</summary>
    private static ReadOnlySpan<byte> Digits => [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F];

    public static void Draw(FlatScene scene, CarRacingSimulation simulation)
    {
        Span<float> numbers = stackalloc float[CarRacingSimulation.Indicators];
        simulation.Indicate(numbers);
        scene.Rectangle(0, scene.Left, scene.Bottom, scene.Right, 5 * Unit);
        Upright(scene, White, 5, 0.02 * numbers[0]);
        for (int wheel = 0; wheel < 4; wheel++)
            Upright(scene, wheel < CarRacingCar.RearLeft ? FrontWheels : RearWheels, 7 + wheel, 0.01 * numbers[1 + wheel]);
        Level(scene, Steering, 20, -10 * numbers[5]);
        Level(scene, Turning, 30, -0.8 * numbers[6]);
        AddScore(scene, (int)simulation.Score);
    }

    private static void Upright(FlatScene scene, uint color, int slot, double value)
    {
        if (Shows(value))
            scene.Rectangle(color, slot * Slot, Unit, (slot + 1) * Slot, Unit + Unit * value);
    }

    private static void Level(FlatScene scene, uint color, int slot, double value)
    {
        if (Shows(value))
            scene.Rectangle(color, slot * Slot, 2 * Unit, (slot + value) * Slot, 4 * Unit);
    }

    private static bool Shows(double value) => Math.Abs(value) > 1e-4;

    /// <summary>Four places, the first of which is the sign of what is below zero.</summary>
    private static void AddScore(FlatScene scene, int score)
    {
        const double Left = 14, Bottom = 35, Pitch = 24;
        int rest = Math.Abs(score);
        for (int place = 3; place >= 0; place--, rest /= 10)
        {
            double x = Left + place * Pitch;
            if (place == 0 && score < 0)
                AddSegments(scene, 0x40, x, Bottom);
            else
                AddSegments(scene, Digits[rest % 10], x, Bottom);
        }
    }

    private static void AddSegments(FlatScene scene, byte lit, double x, double y)
    {
        const double Wide = 18, Half = 15, Thick = 5;
        (double right, double middle, double top) = (x + Wide, y + Half, y + 2 * Half);
        ReadOnlySpan<(double Left, double Bottom, double Right, double Top)> segments =
        [
            (x, top - Thick, right, top),
            (right - Thick, middle, right, top),
            (right - Thick, y, right, middle),
            (x, y, right, y + Thick),
            (x, y, x + Thick, middle),
            (x, middle, x + Thick, top),
            (x, middle - Thick / 2, right, middle + Thick / 2),
        ];
        for (int i = 0; i < segments.Length; i++)
        {
            if ((lit >> i & 1) != 0)
                scene.Rectangle(White, segments[i].Left, segments[i].Bottom, segments[i].Right, segments[i].Top);
        }
    }
}
