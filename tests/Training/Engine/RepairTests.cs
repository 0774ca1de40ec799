using System.Diagnostics;
using System.Reflection;
using System.Text;
using Mono.Cecil;
using WorldModels.Tests.Train;
using WorldModels.TorchSharpRepair;

namespace WorldModels.Tests.Engine;

/// <summary>What is built, tested and published is the repaired copy of TorchSharp, and nothing else starts.</summary>
public sealed class RepairTests
{
    private const string Assembly = "TorchSharp.dll", Library = "libLibTorchSharp.so", NewerSymbol = "\0_ZSt21ios_base_library_initv\0";
    private static readonly string[] Training = ["a2c", "--preset", "debug", "--set", "updates=2", "--no-export"];

    private static string Package => Path.Combine(Dotnet.Packages, "torchsharp", ArgumentLifetimes.KnownVersion);

    private static byte[] Bare => File.ReadAllBytes(Path.Combine(Package, "lib", "net8.0", Assembly));

    private string _published = "";

    [OneTimeSetUp]
    public void Publish()
    {
        _published = Directory.CreateTempSubdirectory("worldmodels-published-").FullName;
        Dotnet.Run(Repository.Root, "publish", "train", "-c", Dotnet.Configuration, "--no-build", "-o", _published);
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_published, recursive: true);

    [Test]
    public void WhatIsBuiltTestedAndPublishedIsRepaired()
    {
        string built = Path.Combine(Repository.Root, "artifacts", "bin", "WorldModels.Train", Dotnet.Configuration.ToLowerInvariant());
        foreach (string folder in (string[])[built, TestContext.CurrentContext.TestDirectory, _published])
        {
            Assert.That(IsRepaired(File.ReadAllBytes(Path.Combine(folder, Assembly))), Is.True, folder);
            if (OperatingSystem.IsLinux())
                Assert.That(Contains(Path.Combine(folder, Library), NewerSymbol), Is.False, folder);
        }
        Assert.That(IsRepaired(Bare), Is.False, "the package's own copy is left as it is");
        Assert.That(typeof(TorchSharp.torch).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Select(metadata => metadata.Key),
            Does.Contain(ArgumentLifetimes.Mark), "the one that runs here");
    }

    [Test]
    public void WhatIsPublishedTrains()
    {
        ToolResult result = Published(Training);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("training 2/2"));
    }

    [Test]
    public void ABareCopyIsRefused() => With(Assembly, Bare, () =>
        Published(Training).Refuses("is not the repaired copy of TorchSharp", "TorchSharpRepair.targets"));

    [Test]
    public void ALibraryThatDoesNotLoadIsSaid() => With(Library, Encoding.ASCII.GetBytes("no library"), () =>
    {
        ToolResult result = Published(Training);
        result.Refuses("libtorch could not be loaded", Library, "glibc 2.34", "Debian 12", "built on the system");
        Assert.That(result.Output, Is.Empty);
        Assert.That(Directory.Exists(Path.Combine(_published, "cpu")), Is.False, "TorchSharp did not go looking for another one");
    });

    [Test]
    public void AnotherVersionIsRefusedByName()
    {
        Assert.That(() => ArgumentLifetimes.Repair(Changed(module => Version(module, "0.108.0+abc"))),
            Throws.TypeOf<RepairException>().With.Message.StartsWith("Found TorchSharp 0.108.0. This repair knows TorchSharp 0.107.0 alone."));
        Assert.That(() => ArgumentLifetimes.Repair(Changed(module => module.Assembly.Name.Name = "Other")),
            Throws.TypeOf<RepairException>().With.Message.StartsWith("Found Other 0.107.0."));
        Assert.That(() => ArgumentLifetimes.Repair(ArgumentLifetimes.Repair(Bare)),
            Throws.TypeOf<RepairException>().With.Message.Contains("repaired already"));
        Assert.That(() => ArgumentLifetimes.Repair(Changed(module =>
            module.GetType("TorchSharp.Scalar").Methods.Single(method => method.Name == "get_Type").Body.Instructions.Clear())),
            Throws.TypeOf<RepairException>().With.Message.Contains($"not {ArgumentLifetimes.KnownMethods}"));
    }

    [Test]
    public void ALibraryWithoutTheKnownSymbolIsRefused()
    {
        byte[] library = File.ReadAllBytes(Path.Combine(Package, "runtimes", "linux-x64", "native", Library));
        byte[] repaired = StreamInitialisation.Repair(library);
        Assert.That(repaired, Has.Length.EqualTo(library.Length));
        Assert.That(repaired.Zip(library).Count(pair => pair.First != pair.Second), Is.InRange(10, 60), "a name, a version and its hash");
        Assert.That(() => StreamInitialisation.Repair(repaired),
            Throws.TypeOf<RepairException>().With.Message.StartsWith($"{NewerSymbol.Trim('\0')} does not stand in {Library} exactly once."));
    }

    private ToolResult Published(string[] args)
    {
        string run = Path.Combine(_published, "run");
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        return Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(_published, "WorldModels.Train.dll"), .. args, "--run", run])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!.End();
    }

    /// <summary>Does something while a published file is another one.</summary>
    private void With(string name, byte[] content, Action action)
    {
        if (name == Library && !OperatingSystem.IsLinux())
            Assert.Ignore("The library has this name on Linux.");
        string file = Path.Combine(_published, name), kept = file + ".kept";
        File.Move(file, kept);
        try
        {
            File.WriteAllBytes(file, content);
            action();
        }
        finally
        {
            File.Move(kept, file, overwrite: true);
        }
    }

    private static bool IsRepaired(byte[] assembly)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(assembly));
        return module.Assembly.CustomAttributes.Any(attribute => attribute.ConstructorArguments is [{ Value: ArgumentLifetimes.Mark }, _]);
    }

    private static bool Contains(string file, string text) => File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    private static byte[] Changed(Action<ModuleDefinition> change)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(new MemoryStream(Bare));
        change(module);
        using MemoryStream changed = new();
        module.Write(changed);
        return changed.ToArray();
    }

    private static void Version(ModuleDefinition module, string version)
    {
        CustomAttribute attribute = module.Assembly.CustomAttributes.Single(
            attribute => attribute.AttributeType.Name == nameof(AssemblyInformationalVersionAttribute));
        attribute.ConstructorArguments[0] = new(module.TypeSystem.String, version);
    }
}
