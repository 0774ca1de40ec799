using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using TorchSharp;

namespace WorldModels.Tests.TorchSharpBinding;

/// <summary>Holds the binding against the real TorchSharp and against the libtorch it runs on.</summary>
public sealed class ApiTests
{
    /// <summary>The file of a golden figure of this area, beside the test assembly.</summary>
    internal static string Golden(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "TorchSharp", "golden", name);

    [Test]
    public void Every_public_member_is_one_the_real_TorchSharp_has()
    {
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
        var error = Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => torch.ones(2, 3).matmul(torch.ones(2, 3)))!;
        Assert.That(error.Message, Is.EqualTo("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"));
        var gone = torch.ones(2);
        gone.Dispose();
        Assert.That(() => gone + 1, Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains("dispose scope"));
        Assert.That(() => torch.tensor(new float[] { 1, 2, 3 }, [2, 2]), Throws.ArgumentException.With.Message.Contains("[2, 2]"));
        Assert.That(() => torch.ones(2).data<long>(), Throws.ArgumentException.With.Message.Contains("Float32"));
        Assert.That(() => new torch.Device("gpu"), Throws.ArgumentException.With.Message.Contains("'gpu'"));
    }
}
