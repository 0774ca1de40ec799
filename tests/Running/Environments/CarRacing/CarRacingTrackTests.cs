using MathNet.Numerics.Statistics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class CarRacingTrackTests
{
    /// <summary>Against what an independent program that draws by the same rule gave over 3000 attempts.</summary>
    [Test]
    public void TracksAreThoseOfTheRule()
    {
        const int Attempts = 3000;
        CarRacingTrack track = new();
        Pcg64RandomSource random = new(1);
        List<double> tiles = [], headings = [];
        for (int i = 0; i < Attempts; i++)
        {
            if (!track.TryCreate(random))
                continue;
            tiles.Add(track.Points.Length);
            headings.Add(track.Points[0].Heading);
        }
        double rejected = 1 - (double)tiles.Count / Attempts;
        TestContext.Out.WriteLine($"rejected {rejected:P2}; {tiles.Mean():F1} +- {tiles.StandardDeviation():F1} tiles, "
            + $"{tiles.Min()} to {tiles.Max()}, 5 to 95 %: {tiles.Percentile(5):F0} to {tiles.Percentile(95):F0}; "
            + $"heading {headings.Mean():F2} +- {headings.StandardDeviation():F2}");
        // Four standard errors of the difference, or the rounding.
        Assert.That(rejected, Is.EqualTo(0.071).Within(4 * Math.Sqrt(2 * 0.071 * 0.929 / Attempts)));
        Assert.That(tiles.Mean(), Is.EqualTo(292).Within(0.5 + 4 * 22 * Math.Sqrt(2.0 / Attempts)));
        Assert.That(tiles.StandardDeviation(), Is.EqualTo(22).Within(0.5 + 4 * 22 / Math.Sqrt(Attempts)));
        Assert.That(tiles.Percentile(5), Is.EqualTo(257).Within(4));
        Assert.That(tiles.Percentile(95), Is.EqualTo(331).Within(4));
        Assert.That(headings.Mean(), Is.EqualTo(-0.39).Within(0.005 + 4 * 0.52 * Math.Sqrt(2.0 / Attempts)));
        Assert.That(headings.StandardDeviation(), Is.EqualTo(0.52).Within(0.03));
    }

    [Test]
    public void ATrackIsOneClosedRoadWithKerbsInItsBends()
    {
        const double Full = 2 * Math.PI, Sharp = 0.062;
        CarRacingTrack track = new();
        Pcg64RandomSource random = new(2);
        int kerbs = 0;
        for (int repeat = 0; repeat < 20; repeat++)
        {
            track.Create(random);
            TrackPoint[] points = [.. track.Points];
            double round = 0;
            for (int i = 0; i < points.Length; i++)
            {
                TrackPoint from = points[(i + points.Length - 1) % points.Length], to = points[i];
                double length = double.Hypot(to.X - from.X, to.Y - from.Y);
                Assert.That(length, i == 0 ? Is.LessThan(20) : Is.EqualTo(3.5).Within(1e-9), $"tile {i}");
                round += Math.IEEERemainder(Math.Atan2(to.Y, to.X) - Math.Atan2(from.Y, from.X), Full);
                double turn = to.Heading - from.Heading;
                if (i > 0)
                    Assert.That(Math.Abs(turn), Is.LessThanOrEqualTo(0.31 + 1e-9).Or.GreaterThan(Full - 0.32));
                if (i < 5 || i > points.Length - 10 || !track.Kerbs[i])
                    continue; // where the ends meet, headings differ by turns
                kerbs++;
                // Somewhere in the four tiles from here on the road has just turned four times to one side.
                Assert.That(Enumerable.Range(i, 4).Any(end => Enumerable.Range(end - 3, 4).All(at => Turn(at) > Sharp)
                    || Enumerable.Range(end - 3, 4).All(at => Turn(at) < -Sharp)), $"tile {i}");
            }
            Assert.That(round, Is.EqualTo(Full).Within(1e-9), "counter-clockwise, once");

            double Turn(int at) =>
                points[at % points.Length].Heading - points[(at + points.Length - 1) % points.Length].Heading;
        }
        Assert.That(kerbs, Is.GreaterThan(100));
    }
}
