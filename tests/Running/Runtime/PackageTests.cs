using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>The runtime as others get it: packed, restored by an app outside this solution, and run there.</summary>
public sealed class PackageTests : BundleFixture
{
    private const string App = """
        using WorldModels.Runtime;

        using var world = WorldModel.Load(args[0]);
        using var dream = world.Dream(batch: 4, horizon: 3);
        DreamBatch imagined = dream.Run(seed: 7);
        Console.WriteLine(world.ProviderReport);
        for (int t = 0; t < imagined.Horizon; t++) Console.WriteLine(string.Join(' ', imagined.Rewards(t).ToArray()));
        """;

    [Test]
    public void AnAppOutsideTheSolutionRestoresItAndDreams()
    {
        string work = Keep(Directory.CreateTempSubdirectory("worldmodels-package").FullName);
        string feed = Directory.CreateDirectory(Path.Combine(work, "feed")).FullName;
        Pack("runtime/WorldModels.Bundles", feed);
        Pack("runtime/WorldModels.Runtime", feed);
        string package = Directory.EnumerateFiles(feed, "WorldModels.Runtime.*.nupkg").Single();
        string[] needs = ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.ML.OnnxRuntime.Managed", "WorldModels.Bundles"];
        Assert.That(Dependencies(package), Is.EquivalentTo(needs.SelectMany(n => new[] { $"net8.0 {n}", $"net10.0 {n}" })));

        string app = Directory.CreateDirectory(Path.Combine(work, "app")).FullName;
        string version = Path.GetFileNameWithoutExtension(package)["WorldModels.Runtime.".Length..];
        File.WriteAllText(Path.Combine(app, "Program.cs"), App);
        File.WriteAllText(Path.Combine(app, "app.csproj"), Project(version, feed, Path.Combine(work, "packages")));
        Dotnet.Run(app, "build", "-c", "Release", "-o", Path.Combine(work, "out"));
        string[] natives = ["libonnxruntime.so", "onnxruntime.dll", "libonnxruntime.dylib"];
        string tests = TestContext.CurrentContext.TestDirectory;
        foreach (string native in Directory.EnumerateFiles(tests, "*onnxruntime.*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(native) is var name && natives.Contains(name))
                File.Copy(native, Path.Combine(work, "out", name), true);
        }

        string bundle = Keep(Fixtures.Latent());
        string[] lines = Dotnet.Run(app, Path.Combine(work, "out", "app.dll"), bundle).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using WorldModel world = WorldModel.Load(bundle);
        using Dream dream = world.Dream(batch: 4, horizon: 3);
        DreamBatch imagined = dream.Run(seed: 7);
        Assert.That(lines[0], Does.StartWith(world.ProviderReport.Chosen));
        for (int t = 0; t < 3; t++)
        {
            IEnumerable<float> rewards = lines[t + 1].Split(' ').Select(x => float.Parse(x, CultureInfo.InvariantCulture));
            Assert.That(rewards, Is.EqualTo(imagined.Rewards(t).ToArray()));
        }
    }

    /// <summary>Its own packages folder, so that nothing stays on the machine; what the machine has already is not fetched again.</summary>
    private static string Project(string version, string feed, string packages) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <UseAppHost>false</UseAppHost>
            <InvariantGlobalization>true</InvariantGlobalization>
            <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
            <RestorePackagesPath>{packages}</RestorePackagesPath>
            <RestoreFallbackFolders>{Dotnet.Packages}</RestoreFallbackFolders>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="WorldModels.Runtime" Version="{version}" />
          </ItemGroup>
        </Project>
        """;

    private static void Pack(string project, string feed, params string[] more) =>
        Dotnet.Run(Repository.Root, ["pack", Path.Combine(Repository.Root, project), "-c", Dotnet.Configuration, "-o", feed, .. more]);

    private static IEnumerable<string> Dependencies(string package)
    {
        using ZipArchive zip = ZipFile.OpenRead(package);
        using Stream stream = zip.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        IEnumerable<XElement> dependencies = XDocument.Load(stream).Descendants().Where(e => e.Name.LocalName == "dependency");
        return [.. dependencies.Select(d => $"{d.Parent!.Attribute("targetFramework")!.Value} {d.Attribute("id")!.Value}")];
    }
}
