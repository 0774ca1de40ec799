using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class EnvironmentRegistryTests
{
    [TestCase("minipacman", "minipacman-regular")]
    [TestCase("minipacman-regular", "minipacman-regular")]
    [TestCase("minipacman-avoid", "minipacman-avoid")]
    [TestCase("minipacman-hunt", "minipacman-hunt")]
    [TestCase("minipacman-ambush", "minipacman-ambush")]
    [TestCase("minipacman-rush", "minipacman-rush")]
    public void MakesByName(string name, string made)
    {
        Assert.That(EnvironmentRegistry.Make<long>(name).Name, Is.EqualTo(made));
        IVectorEnvironment<long> vector = EnvironmentRegistry.MakeVector<long>(name, 3);
        Assert.That(vector.Name, Is.EqualTo(made));
        Assert.That(vector.Count, Is.EqualTo(3));
    }

    [Test]
    public void AnUnknownNameGetsTheListAndTheNearest()
    {
        Assert.That(
            () => EnvironmentRegistry.Make<long>("MiniPackman-Hunt"),
            Throws.ArgumentException.With.Message.Contains("Did you mean 'minipacman-hunt'?")
                .And.Message.Contains("minipacman, minipacman-regular, minipacman-avoid"));
    }

    [Test]
    public void TheActionTypeMustFit() => Assert.That(
        () => EnvironmentRegistry.MakeVector<float>("minipacman", 1),
        Throws.ArgumentException.With.Message.Contains("discrete (long), not System.Single"));

    [Test]
    public void BoxesCompareByValue()
    {
        Box box = new Box(0, 1, [3, 15, 19]);
        Assert.That(box, Is.EqualTo(new Box(0, 1, [3, 15, 19])));
        Assert.That(box, Is.Not.EqualTo(new Box(0, 1, [15, 19, 3])));
        Assert.That(box.Size, Is.EqualTo(855));
        Assert.That(box.ToString(), Is.EqualTo("Box(0, 1, (3, 15, 19))"));
    }
}
