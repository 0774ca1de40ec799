using System.Text.RegularExpressions;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed partial class GraphDiagramTests
{
    private static readonly string Bundle = Path.Combine(Repository.Root, "models", "zoo", "cartpole-dreamer");

    [Test]
    public void ModulesAreBoxes()
    {
        string text = Succeeds("inspect", Bundle, "--graph", "dream");
        Assert.That(text, Does.StartWith("flowchart TD\n"));
        Assert.That(text, Does.Contain("([\"deterministic<br/>[batch, 64]\"])").And.Contain("([\"action<br/>int64 [batch]\"])"));
        Assert.That(text, Does.Contain("[\"actor<br/>5 operations<br/>9,474 weights\"]"));
        Assert.That(text, Does.Contain("[\"world/rssm/gru<br/>14 operations<br/>24,960 weights\"]"));
        Assert.That(text, Does.Contain("[\"actor<br/>5 operations<br/>9,474 weights\"]"));
        Assert.That(Drawn(text, "box"), Is.InRange(5, GraphDiagram.MostBoxes));
        AssertConnected(text);
    }

    [Test]
    public void EveryOperationIsDrawnInItsModules()
    {
        string text = Succeeds("inspect", Bundle, "--graph", "dream", "--full");
        ModelProto model = ModelReader.Load(Path.Combine(Bundle, "dream.onnx"));
        Assert.That(Drawn(text, "box"), Is.EqualTo(model.Graph.Node.Count));
        Assert.That(text, Does.Match(@"(?s)subgraph \w+\[""world""\].*subgraph \w+\[""rssm""\].*subgraph \w+\[""gru""\]"));
        Assert.That(text, Does.Contain("-->|\"[batch, 192]\"| box"));
        Assert.That(text.Split('\n').Count(line => line.Trim() == "end"), Is.EqualTo(Regex.Count(text, "subgraph ")));
        AssertConnected(text);
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Zoo))]
    public void EveryGraphOfTheZooFitsAPage(string bundle)
    {
        foreach (string file in Directory.EnumerateFiles(bundle, "*.onnx"))
        {
            ModelProto model = ModelReader.Load(file);
            foreach (bool full in (bool[])[false, true])
            {
                GraphDiagram diagram = new(model, full);
                AssertConnected(diagram.ToMermaid());
                if (!full)
                    Assert.That(diagram.Boxes, Is.LessThanOrEqualTo(GraphDiagram.MostBoxes), file);
            }
        }
    }

    [Test]
    public void TextIsEscaped()
    {
        ModelProto model = ModelReader.Load(Path.Combine(Bundle, "reward.onnx"));
        model.Graph.Node[1].Name = "a \"b\" <c> #d `e`/Gemm";
        string text = new GraphDiagram(model, full: true).ToMermaid();
        Assert.That(text, Does.Contain("[\"a #quot;b#quot; #lt;c#gt; #35;d #96;e#96;\"]"));
        AssertConnected(text);
    }

    [TestCase("graph.md", "# cartpole-dreamer: act\n\n```mermaid\nflowchart TD\n", "```\n")]
    [TestCase("graph.mmd", "flowchart TD\n", "output1\n")]
    public void ItIsWrittenToAFile(string name, string start, string end)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"diagram-{Guid.NewGuid():N}"), file = Path.Combine(folder, name);
        try
        {
            Assert.That(Succeeds("inspect", Bundle, "--graph", "act", "--output", file),
                Does.Match(@"graph\.\w+: graph act, \d+ operations in \d+ boxes\."));
            Assert.That(File.ReadAllText(file), Does.StartWith(start).And.EndWith(end));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase(1, "has no graph 'imagin'; did you mean 'imagine'? Graphs: observe, imagine", "--graph", "imagin")]
    [TestCase(2, "--full goes with --graph", "--full")]
    [TestCase(2, "--output goes with --graph", "--output", "graph.md")]
    [TestCase(2, "--output takes a file that ends in .md or .mmd (Mermaid); found 'a.png'", "--graph", "act", "--output", "a.png")]
    public void AMistakeGivesOneMessage(int code, string message, params string[] args)
    {
        StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(["inspect", Bundle, .. args], output, error), Is.EqualTo(code));
        Assert.That(error.ToString(), Does.Contain(message));
        Assert.That(output.ToString(), Is.Empty);
    }

    private static int Drawn(string text, string what) => Regex.Count(text, $@"(?m)^ *{what}\d+[\[\(]");

    /// <summary>
    /// Every line is one that Mermaid knows, with quoted labels; every edge joins what is drawn; every output is reached from above, and no
    /// box waits for itself.
    /// </summary>
    private static void AssertConnected(string text)
    {
        HashSet<string> drawn = [], reached = [];
        List<(string From, string To)> edges = [];
        foreach (string line in text.TrimEnd('\n').Split('\n').Skip(1))
        {
            Assert.That(line, Does.Match(Line()), "is a line of a flowchart");
            if (Edge().Match(line) is { Success: true } edge)
                edges.Add((edge.Groups["from"].Value, edge.Groups["to"].Value));
            else if (Node().Match(line) is { Success: true } node)
                Assert.That(drawn.Add(node.Groups["id"].Value), line);
        }
        Assert.That(edges.SelectMany(edge => (string[])[edge.From, edge.To]).Distinct(), Is.SubsetOf(drawn));
        foreach ((string from, string to) in edges)
        {
            if (from.StartsWith("box", StringComparison.Ordinal) && to.StartsWith("box", StringComparison.Ordinal))
                Assert.That(int.Parse(from[3..]), Is.LessThan(int.Parse(to[3..])));
            reached.Add(to);
        }
        Assert.That(drawn.Where(id => id.StartsWith("output", StringComparison.Ordinal)), Is.Not.Empty.And.SubsetOf(reached));
    }

    [GeneratedRegex("""^ *(end|subgraph \w+\["[^"]+"\]|\w+\(?\["[^"]+"\]\)?|\w+ -->(\|"[^"]+"\|)? \w+)$""")]
    private static partial Regex Line();

    [GeneratedRegex("""^ *(?<from>\w+) -->(\|"[^"]+"\|)? (?<to>\w+)$""")]
    private static partial Regex Edge();

    [GeneratedRegex("""^ *(?<id>(input|box|output)\d+)[\[\(]""")]
    private static partial Regex Node();

    private static string Succeeds(params string[] args)
    {
        StringWriter output = new(), error = new();
        Assert.That((ToolsApp.Run(args, output, error), error.ToString()), Is.EqualTo((0, "")));
        return output.ToString();
    }
}
