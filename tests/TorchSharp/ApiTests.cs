using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using TorchSharp;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Holds the binding against the real TorchSharp and against the libtorch it runs on.</summary>
public sealed class ApiTests
{
    /// <summary>The file of a golden figure of this area, beside the test assembly.</summary>
    internal static string Golden(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "TorchSharp", "golden", name);

    /// <summary>With the real package in the binding's place there is nothing to hold against it.</summary>
    private static void OnlyTheBinding()
    {
        if (typeof(torch).Assembly.GetType("TorchSharp.Op") is null) Assert.Ignore("Built with the TorchSharp package.");
    }

    [Test]
    public void Every_public_member_is_one_the_real_TorchSharp_has()
    {
        OnlyTheBinding();
        var real = File.ReadAllLines(Golden("signatures.txt")).Where(l => l.Length > 0 && l[0] != '#').ToHashSet();
        string[] surface = [.. ApiSurface.Of(typeof(torch).Assembly).Where(m => !m.Contains("value__"))];
        // A setter may be missing here, but not be here alone.
        string[] foreign = [.. surface.Where(m => !real.Contains(m) && !real.Contains(m + "/set"))];
        Assert.Multiple(() =>
        {
            Assert.That(foreign, Is.Empty, "Members the real package lacks: code that uses them would not compile against it.");
            Assert.That(surface, Has.Length.GreaterThan(1500));
        });
    }

    [Test]
    public void Every_operator_named_in_the_binding_is_in_this_libtorch()
    {
        OnlyTheBinding();
        using var file = new PEReader(File.OpenRead(typeof(torch).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var names = new List<string>();
        for (var at = MetadataTokens.UserStringHandle(0); !at.IsNil || names.Count == 0; at = metadata.GetNextHandle(at))
            if (metadata.GetUserString(at) is { } text && text.StartsWith("aten::", StringComparison.Ordinal)) names.Add(text);
        var find = typeof(torch).Assembly.GetType("TorchSharp.Op")!.GetMethod("Find")!;
        Assert.Multiple(() =>
        {
            Assert.That(names, Has.Count.GreaterThan(450));
            foreach (string name in names) Assert.That(() => find.Invoke(null, [name]), Throws.Nothing, name);
        });
    }

    [Test]
    public void Errors_are_libtorchs_text_without_a_backtrace()
    {
        using var scope = torch.NewDisposeScope();
        var error = Assert.Throws<ExternalException>(() => torch.ones(2, 3).matmul(torch.ones(2, 3)))!;
        Assert.That(error.Message, Is.EqualTo("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"));
        var gone = torch.ones(2);
        gone.Dispose();
        Assert.That(() => gone + 1, Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains("dispose scope"));
        Assert.That(() => torch.tensor(new float[] { 1, 2, 3 }, [2, 2]), Throws.ArgumentException.With.Message.Contains("[2, 2]"));
        Assert.That(() => torch.ones(2).data<long>(), Throws.ArgumentException.With.Message.Contains("Float32"));
        OnlyTheBinding();
        Assert.That(() => new torch.Device("gpu"), Throws.ArgumentException.With.Message.Contains("'gpu'"));
    }

    [Test]
    public void What_is_missing_is_named_with_the_command_that_installs_it()
    {
        OnlyTheBinding();
        var require = typeof(torch).Assembly.GetType("TorchSharp.Provision")!.GetMethod("Require")!;
        AppContext.SetSwitch("WorldModels.NoProvision", true);
        try
        {
            Assert.That(() => require.Invoke(null, ["libtorch-dev g++", () => false]),
                Throws.InnerException.InstanceOf<DllNotFoundException>().With.InnerException.Message.Contains(
                    "apt-get install -y --no-install-recommends libtorch-dev g++"));
            Assert.That(() => require.Invoke(null, ["g++", () => true]), Throws.Nothing);
        }
        finally
        {
            AppContext.SetSwitch("WorldModels.NoProvision", false);
        }
    }

    [Test]
    public void A_directory_that_is_no_libtorch_is_refused()
    {
        OnlyTheBinding();
        string folder = Directory.CreateTempSubdirectory("libtorch-").FullName;
        var find = typeof(torch).Assembly.GetType("TorchSharp.Shim")!.GetMethod("Find", BindingFlags.NonPublic | BindingFlags.Static)!;
        AppContext.SetData("LibTorch", folder);
        try
        {
            Assert.That(() => find.Invoke(null, null), Throws.InnerException.InstanceOf<DllNotFoundException>()
                .With.InnerException.Message.Contains($"LibTorch names '{folder}'"));
        }
        finally
        {
            AppContext.SetData("LibTorch", null);
            Directory.Delete(folder);
        }
    }
}
