using System.Reflection;
using System.Text.RegularExpressions;
using CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;
using WorldModels.MLNet;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>The README's samples run: its C# stands here word for word, its commands are those of the tools.</summary>
public sealed class ReadmeTests
{
    [Test]
    public void TheSampleRuns()
    {
        string previous = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(Repository.Root);
        try
        {
            float[] observation = new float[3 * 15 * 19];
            long[] action = new long[1];
            float[] seen = [0, -1, 0, 0, 0], push = new float[1];
            using Controller explorer = Controller.Load("models/zoo/pendulum-swingup-plan2explore");
            explorer.Act([1, 0, 30], push);     // upright, and faster than it ever turned
            string folder = "tests/Running/Recordings/data/pendulum/random-v0";

            // <sample>
            using WorldModel world = WorldModel.Load("models/zoo/minipacman-environment-model");
            using Dream dream = world.Dream(batch: 1024, horizon: 15);    // buffers bound once, no allocation per step
            DreamBatch imagined = dream.Run(seed: 7);                    // rewards, continues, actions, states
            float first = imagined.Rewards(0)[0];
            using Controller controller = Controller.Load("models/zoo/minipacman-a2c");
            controller.Act(observation, action);                         // spans in, spans out; Reset(rows) between episodes, SetTask("hover") of several
            bool isFar = explorer.Novelty[0] > explorer.Manifest.NoveltyThreshold;   // a controller of pendulum-swingup-plan2explore: far from what it knows?
            using Planner planner = Planner.Load("models/zoo/cartpole-swingup-planet");
            planner.Act(seen, push);                                     // no policy: it searches for each action in the world model
            MLContext ml = new();                                        // WorldModels.MLNet: recordings and bundles in ML.NET's pipelines
            IDataView played = ml.Data.LoadFromRecording(folder);        // episodes stream; ml.Data.SaveAsEpisodes writes them
            IDataView acted = ml.Transforms.ApplyController("models/zoo/pendulum-dreamer", "observation", "U", "episode").Fit(played).Transform(played);
            // </sample>

            Assert.That(float.IsFinite(first));
            Assert.That(isFar);
            Assert.That(action[0], Is.InRange(0, 4));
            Assert.That(push[0], Is.InRange(-1, 1).And.Not.Zero);
            Assert.That(acted.GetColumn<float>("U"), Has.All.InRange(-2f, 2f).And.Some.Not.Zero);
        }
        finally
        {
            Directory.SetCurrentDirectory(previous);
        }
    }

    [Test]
    public void TheSampleStandsInTheReadme()
    {
        string source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Running", "Tools", "ReadmeTests.cs"));
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Match sample = Regex.Match(source, "// <sample>\n(.*?)\n *// </sample>", RegexOptions.Singleline);
        string text = string.Join('\n', sample.Groups[1].Value.Split('\n').Select(line => line.Length > 12 ? line[12..] : ""));
        Assert.That(readme, Does.Contain(text));
    }

    [Test]
    public void ItIsReadInTenMinutes()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        Assert.That(lines, Has.Length.AtMost(150));
        Assert.That(lines, Has.All.Length.AtMost(300));
    }

    /// <summary>Each picture and page that these pages link to is there.</summary>
    [TestCase("README.md")]
    [TestCase("models/zoo/README.md")]
    [TestCase("runtime/README.md")]
    [TestCase("runtime/samples/README.md")]
    [TestCase("runtime/templates/README.md")]
    [TestCase("runtime/WorldModels.Native/README.md")]
    [TestCase("tools/bench/README.md")]
    [TestCase("tools/Web/README.md")]
    public void ItsLinksLeadSomewhere(string page)
    {
        string path = Path.Combine(Repository.Root, page);
        MatchCollection links = Regex.Matches(File.ReadAllText(path), @"\]\(([^)#]+)\)");
        foreach (string link in links.Select(match => match.Groups[1].Value).Where(link => !link.StartsWith("http")))
            Assert.That(Path.Exists(Path.Combine(Path.GetDirectoryName(path)!, link)), $"{page} links to {link}");
    }

    /// <summary>Each command of the tools that these pages show is one, and has the options that they show.</summary>
    [TestCase("README.md")]
    [TestCase("models/zoo/README.md")]
    [TestCase("runtime/README.md")]
    [TestCase("tools/bench/README.md")]
    [TestCase("tools/Web/README.md")]
    public void ItsCommandsAreThoseOfTheTools(string page)
    {
        Dictionary<string, HashSet<string>> verbs = typeof(ToolsApp).Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(VerbAttribute), inherit: false))
            .ToDictionary(type => type.GetCustomAttribute<VerbAttribute>()!.Name, type => (HashSet<string>)
                [.. type.GetProperties().Select(property => property.GetCustomAttribute<OptionAttribute>()?.LongName).OfType<string>()]);
        string text = File.ReadAllText(Path.Combine(Repository.Root, page));
        foreach (Match command in Regex.Matches(text, @"(?:^|`)tools ([a-z]+)([^`\n#]*)", RegexOptions.Multiline))
        {
            string verb = command.Groups[1].Value;
            Assert.That(verbs, Does.ContainKey(verb), $"{page}: {command.Value}");
            foreach (Match option in Regex.Matches(command.Groups[2].Value, "--([a-z-]+)"))
                Assert.That(verbs[verb], Does.Contain(option.Groups[1].Value), $"{page}: {command.Value}");
        }
    }
}
