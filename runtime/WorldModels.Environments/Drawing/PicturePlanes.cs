namespace WorldModels.Environments;

/// <summary>Pictures as observations.</summary>
internal static class PicturePlanes
{
    /// <summary>Bytes of pixels as planes of red, green and blue, each over 255.</summary>
    /// <param name="planes">(3, height, width), in 0..1, written.</param>
    /// <param name="rgb">(height, width, 3).</param>
    public static void Fill(Span<float> planes, ReadOnlySpan<byte> rgb)
    {
        int plane = rgb.Length / 3;
        Span<float> red = planes[..plane], green = planes.Slice(plane, plane), blue = planes.Slice(2 * plane, plane);
        for (int i = 0; i < plane; i++)
            (red[i], green[i], blue[i]) = (rgb[3 * i] / 255f, rgb[3 * i + 1] / 255f, rgb[3 * i + 2] / 255f);
    }
}
