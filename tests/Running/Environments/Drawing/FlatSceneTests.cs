using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class FlatSceneTests
{
    private const uint Ink = 0x204060;

    /// <summary>Areas by geometry: how much ink is on the paper, edges included.</summary>
    [TestCase(64, 64)]
    [TestCase(37, 53)]
    [TestCase(8, 8)]
    public void ShapesCoverTheirArea(int width, int height)
    {
        double pixel = Math.Max(4.0 / width, 4.0 / height);
        AssertArea(new FlatScene(0, 0, 4, 4).Disc(Ink, 2, 2, 1), Math.PI, 2 * Math.PI);
        AssertArea(new FlatScene(0, 0, 4, 4).Rod(Ink, 1, 1, 3, 2, 0.5), Math.Sqrt(5) + Math.PI / 4, 2 * Math.Sqrt(5) + Math.PI);
        AssertArea(new FlatScene(0, 0, 4, 4).Rectangle(Ink, 0.5, 1, 2.25, 3.5), 1.75 * 2.5, 8.5);
        AssertArea(new FlatScene(0, 0, 4, 4).Polygon(Ink, (0.5, 0.5), (3.5, 1), (1, 3)), 3.625, 9);
        AssertArea(new FlatScene(0, 0, 4, 4).Polygon(Ink, (1, 3), (3.5, 1), (0.5, 0.5)), 3.625, 9);

        void AssertArea(Scene scene, double area, double outline)
        {
            byte[] rgb = SceneBytes.Of(scene, width, height);
            double ink = 0;
            for (int i = 0; i < rgb.Length; i += 3)
                ink += (0xF4 - rgb[i]) / (double)(0xF4 - 0x20);
            double found = ink * (4.0 / width) * (4.0 / height);
            Assert.That(found, Is.EqualTo(area).Within(0.05 * outline * pixel), $"{width} x {height}");
        }
    }

    [Test]
    public void LaterShapesCoverEarlierOnesAndClearTakesThemAway()
    {
        FlatScene scene = new FlatScene(0, 0, 1, 1).Rectangle(0xFF0000, 0, 0, 1, 1).Rectangle(0x00FF00, 0, 0, 0.5, 1);
        Assert.That(SceneBytes.Of(scene, 2, 1), Is.EqualTo(new byte[] { 0, 255, 0, 255, 0, 0 }));
        Scene kept = scene.Copy();
        Assert.That(SceneBytes.Of(scene.Clear(), 1, 1), Is.EqualTo(new byte[] { 0xF4, 0xF4, 0xF0 }));
        Assert.That(SceneBytes.Of(kept, 2, 1), Is.EqualTo(new byte[] { 0, 255, 0, 255, 0, 0 }));
    }

    [Test]
    public void ACropIsThatPartOfTheLargePicture()
    {
        CartPoleEnvironment cartPole = new();
        cartPole.Load([0.4, 0, 0.1, 0]);
        SceneBytes.AssertCrop(cartPole.Draw());
    }

    [Test]
    public void WhatCannotBeIsNamed()
    {
        FlatScene scene = new(0, 0, 1, 1);
        Assert.That(() => scene.Polygon(0, (0, 0), (1, 1)), Throws.ArgumentException.With.Message.Contains("three corners; found 2"));
        Assert.That(() => scene.Render(new byte[11], 2, 2),
            Throws.ArgumentException.With.Message.Contains("takes 12 bytes; the span has 11"));
        Assert.That(() => scene.Render([], 0, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new PictureCrop(0.5, 0, 0.5, 1), Throws.ArgumentException.With.Message.Contains("left < right"));
        Assert.That(() => new PictureOptions { Samples = 2 }, Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("1 or 4"));
    }
}
