using SkiaSharp;
using WorldModels.Environments;

namespace WorldModels.Tools;

/// <summary>Frames as characters.</summary>
public static class BoardText
{
    /// <summary>Sign of each <see cref="MiniPacmanPixel"/>, in their order.</summary>
    private const string Signs = "oP.#g G";

    private const string Brightness = " .:-=+*#%@";
    private const int SceneWidth = 60;      // a character is twice as high as wide: every other row is left out
    private const int MostColumns = 80;     // of larger pictures every n-th pixel is shown
    private const float Shown = 0.025f; // half of the darkest green a ghost has

    /// <summary>One line a row: MiniPacman by what is seen, other pictures by their brightness, flat scenes by their darkness.</summary>
    public static string[] Draw(PlaySession session)
    {
        if (session.Scene is { } scene)
        {
            IEnumerable<string> lines = Draw(PlayPicture.Of(session, SceneWidth, SceneWidth)).Where((_, row) => row % 2 == 0);
            return [.. scene is FlatScene ? lines.Select(Inverted) : lines];
        }
        if (!session.IsMiniPacman)
            return Draw(PlayPicture.Of(session, 0, 0));
        MiniPacmanPixel?[] pixels = Classify(session.Frame);
        string signs = string.Concat(pixels.Select(pixel => pixel is { } seen ? Signs[(int)seen] : '?'));
        return [.. signs.Chunk(MiniPacmanMaze.Columns).Select(row => new string(row))];
    }

    /// <summary>One line a row, a sign a pixel, the brighter the denser; of large pictures every n-th pixel of every 2n-th row.</summary>
    public static string[] Draw(SKBitmap image)
    {
        int skip = (image.Width + MostColumns - 1) / MostColumns, rows = skip == 1 ? 1 : 2 * skip;
        return [.. Every(rows, image.Height).Select(y => string.Concat(Every(skip, image.Width).Select(x => Sign(image.GetPixel(x, y)))))];

        static IEnumerable<int> Every(int step, int count) => Enumerable.Range(0, (count + step - 1) / step).Select(i => i * step);

        static char Sign(SKColor colour) => Brightness[(colour.Red + colour.Green + colour.Blue) * (Brightness.Length - 1) / (3 * 255)];
    }

    /// <summary>The darker the denser; a flat scene's background, which is almost white, is blank.</summary>
    private static string Inverted(string line) =>
        string.Concat(line.Select(sign => Brightness[Math.Max(0, Brightness.Length - 2 - Brightness.IndexOf(sign))]));

    /// <summary>
    /// What each cell of a MiniPacman picture shows; null where a dream mixed colours that stand for nothing.
    /// </summary>
    /// <param name="frame">(3, 15, 19).</param>
    public static MiniPacmanPixel?[] Classify(ReadOnlySpan<float> frame)
    {
        const int Cells = MiniPacmanMaze.Cells;
        float[] cleaned = new float[3 * Cells];
        MiniPacmanPixel?[] pixels = new MiniPacmanPixel?[Cells];
        byte[] classes = new byte[Cells];
        for (int i = 0; i < cleaned.Length; i++)
            cleaned[i] = frame[i] > Shown ? 1 : 0;
        bool[] known = new bool[Cells];
        for (int cell = 0; cell < Cells; cell++)
        {
            ref float blue = ref cleaned[2 * Cells + cell];
            known[cell] = !(cleaned[cell] > 0 && blue > 0 && cleaned[Cells + cell] == 0);
            if (!known[cell])
                blue = 0; // magenta is nothing's colour
        }
        MiniPacmanPixels.Classify<byte>(cleaned, classes);
        for (int cell = 0; cell < Cells; cell++)
        {
            if (known[cell])
                pixels[cell] = (MiniPacmanPixel)classes[cell];
        }

        return pixels;
    }
}
