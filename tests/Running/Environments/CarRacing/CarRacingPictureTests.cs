using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class CarRacingPictureTests
{
    private const int Size = CarRacing.PictureSize;
    private const int BarTop = 84;

    [Test]
    public void TheCarIsInItsPlaceOnTheRoad()
    {
        CarRacingEnvironment environment = new();
        float[] picture = Drive(environment, 120);
        Assert.That(At(picture, 48, 73), Is.EqualTo((204, 0, 0)), "the hull at 3/4 of the height");
        Assert.That(At(picture, 48, 62), Is.EqualTo((102, 102, 102)).Or.EqualTo((105, 105, 105)).Or.EqualTo((107, 107, 107)),
            "the road before it");
        int green = Count(picture, 0, BarTop, color => color is (102, 204, 102) or (102, 230, 102));
        Assert.That(green, Is.GreaterThan(Size * BarTop / 3));
        Assert.That(Count(picture, 0, BarTop, color => color is (0, 0, 0)), Is.LessThan(40), "wheels, but nothing of the bar");
        Assert.That(Count(picture, BarTop, Size, color => color is (0, 0, 0)), Is.GreaterThan(Size * 12 / 2));
    }

    [Test]
    public void NoGrassShinesThroughTheRoad()
    {
        CarRacingEnvironment environment = new();
        float[] picture = new float[3 * Size * Size], action = new float[3];
        environment.Reset(3, picture);
        (int road, int worst) = (0, 0);
        for (int step = 0; step < 300; step++)
        {
            CarRacingDriver.Act(environment, action);
            environment.Step(action, picture);
            if (step < 60 || step % 10 != 0)
                continue;
            CarRacingSimulation simulation = environment.Simulation;
            foreach (TrackPoint point in simulation.Track.Points)
            {
                Vector2 seen = simulation.Car.Hull.Pose.ToLocal(new((float)point.X, (float)point.Y));
                (double column, double row) = (48 + 1.5552 * seen.X, 72 - 1.944 * seen.Y);
                if (column is < 4 or >= Size - 4 || row is < 4 or >= 60)
                    continue;
                (int red, int green, int blue) = At(picture, (int)column, (int)row);
                road++;
                worst = Math.Max(worst, Math.Max(Math.Abs(green - red), Math.Abs(blue - red)));
            }
        }
        Assert.That(road, Is.GreaterThan(100));
        Assert.That(worst, Is.Zero);
    }

    [Test]
    public void TheBarShowsTheNumbers()
    {
        CarRacingEnvironment driven = new();
        float[] picture = Drive(driven, 60);
        float[] numbers = new float[CarRacingSimulation.Indicators];
        driven.Simulation.Indicate(numbers);
        // The speed's bar begins 20 of 800 pixels over the edge, 0.4 of which a unit of speed has, in column 125 to 150 of 1000.
        double height = 0.4 * numbers[0] * Size / 800;
        Assert.That(height, Is.GreaterThan(1));
        double white = Enumerable.Range(BarTop, 12).Sum(row => At(picture, 13, row).Red / 255.0);
        Assert.That(white, Is.EqualTo(height).Within(0.3));
        double blue = Enumerable.Range(BarTop, 12).Sum(row => At(picture, 22, row).Blue / 255.0);
        Assert.That(blue, Is.EqualTo(0.2 * numbers[3] * Size / 800).Within(0.3));

        // The wheels turn to the left: the green bar grows to the left of its slot at 500 of 1000.
        float[] left = new float[3 * Size * Size];
        for (int step = 0; step < 10; step++)
            driven.Step([-1, 0, 0], left);
        Assert.That(At(left, 44, 88), Is.EqualTo((0, 255, 0)));
        Assert.That(At(left, 52, 88), Is.EqualTo((0, 0, 0)));
    }

    [Test]
    public void TouchedTilesLookAlike()
    {
        CarRacingEnvironment environment = new();
        Drive(environment, 100);
        int touched = Enumerable.Range(0, environment.Simulation.Track.Points.Length).Count(environment.Simulation.IsTouched);
        Assert.That(touched, Is.GreaterThanOrEqualTo(environment.Simulation.Visited).And.LessThan(environment.Simulation.Visited + 4));
    }

    [Test]
    public void TheCameraComesDown()
    {
        CarRacingEnvironment environment = new();
        float[] picture = Drive(environment, 0);
        Assert.That(At(picture, 2, 2), Is.EqualTo((0, 0, 0)), "beyond the playfield");
        Assert.That(Count(Drive(environment, 60), 0, 60, color => color is (0, 0, 0)), Is.Zero);
    }

    /// <summary>What a world model is trained on: the upper 84 rows in another size, straight from the scene.</summary>
    [Test]
    public void ACutHasNoBar()
    {
        PixelObservation<float> cut = new(new CarRacingEnvironment(new() { Observation = CarRacingObservation.Indicators }), 64,
            options: new() { Crop = new(0, 0, 1, 84.0 / Size) });
        float[] picture = new float[3 * 64 * 64];
        cut.Reset(2, picture);
        for (int step = 0; step < 60; step++)
            cut.Step([0, 0.3f, 0], picture);
        for (int column = 0; column < 64; column++)
        {
            int pixel = 63 * 64 + column;
            Assert.That(picture[64 * 64 + pixel], Is.GreaterThan(0.35f), "grass or road down to the last row");
        }
    }

    private static float[] Drive(CarRacingEnvironment environment, int steps)
    {
        float[] picture = new float[3 * Size * Size], action = new float[3];
        environment.Reset(2, picture);
        for (int step = 0; step < steps; step++)
        {
            CarRacingDriver.Act(environment, action);
            environment.Step(action, picture);
        }
        return picture;
    }

    private static (int Red, int Green, int Blue) At(float[] picture, int column, int row)
    {
        int pixel = row * Size + column;
        return (Byte(0), Byte(1), Byte(2));

        int Byte(int plane) => (int)MathF.Round(picture[plane * Size * Size + pixel] * 255);
    }

    private static int Count(float[] picture, int top, int bottom, Predicate<(int Red, int Green, int Blue)> holds) =>
        Enumerable.Range(top * Size, (bottom - top) * Size).Count(pixel => holds(At(picture, pixel % Size, pixel / Size)));
}
