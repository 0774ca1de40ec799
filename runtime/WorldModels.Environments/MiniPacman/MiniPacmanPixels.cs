using System.Numerics;

namespace WorldModels.Environments;

/// <summary>What a cell shows; the numbers are the classes an environment model predicts, in the reference's order.</summary>
public enum MiniPacmanPixel { Pill, Pacman, Food, Wall, EdibleGhost, Empty, DangerousGhost }

/// <summary>
/// The one table of MiniPacman's pixel classes: everything that predicts, paints or reads them uses it, because two tables that disagree
/// swap pacman and the pills (which happened to the reference).
/// </summary>
public static class MiniPacmanPixels
{
    /// <summary>Number of classes.</summary>
    public const int Count = 7;

    private const int Cells = MiniPacmanMaze.Cells;
    private const byte NoClass = byte.MaxValue;

    /// <summary>(7, 3): red, green, blue of each class. Edible ghosts are yellow; their countdown, a lower green, is not a class.</summary>
    public static ReadOnlySpan<float> Colors =>
    [
        0, 1, 1, // pill
        0, 1, 0, // pacman
        0, 0, 1, // food
        1, 1, 1, // wall
        1, 1, 0, // edible ghost
        0, 0, 0, // empty
        1, 0, 0, // dangerous ghost
    ];

    /// <summary>The class by three bits red, green, blue; magenta is none.</summary>
    private static ReadOnlySpan<byte> ByColor => [5, 2, 1, 0, 6, NoClass, 4, 3];

    /// <summary>Names the class of every cell, rounding colors up, so that ghosts of any countdown are edible ones.</summary>
    /// <typeparam name="TClass">What the classes are wanted as, <c>byte</c> to store or <c>long</c> to index with.</typeparam>
    /// <param name="observations">(N, 3, 15, 19), MiniPacman's own colors.</param>
    /// <param name="classes">(N, 15, 19), receives 0..6, see <see cref="MiniPacmanPixel"/>.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a color is none of MiniPacman's.</exception>
    public static void Classify<TClass>(ReadOnlySpan<float> observations, Span<TClass> classes)
        where TClass : unmanaged, IBinaryInteger<TClass>
    {
        CheckLengths(observations.Length, classes.Length);
        for (int image = 0; image < classes.Length; image += Cells)
        {
            ReadOnlySpan<float> red = observations.Slice(3 * image, Cells);
            ReadOnlySpan<float> green = observations.Slice(3 * image + Cells, Cells);
            ReadOnlySpan<float> blue = observations.Slice(3 * image + 2 * Cells, Cells);
            Span<TClass> output = classes.Slice(image, Cells);
            for (int cell = 0; cell < Cells; cell++)
            {
                byte pixel = ByColor[Bit(red[cell], 4) | Bit(green[cell], 2) | Bit(blue[cell], 1)];
                if (pixel == NoClass)
                {
                    throw new ArgumentException(
                        $"Cell {cell} of image {image / Cells} has the color ({red[cell]}, {green[cell]}, {blue[cell]}), " +
                        "which is none of MiniPacman's; pass pictures of the game, (N, 3, 15, 19).");
                }
                output[cell] = TClass.CreateTruncating(pixel);
            }
        }

        static int Bit(float value, int bit) => value > 0 ? bit : 0;
    }

    /// <summary>Paints classes in their colors, the inverse of <see cref="Classify"/> but for the countdown.</summary>
    /// <param name="classes">(N, 15, 19) of 0..6.</param>
    /// <param name="observations">(N, 3, 15, 19).</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a class is outside 0..6.</exception>
    public static void Render<TClass>(ReadOnlySpan<TClass> classes, Span<float> observations)
        where TClass : unmanaged, IBinaryInteger<TClass>
    {
        CheckLengths(observations.Length, classes.Length);
        for (int image = 0; image < classes.Length; image += Cells)
        {
            Span<float> output = observations.Slice(3 * image, 3 * Cells);
            for (int cell = 0; cell < Cells; cell++)
            {
                int pixel = int.CreateSaturating(classes[image + cell]);
                if ((uint)pixel >= Count)
                {
                    throw new ArgumentException(
                        $"Cell {cell} of image {image / Cells} has the class {pixel}; MiniPacman's are 0..{Count - 1}.");
                }
                ReadOnlySpan<float> color = Colors.Slice(3 * pixel, 3);
                output[cell] = color[0];
                output[Cells + cell] = color[1];
                output[2 * Cells + cell] = color[2];
            }
        }
    }

    private static void CheckLengths(int observations, int classes)
    {
        if (classes % Cells != 0 || observations != 3 * classes)
        {
            throw new ArgumentException($"The spans do not fit: {observations} colors and {classes} classes; " +
                $"N pictures take N * {3 * Cells} colors (N, 3, 15, 19) and N * {Cells} classes (N, 15, 19).");
        }
    }
}
