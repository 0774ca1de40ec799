using System.Text.Json;
using WorldModels.Train;
using WorldModels.Train.Algorithms;

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
        UserException? exception = Assert.Throws<UserException>(() => OptionText.With(new A2COptions(), [assignment]));
        Assert.That(exception.Message, Does.Contain(expected).And.Not.Contains("\n"));
    }

    [TestCase("units=32", new[] { 32 })]
    [TestCase("units=32,16,8", new[] { 32, 16, 8 })]
    [TestCase("units=[32, 16]", new[] { 32, 16 })]
    [TestCase("units=[]", new int[0])]
    public void SetsLists(string assignment, int[] units) =>
        Assert.That(OptionText.With(new TestOptions(), [assignment]).Units, Is.EqualTo(units));

    [Test]
    public void SetsListsOfEveryType()
    {
        TestOptions options = OptionText.With(
            new TestOptions(), ["scales=1e-3,2", "tasks=[\"reach\",\"grasp\"]", "modes=secondMode,firstMode", "mode=secondMode"]);
        Assert.That(options, Is.EqualTo(new TestOptions
        {
            Scales = [1e-3, 2], Tasks = ["reach", "grasp"], Modes = [TestMode.SecondMode, TestMode.FirstMode], Mode = TestMode.SecondMode,
        }));
        IReadOnlyDictionary<string, string> text = OptionText.Describe(options);
        Assert.That((text["units"], text["scales"], text["tasks"], text["modes"]),
            Is.EqualTo(("[64,64]", "[0.001,2]", "[\"reach\",\"grasp\"]", "[\"secondMode\",\"firstMode\"]")));
        Assert.That(OptionText.With(new TestOptions(), text.Select(pair => $"{pair.Key}={pair.Value}")), Is.EqualTo(options), "as described");
    }

    [TestCase("units=", "units takes a list such as a,b or [a,b], each of them a whole number, not ''")]
    [TestCase("units=64,", "each of them a whole number, not '64,'")]
    [TestCase("units=64,many", "each of them a whole number, not '64,many'")]
    [TestCase("units=[64", "each of them a whole number, not '[64'")]
    [TestCase("units=64,0", "units must be between 1 and 64; element 2 is 0")]
    [TestCase("units=65", "units must be between 1 and 64; element 1 is 65")]
    [TestCase("scales=1,NaN", "each of them a finite number")]
    [TestCase("modes=thirdMode", "each of them one of firstMode, secondMode")]
    public void RefusesListsWithOneClearLine(string assignment, string expected)
    {
        UserException? exception = Assert.Throws<UserException>(() => OptionText.With(new TestOptions(), [assignment]));
        Assert.That(exception.Message, Does.Contain(expected).And.Not.Contains("\n"));
    }

    /// <summary>A run compares its options with what its folder holds.</summary>
    [Test]
    public void ListsAreComparedByValueAndKeptInJson()
    {
        TestOptions options = new TestOptions { Units = [3, 4], Scales = [0.1, 1e-300] };
        string json = JsonSerializer.Serialize(options, OptionText.Json);
        Assert.That(JsonSerializer.Deserialize<TestOptions>(json, OptionText.Json), Is.EqualTo(options));
        Assert.That(options with { Units = [3, 4] }, Is.EqualTo(options));
        Assert.That((options with { Units = [3, 4] }).GetHashCode(), Is.EqualTo(options.GetHashCode()));
        Assert.That(options with { Units = [4, 3] }, Is.Not.EqualTo(options));
        Assert.That(options with { Units = [3, 4, 4] }, Is.Not.EqualTo(options));
        Assert.That(() => JsonSerializer.Deserialize<TestOptions>("{\"tasks\": [null]}", OptionText.Json), Throws.TypeOf<JsonException>());
    }

    [Test]
    public void AFixedListStaysAsItIs()
    {
        Assert.That(OptionText.Change(new TestOptions(), ["units=64,64"]), Is.EqualTo(new TestOptions()));
        Assert.That(() => OptionText.Change(new TestOptions(), ["units=64"]),
            Throws.TypeOf<UserException>().With.Message.Contains("units is [64,64] for the whole of this run"));
    }
}
