using System.Runtime.InteropServices;
using System.Text;
using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Tests.Environments;

/// <summary>How the library is found, refused and guarded, and what a host's mistakes lead to.</summary>
public sealed class MuJoCoLibraryTests
{
    /// <summary>Tasks that stand for all, where a check depends on the model alone; the last of each, which may have a target.</summary>
    internal static IEnumerable<EnvironmentSpec<float>> OneTaskOfEachModel =>
        MuJoCoSuite.Specs.Reverse().DistinctBy(spec => spec.Name.Split('-')[0]);

    /// <summary>Without the library there is nothing to test.</summary>
    internal static void SkipWithoutMuJoCo()
    {
        if (MuJoCoSuite.Problem is { } problem)
            Assert.Ignore(problem);
    }

    [Test]
    public void AMissingLibraryIsOneLineThatSaysWhatToDo()
    {
        string message = Assert.Throws<MuJoCoException>(() => MuJoCoLibrary.Open("libabsent.so.1", "libabsent.so"))!.Message;
        Assert.That(message, Does.Contain("apt-get install libmujoco2.2.2").And.Contain("libabsent.so.1 where the system looks"));
        Assert.That(message, Does.Not.Contain("\n"));
    }

    [Test]
    public void OtherVersionsAreRefusedByName() => Assert.That(
        () => MuJoCoLibrary.LayoutOf(314),
        Throws.InstanceOf<MuJoCoException>().With.Message.Contains("3.1.4").And.Message.Contains("2.2.2"));

    [Test]
    public unsafe void ItsErrorsAndWarningsComeToUs()
    {
        SkipWithoutMuJoCo();
        _ = MuJoCoLibrary.Instance;
        nint library = MuJoCoLibrary.Open("libmujoco.so.2.2.2", "libmujoco.so");
        delegate* unmanaged[Cdecl]<byte*, void> warn =
            (delegate* unmanaged[Cdecl]<byte*, void>)NativeLibrary.GetExport(library, "mju_warning");
        fixed (byte* text = "a warning of the test"u8)
            warn(text);
        Assert.That(MuJoCoLibrary.LastWarning, Is.EqualTo("a warning of the test"));
        // Errors end the process, with their text; that they come to us at all is seen from the outside alone.
        Assert.That(Marshal.ReadIntPtr(NativeLibrary.GetExport(library, "mju_user_error")), Is.Not.Zero);
    }

    [Test]
    public void AModelWithAMistakeIsRefusedInMuJoCosWords()
    {
        SkipWithoutMuJoCo();
        byte[] mjcf = Encoding.UTF8.GetBytes("<mujoco><worldbody><body><gem size='1'/></body></worldbody></mujoco>");
        Assert.That(
            () => new ModelHandle(MuJoCoLibrary.Instance, "broken", mjcf),
            Throws.InstanceOf<MuJoCoException>().With.Message.Contains("'broken'").And.Message.Contains("gem"));
    }

    [Test]
    public void NamesThatAreNotThereAreNamed()
    {
        SkipWithoutMuJoCo();
        Assert.That(() => new MuJoCoPhysics("wolker"), Throws.ArgumentException.With.Message.Contains("did you mean 'walker'?"));
        using MuJoCoPhysics physics = new MuJoCoPhysics("walker");
        Assert.That(
            () => physics.BodyPosition("tail").Length,
            Throws.ArgumentException.With.Message.Contains("'walker' has no body 'tail'").And.Message.Contains("right_thigh"));
    }

    [Test]
    public void WhatIsFreedIsNotUsed()
    {
        SkipWithoutMuJoCo();
        MuJoCoPhysics physics = new MuJoCoPhysics("hopper");
        physics.Dispose();
        physics.Dispose();
        Assert.That(physics.Forward, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(physics.Reset, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => physics.Step(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => physics.Save(new(new MemoryStream())), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(physics.CreateScene, Throws.InstanceOf<ObjectDisposedException>().With.Message.Contains("MuJoCoPhysics"));
    }

    [Test]
    public void AStateThatIsNoneEndsInAnExceptionAndAResetMendsIt()
    {
        SkipWithoutMuJoCo();
        using MuJoCoPhysics physics = new MuJoCoPhysics("cheetah");
        physics.Velocities[3] = double.NaN;
        Assert.That(() => physics.Step(), Throws.InstanceOf<MuJoCoException>().With.Message.Contains("'cheetah' cannot go on"));
        physics.Reset();
        physics.Step();
        Assert.That(double.IsFinite(physics.Positions[3]));
    }
}
