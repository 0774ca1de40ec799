using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>The libraries as others get them: packed, restored by apps outside this solution, and run there.</summary>
public sealed class PackageTests
{
    private const string App = """
        using WorldModels.Environments;
        using WorldModels.Runtime;

        using var world = WorldModel.Load(args[0]);
        using var dream = world.Dream(batch: 4, horizon: 3);
        DreamBatch imagined = dream.Run(seed: 7);
        for (int t = 0; t < imagined.Horizon; t++) Console.WriteLine(string.Join(' ', imagined.Rewards(t).ToArray()));

        var game = EnvironmentRegistry.Make<float>("pendulum");
        float[] observation = new float[3], action = new float[1];
        game.Reset(1, observation);
        using var controller = world.Controller(new() { Deterministic = true });
        controller.Act(observation, action);
        Console.WriteLine(action[0]);

        using var planner = Planner.Load(args[1], new() { Candidates = 8, Elites = 2, Iterations = 1 });
        planner.Act(new float[5], action);
        Console.WriteLine(action[0]);
        Console.WriteLine(Environment.Version.Major);
        """;

    private static readonly string World = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
    private static readonly string PlanetWorld = Path.Combine(Repository.Root, "models", "zoo", "cartpole-swingup-planet");

    private string _work = "", _feed = "";

    [OneTimeSetUp]
    public void Pack()
    {
        _work = Directory.CreateTempSubdirectory("worldmodels-package").FullName;
        _feed = Directory.CreateDirectory(Path.Combine(_work, "feed")).FullName;
        string[] projects =
        [
            "WorldModels.Bundles", "WorldModels.Runtime", "WorldModels.Environments", "WorldModels.Recordings", "WorldModels.MLNet", "templates",
        ];
        foreach (string project in projects)
            Dotnet.Run(Repository.Root, "pack", Path.Combine("runtime", project), "-c", Dotnet.Configuration, "-o", _feed);
    }

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_work, recursive: true);

    [TestCase("Bundles")]
    [TestCase("Runtime", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.ML.OnnxRuntime.Managed", "WorldModels.Bundles")]
    [TestCase("Environments")]
    [TestCase("Recordings", "MathNet.Numerics", "PureHDF", "WorldModels.Bundles")]
    [TestCase("MLNet", "Microsoft.ML", "WorldModels.Bundles", "WorldModels.Recordings", "WorldModels.Runtime")]
    public void APackageHasWhatPeopleLookFor(string name, params string[] needs)
    {
        string package = Directory.EnumerateFiles(_feed, $"WorldModels.{name}.*.nupkg").Single();
        using ZipArchive zip = ZipFile.OpenRead(package);
        using Stream stream = zip.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        XElement[] all = [.. XDocument.Load(stream).Descendants()];
        string[] dependencies = [.. all.Where(e => e.Name.LocalName == "dependency")
            .Select(d => $"{d.Parent!.Attribute("targetFramework")!.Value} {d.Attribute("id")!.Value}")];
        dependencies = [.. dependencies.Where(dependency => dependency != "net8.0 System.Text.Json")];
        Assert.That(dependencies, Is.EquivalentTo(needs.SelectMany(n => new[] { $"net8.0 {n}", $"net10.0 {n}" })));
        string[] files = [.. zip.Entries.Select(e => e.FullName)];
        Assert.That(files, Does.Contain("README.md").And.Contain($"lib/net8.0/WorldModels.{name}.dll").And.Contain($"lib/net10.0/WorldModels.{name}.xml"));
        Assert.That(all.Single(e => e.Name.LocalName == "description").Value, Does.EndWith("."));
        Assert.That(File.Exists(Path.ChangeExtension(package, ".snupkg")), "symbols");
    }

    /// <summary>Self-contained: it brings its .NET, 8 or 10.</summary>
    [TestCase("net8.0", 8)]
    [TestCase("net10.0", 10)]
    public void AnAppOutsideTheSolutionRunsAControllerADreamAndAPlanner(string framework, int version)
    {
        string app = Directory.CreateDirectory(Path.Combine(_work, framework)).FullName, output = Path.Combine(_work, framework + "-out");
        File.WriteAllText(Path.Combine(app, "Program.cs"), App);
        File.WriteAllText(Path.Combine(app, "app.csproj"), Project(framework));
        Restrict(app);
        Dotnet.Run(app, "publish", "-c", "Release", "--self-contained", "--use-current-runtime", "-o", output);
        string[] lines = Programs.Run(Path.Combine(output, "app"), _work, World, PlanetWorld).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        using WorldModel world = WorldModel.Load(World);
        using Dream dream = world.Dream(batch: 4, horizon: 3);
        DreamBatch imagined = dream.Run(seed: 7);
        for (int t = 0; t < 3; t++)
        {
            IEnumerable<float> rewards = lines[t].Split(' ').Select(x => float.Parse(x, CultureInfo.InvariantCulture));
            Assert.That(rewards, Is.EqualTo(imagined.Rewards(t).ToArray()).Within(1e-5), "the CPU's own provider, not this one's build");
        }
        Assert.That(float.Parse(lines[3], CultureInfo.InvariantCulture), Is.InRange(-2, 2));
        Assert.That(float.Parse(lines[4], CultureInfo.InvariantCulture), Is.InRange(-1, 1));
        Assert.That(lines[5], Is.EqualTo($"{version}"));
    }

    [TestCase("console", "It plays an episode of pendulum: return -")]
    [TestCase("service", "Give the folder of a bundle")]
    public void ATemplateBuildsAndRuns(string template, string expected)
    {
        string hive = Path.Combine(_work, "hive-" + template), app = Path.Combine(_work, "My" + template);
        string package = Directory.EnumerateFiles(_feed, "WorldModels.Templates.*.nupkg").Single();
        Dotnet.Run(_work, "new", "install", package, "--debug:custom-hive", hive);
        Dotnet.Run(_work, "new", "worldmodels-" + template, "-o", app, "--debug:custom-hive", hive);
        Restrict(app);
        Dotnet.Run(app, "build", "-c", "Release", "-o", Path.Combine(app, "out"));
        string program = Path.Combine(app, "out", $"My{template}.dll");
        string said = template == "console" ? Dotnet.Run(app, program, World) : Programs.Refused("dotnet", app, program);
        Assert.That(said, Does.Contain(expected));
    }

    /// <summary>Nothing stays on the machine; what it has already is not fetched again.</summary>
    private void Restrict(string app) => File.WriteAllText(Path.Combine(app, "Directory.Build.props"), $"""
        <Project>
          <PropertyGroup>
            <RestoreAdditionalProjectSources>{_feed}</RestoreAdditionalProjectSources>
            <RestorePackagesPath>{Path.Combine(_work, "packages")}</RestorePackagesPath>
            <RestoreFallbackFolders>{Dotnet.Packages}</RestoreFallbackFolders>
          </PropertyGroup>
        </Project>
        """);

    private string Project(string framework)
    {
        string version = Path.GetFileNameWithoutExtension(Directory.EnumerateFiles(_feed, "WorldModels.Runtime.*.nupkg").Single());
        version = version["WorldModels.Runtime.".Length..];
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="WorldModels.Environments" Version="{version}" />
                <PackageReference Include="WorldModels.Runtime" Version="{version}" />
                <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="1.31.0" />
              </ItemGroup>
            </Project>
            """;
    }
}
