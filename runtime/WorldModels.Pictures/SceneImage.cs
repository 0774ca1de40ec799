using SkiaSharp;
using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>Scenes of environments as pictures, pixel by pixel as agents see them.</summary>
public static class SceneImage
{
    /// <summary>A scene of a size.</summary>
    public static SKBitmap Of(Scene scene, int width, int height)
    {
        byte[] rgb = new byte[checked(width * height * 3)];
        scene.Render(rgb, width, height);
        SKColor[] pixels = new SKColor[width * height];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = new(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
        return new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)) { Pixels = pixels };
    }

    /// <summary>A scene of a width, as high as its proportions want it.</summary>
    public static SKBitmap Of(Scene scene, int width) => Of(scene, width, Math.Max(1, (int)Math.Round(width / scene.Aspect)));
}
