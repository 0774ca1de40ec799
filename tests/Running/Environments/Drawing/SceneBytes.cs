using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Scenes rendered, and what is asserted of all of them.</summary>
internal static class SceneBytes
{
    public static byte[] Of(Scene scene, int width, int height, PictureOptions? options = null)
    {
        byte[] rgb = new byte[3 * width * height];
        scene.Render(rgb, width, height, options);
        return rgb;
    }

    /// <summary>The middle quarter in its own size is that of a picture twice as large.</summary>
    public static void AssertCrop(Scene scene)
    {
        byte[] whole = Of(scene, 80, 80);
        byte[] part = Of(scene, 40, 40, new() { Crop = new(0.25, 0.5, 0.75, 1) });
        int differing = 0;
        for (int y = 0; y < 40; y++)
        {
            for (int i = 0; i < 120; i++)
                differing += Math.Abs(part[y * 120 + i] - whole[(y + 40) * 240 + 60 + i]) > 1 ? 1 : 0;
        }
        Assert.That(differing, Is.LessThan(5), "values that rounding moved across an edge");
        Assert.That(part.Distinct().Count(), Is.GreaterThan(3), "something is there");
    }
}
