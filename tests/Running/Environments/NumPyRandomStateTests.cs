using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class NumPyRandomStateTests
{
    [Test]
    public void NormalEqualsNumPy()
    {
        // np.random.RandomState(0).randn(5), as in countless notebooks.
        NumPyRandomState random = new NumPyRandomState(0);
        double[] drawn = [.. Enumerable.Range(0, 5).Select(_ => random.Normal())];
        Assert.That(
            drawn, Is.EqualTo(new[] { 1.764052345967664, 0.4001572083672233, 0.9787379841057392, 2.240893199201458, 1.8675579901499675 })
                .Within(4).Ulps);
    }

    [Test]
    public void GoesOnFromASavedState()
    {
        NumPyRandomState random = new NumPyRandomState(8);
        random.Normal(); // one is kept
        using MemoryStream stream = new MemoryStream();
        using BinaryWriter writer = new BinaryWriter(stream);
        random.Save(writer);
        stream.Position = 0;
        NumPyRandomState other = new NumPyRandomState(0);
        other.Restore(new BinaryReader(stream));
        for (int i = 0; i < 100; i++)
            Assert.That(other.Normal(), Is.EqualTo(random.Normal()));
        random.Seed(8);
        Assert.That(random.Normal(), Is.EqualTo(new NumPyRandomState(8).Normal()), "a seed forgets what was kept");
    }
}
