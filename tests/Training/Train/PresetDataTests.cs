using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Recordings;
using WorldModels.Train;

namespace WorldModels.Tests.Train;

/// <summary>The files of presets, and what they come to.</summary>
public sealed class PresetDataTests
{
    private static IEnumerable<string> Algorithms => Algorithm.All.Select(algorithm => algorithm.Name);

    /// <summary>
    /// Every option of every preset in every environment, as the file golden/presets.txt has it: a line of all options for each preset in
    /// its own environment, then for each environment the options that differ from that line.
    /// </summary>
    [Test]
    public void EveryPresetIsWhatItWasInEveryEnvironment()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Train", "golden", "presets.txt"));
        Assert.That(lines, Has.Length.EqualTo(867));
        Dictionary<string, string> own = [];
        Assert.Multiple(() =>
        {
            foreach (string line in lines)
            {
                int colon = line.IndexOf(':');
                string[] words = line[..colon].Split(' ');
                string? environment = words.ElementAtOrDefault(2);
                Dictionary<string, string> options = OptionText.Describe(Algorithm.Find(words[0]).Preset(words[1], environment)).ToDictionary();
                own = environment is null ? options : own;
                IEnumerable<KeyValuePair<string, string>> shown = options.Where(pair => environment is null || own[pair.Key] != pair.Value);
                Assert.That(string.Join("; ", shown.Select(pair => $"{pair.Key}={pair.Value}")), Is.EqualTo(line[(colon + 1)..].Trim()),
                    line[..colon]);
            }
        });
    }

    /// <summary>Reading a preset refuses what its file has wrong; here every preset of every algorithm is read for every environment.</summary>
    [TestCaseSource(nameof(Algorithms))]
    public void EveryFileIsSound(string name)
    {
        MuJoCoSuite.Register();
        Algorithm algorithm = Algorithm.Find(name);
        string[] environments = [.. EnvironmentRegistry.All.Select(environment => environment.Name), DatasetSpec.NoEnvironment];
        Assert.That(algorithm.PresetNames, Is.SupersetOf(new[] { "debug", "small", "paper" }));
        Assert.That(algorithm.FittedEnvironments, Is.SubsetOf(environments).And.Unique);
        foreach (string preset in algorithm.PresetNames)
        {
            foreach (string? environment in environments.Append(null))
                OptionText.Validate(algorithm.Preset(preset, environment));
        }
    }

    /// <summary>A run of what others call by another name is a run of ours: its presets, its folder, its bundle.</summary>
    [TestCase("CartPole-v1", "cartpole")]
    [TestCase("Pendulum-v1", "pendulum")]
    [TestCase("dm_control/cartpole-swingup-v0", "cartpole-swingup")]
    [TestCase("walker_walk", "walker-walk")]
    public void AnAliasIsTakenForOurName(string alias, string name)
    {
        MuJoCoSuite.Register();
        Algorithm dreamer = Algorithm.Find("dreamer");
        TrainOptions ours = dreamer.Resolve("small", name, seed: 1, []);
        Assert.That(ours.Env, Is.EqualTo(name));
        Assert.That(dreamer.Resolve("small", alias, seed: 1, []), Is.EqualTo(ours));
        Assert.That(dreamer.Resolve("small", null, seed: 1, [$"env={alias}"]).Env, Is.EqualTo(name));
    }

    [Test]
    public void PresetsBuildOnOneAnotherAndAreFittedToEnvironments()
    {
        Presets<TestOptions> presets = Presets<TestOptions>.Parse("""
            {
              "presets": {
                "debug": { "base": "small", "updates": 3 },
                "small": { "updates": 20, "units": [8, 8] }   // comments are allowed
              },
              "environments": [
                { "names": ["cartpole", "acrobot"], "options": { "rate": 0.5 }, "presets": { "small": { "updates": 30 } } },
                { "names": ["*"], "options": { "rate": 0.25 } }
              ]
            }
            """, "test");
        Assert.Multiple(() =>
        {
            Assert.That(presets.Names, Is.EqualTo(new[] { "debug", "small" }));
            Assert.That(presets.Of("small"), Is.EqualTo(new TestOptions { Updates = 20, Units = [8, 8], Rate = 0.25 }));
            Assert.That(presets.Of("debug"), Is.EqualTo(new TestOptions { Updates = 3, Units = [8, 8], Rate = 0.25 }));
            Assert.That(presets.Of("small", "acrobot"),
                Is.EqualTo(new TestOptions { Env = "acrobot", Updates = 30, Units = [8, 8], Rate = 0.5 }));
            Assert.That(presets.Of("debug", "acrobot").Updates, Is.EqualTo(3), "what small is asked for is not debug's");
        });
    }

    [TestCase("""{"presets": {"a": {"updats": 3}}}""", "test, preset a: Unknown option 'updats'; did you mean 'updates'?")]
    [TestCase("""{"presets": {"a": {"rate": 2}}}""", "test, preset a: rate must be between 0 and 1; it is 2")]
    [TestCase("""{"presets": {"a": {"units": [4, 0]}}}""", "test, preset a: units must be between 1 and 64; element 2 is 0")]
    [TestCase("""{"presets": {"a": {"updates": "many"}}}""", "test, preset a: The JSON value could not be converted", "updates")]
    [TestCase("""{"presets": {"a": {"mode": 1}}}""", "test, preset a: The JSON value could not be converted", "mode")]
    [TestCase("""{"presets": {"a": {"product": 1}}}""", "test, preset a: Unknown option 'product'")]
    [TestCase("""{"presets": {"a": {"base": "smal"}, "small": {}}}""", "test, preset a: There is no preset 'smal'; did you mean 'small'?")]
    [TestCase("""{"presets": {"a": {"base": "b"}, "b": {"base": "a"}}}""", "It builds on itself: a, b, a")]
    [TestCase("""{"presets": {"a": {"base": 1}}}""", "'base' takes the name of a preset, not 1")]
    [TestCase("""{"presets": {"a": {}}, "environments": [{"names": ["*"], "presets": {"c": {}}}]}""", "There is no preset 'c'")]
    [TestCase("""{"presets": {"a": {}}, "environments": [{"names": ["*"], "options": {"rate": 2}}]}""", "test, environment minipacman: rate")]
    [TestCase("""{"presets": {"a": {}}, "environments": [{"names": ["*"], "presets": {"a": {"rate": 2}}}]}""", "minipacman, preset a: rate")]
    [TestCase("""{"presets": {"a": {}}, "environment": []}""", "test does not hold presets", "environment")]
    [TestCase("""{"presets": {"a": {}, "a": {}}}""", "test does not hold presets: Duplicate")]
    [TestCase("""{"presets": {"a": {"updates": 1, "updates": 2}}}""", "test does not hold presets: Duplicate properties")]
    [TestCase("{}", "test does not hold presets", "presets")]
    [TestCase("null", "test does not hold presets: It is empty")]
    public void AMistakeInAFileIsNamed(string json, params string[] expected)
    {
        InvalidDataException? exception = Assert.Throws<InvalidDataException>(() => Presets<TestOptions>.Parse(json, "test").Of("a"));
        foreach (string text in expected)
            Assert.That(exception.Message, Does.Contain(text));
    }

    [Test]
    public void AnAlgorithmWithoutAFileOfPresetsIsTold() =>
        Assert.That(() => Presets<TestOptions>.Embedded, Throws.TypeOf<InvalidDataException>().With.Message.Contains("no resource presets.json"));
}
