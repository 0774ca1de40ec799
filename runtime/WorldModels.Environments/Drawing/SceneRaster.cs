namespace WorldModels.Environments;

/// <summary>Paints a <see cref="Scene"/> in pixels, antialiased: each covers a pixel as far as its outline lets it.</summary>
public static class SceneRaster
{
    /// <summary>What no shape covers.</summary>
    public const uint Background = 0xF4F4F0;

    /// <summary>Paints the whole scene, stretched to the picture.</summary>
    /// <param name="scene">What is shown.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">(height, width, 3), upper row first, written.</param>
    public static void Paint(Scene scene, int width, int height, Span<byte> rgb)
    {
        Require.Length(rgb.Length, checked(width * height * 3), nameof(rgb));
        double pixelX = (scene.Right - scene.Left) / width, pixelY = (scene.Top - scene.Bottom) / height;
        double pixel = Math.Max(pixelX, pixelY);
        for (int row = 0; row < height; row++)
        {
            double y = scene.Top - (row + 0.5) * pixelY;
            for (int column = 0; column < width; column++)
            {
                double x = scene.Left + (column + 0.5) * pixelX;
                (double red, double green, double blue) = Parts(Background);
                foreach (Shape shape in scene.Shapes)
                {
                    double cover = Math.Clamp(0.5 - shape.Distance(x, y) / pixel, 0, 1);
                    if (cover == 0)
                        continue;
                    (double r, double g, double b) = Parts(shape.Color);
                    (red, green, blue) = (red + cover * (r - red), green + cover * (g - green), blue + cover * (b - blue));
                }
                Span<byte> at = rgb.Slice((row * width + column) * 3, 3);
                (at[0], at[1], at[2]) = ((byte)(red + 0.5), (byte)(green + 0.5), (byte)(blue + 0.5));
            }
        }
    }

    private static (double Red, double Green, double Blue) Parts(uint color) => (color >> 16 & 255, color >> 8 & 255, color & 255);
}
