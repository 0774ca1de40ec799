using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.EnvironmentModel;

namespace WorldModels.Tests.Train;

public sealed class OptionTextTests
{
    [Test]
    public void SetsTypedValuesByName()
    {
        A2COptions options = OptionText.With(new A2COptions(), ["learningRate=1e-3", "Environments=8", "blindReward=true", "updates=1e3"]);
        Assert.Multiple(() =>
        {
            Assert.That(options.LearningRate, Is.EqualTo(1e-3));
            Assert.That(options.Environments, Is.EqualTo(8));
            Assert.That(options.BlindReward, Is.True);
            Assert.That(options.Updates, Is.EqualTo(1000));
            Assert.That(options.Gamma, Is.EqualTo(new A2COptions().Gamma));
        });
        Assert.That(OptionText.With(new EnvironmentModelOptions(), ["architecture=faithful"]).Architecture.ToString(), Is.EqualTo("Faithful"));
    }

    [TestCase("learnigRate=1", "did you mean 'learningRate'?")]
    [TestCase("learningRate", "--set takes key=value")]
    [TestCase("learningRate=fast", "learningRate takes a finite number, not 'fast'")]
    [TestCase("learningRate=NaN", "learningRate takes a finite number")]
    [TestCase("environments=0", "environments must be between 1 and 4096; it is 0")]
    [TestCase("environments=2.5", "environments takes a whole number")]
    [TestCase("gamma=1.5", "gamma must be between 0 and 1")]
    [TestCase("blindReward=maybe", "blindReward takes true or false")]
    public void RefusesWithOneClearLine(string assignment, string expected)
    {
        var exception = Assert.Throws<UserException>(() => OptionText.With(new A2COptions(), [assignment]));
        Assert.That(exception.Message, Does.Contain(expected).And.Not.Contains("\n"));
    }

    [Test]
    public void EveryPresetIsWithinItsRanges()
    {
        foreach (Algorithm algorithm in Algorithm.All)
            foreach (string preset in algorithm.PresetNames)
                Assert.DoesNotThrow(() => OptionText.Validate(algorithm.Preset(preset)), $"{algorithm.Name} {preset}");
    }

    [Test]
    public void AlgorithmsHaveTheUsualPresets()
    {
        foreach (Algorithm algorithm in Algorithm.All)
            Assert.That(algorithm.PresetNames, Is.SupersetOf(new[] { "debug", "small", "paper" }), algorithm.Name);
    }
}
