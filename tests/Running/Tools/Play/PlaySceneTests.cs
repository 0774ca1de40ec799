using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Games that are observed as numbers, and draw themselves.</summary>
public sealed class PlaySceneTests
{
    private static string Bundle => Path.Combine(Repository.Root, "models", "zoo", "cartpole-dreamer");

    [TestCase(80, 24)]
    [TestCase(200, 60)]
    [TestCase(40, 12)]
    public void TheSceneFitsTheTerminal(int width, int height)
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Bundle, Seed = 3 });
        for (int step = 0; step < 10; step++)
            session.Tick();
        Assert.That(session.Scene, Is.Not.Null);
        Assert.That((session.Status.Step, session.Status.Return), Is.EqualTo((10, 10.0)));
        string[] lines = new PlayScreen(trueColour: true).Compose(session, width, height).Split("\r\n");
        Assert.That(lines, Has.Length.LessThanOrEqualTo(height));
    }

    /// <summary>As text the cart is dark on a blank ground.</summary>
    [Test]
    public void AsTextTheCartIsThere()
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Bundle, Seed = 3 });
        string[] board = BoardText.Draw(session);
        Assert.That(board, Has.Some.Contains("*****"));
        Assert.That(board[0].Trim(), Is.Empty);
    }

    /// <summary>The dream of a game is drawn from the numbers dreamt, and the real game is what it was.</summary>
    [TestCase("cartpole-dreamer")]
    [TestCase("pendulum-dreamer")]
    [TestCase("cartpole-swingup-dreamerv3")]
    [TestCase("catch-transformer")]
    [TestCase("simple-world-transformer")]
    public void DreamsOfNumbersAreDrawn(string name)
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Path.Combine(Repository.Root, "models", "zoo", name), Seed = 3 });
        session.Tick();
        string[] real = BoardText.Draw(session);
        session.Press(PlayKey.Dream);
        for (int step = 0; step < 3; step++)
            session.Tick();
        float[] dreamt = session.Frame.ToArray();
        string[] dream = BoardText.Draw(session);
        Assert.That((session.Dreaming, session.Status.Step, session.Status.Agent), Is.EqualTo((true, 3, "agent")));
        Assert.That(dreamt, Is.All.InRange(-20, 20));
        Assert.That(dream, Is.Not.EqualTo(real));
        session.Press(PlayKey.Dream);
        Assert.That(BoardText.Draw(session), Is.EqualTo(real));
    }

    [Test]
    public void WhatIsNotThereIsSaid()
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Bundle });
        session.Press(PlayKey.Task);
        Assert.That((session.Status.Note, session.Status.Task), Is.EqualTo(("there is one task only", (string?)null)));
        string lander = Path.Combine(Repository.Root, "models", "zoo", "lunarlander-sacx");
        using PlaySession landing = PlaySession.Open(new() { Bundle = lander });
        landing.Press(PlayKey.Dream);
        Assert.That(landing.Status.Note,
            Is.EqualTo("dreams of this game are numbers from which it cannot be drawn: tools picture has charts of them"));
        Assert.That(() => PlaySession.Open(new() { Bundle = Bundle, Task = "hover" }),
            Throws.TypeOf<BundleException>().With.Message.Contains("has one task, and no names to choose it by"));
        Assert.That(() => PlaySession.Open(new() { Bundle = lander, Model = Bundle }),
            Throws.TypeOf<BundleException>().With.Message.Contains("leave --model away"));
    }
}
