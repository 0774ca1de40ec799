namespace WorldModels.Tests.Train;

/// <summary>What the training tool says that there is.</summary>
public sealed class ListTests
{
    [TestCase("minipacman")]
    [TestCase("reacher-easy")]
    [TestCase("walker-walk")] // whether MuJoCo is there or not
    [TestCase("humanoid-run")]
    public void EnvironmentsAreListed(string name) => Assert.That(TrainTool.Succeed("list").Output, Does.Contain($"\n  {name} "));
}
