using WorldModels.Recordings;

namespace WorldModels.Tests.Recordings;

/// <summary>Moments hold where the mean is large and the spread small, and where units are tiny.</summary>
public sealed class MomentsTests
{
    [TestCase(101325, 5, 0.01)]             // pascals
    [TestCase(293.15, 0.05, 0.01)]          // kelvins
    [TestCase(1_000_000, 3, 0.01)]          // counts of an encoder
    [TestCase(0, 3e-8, 0.01)]               // metres of something small
    [TestCase(1, 1e-5, 0.02)]               // as far as float32 goes
    public void MeanAndDeviation(double mean, double deviation, double tolerance)
    {
        Random random = new(1);
        Moments moments = new(1);
        double sum = 0, squares = 0;
        const int Count = 200_000;
        float[] values = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            values[i] = (float)(mean + deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            moments.Add([values[i]]);
            sum += values[i];
        }
        foreach (float value in values)
            squares += (value - sum / Count) * (value - sum / Count);
        Assert.That(moments.Mean(0), Is.EqualTo(sum / Count).Within(1e-12 * Math.Abs(mean) + 1e-6 * deviation));
        Assert.That(moments.Std(0), Is.EqualTo(Math.Sqrt(squares / Count)).Within(1e-6).Percent, "two passes in double say the same");
        Assert.That(moments.Std(0), Is.EqualTo(deviation).Within(tolerance * deviation), "and it is what was drawn");
    }

    [Test]
    public void AConstantIsExactlyConstant()
    {
        Moments moments = new(2);
        for (int i = 0; i < 1000; i++)
            moments.Add([0.1f, i % 2]);
        Assert.That((moments.Mean(0), moments.Std(0), moments.IsConstant(0)), Is.EqualTo(((double)0.1f, 0.0, true)));
        Assert.That((moments.Mean(1), moments.Std(1), moments.IsConstant(1)), Is.EqualTo((0.5, 0.5, false)));
    }
}
