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

    [Test]
    public void WhatIsNotThereIsSaid()
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Bundle });
        session.Press(PlayKey.Dream);
        Assert.That(session.Status.Note, Is.EqualTo("dreams of this game are numbers: tools picture draws them"));
        session.Press(PlayKey.Task);
        Assert.That((session.Status.Note, session.Status.Task), Is.EqualTo(("there is one task only", (string?)null)));
        Assert.That(() => PlaySession.Open(new() { Bundle = Bundle, Task = "hover" }),
            Throws.TypeOf<BundleException>().With.Message.Contains("has one task, and no names to choose it by"));
        Assert.That(() => PlaySession.Open(new() { Bundle = Bundle, Model = Bundle }),
            Throws.TypeOf<BundleException>().With.Message.Contains("leave --model away"));
    }
}
