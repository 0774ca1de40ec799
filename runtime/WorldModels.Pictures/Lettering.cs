namespace WorldModels.Pictures;

/// <summary>Writes labels into pictures with letters of 5 x 7 pixels: capitals, digits and the signs that figures need.</summary>
public static class Lettering
{
    /// <summary>Height of a line, pixels.</summary>
    public const int Height = 7;

    private const int Advance = 6; // five pixels and a space

    // The letters side by side; a strip of seven lines for each line of Order.
    private const string Order = """
        ABCDEFGHIJKLM
        NOPQRSTUVWXYZ
        0123456789.,:
        +-/%=()<>#*_?
        """;

    private const string Strips = """
        .###. ####. .#### ####. ##### ##### .#### #...# .###. ..### #...# #.... #...#
        #...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #..#. #.... ##.##
        #...# #...# #.... #...# #.... #.... #.... #...# ..#.. ...#. #.#.. #.... #.#.#
        ##### ####. #.... #...# ####. ####. #..## ##### ..#.. ...#. ##... #.... #.#.#
        #...# #...# #.... #...# #.... #.... #...# #...# ..#.. ...#. #.#.. #.... #...#
        #...# #...# #.... #...# #.... #.... #...# #...# ..#.. #..#. #..#. #.... #...#
        #...# ####. .#### ####. ##### #.... .#### #...# .###. .##.. #...# ##### #...#
        #...# .###. ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# #####
        ##..# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....#
        #.#.# #...# #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#.
        #.#.# #...# ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#..
        #.#.# #...# #.... #.#.# #.#.. ....# ..#.. #...# #...# #.#.# .#.#. ..#.. .#...
        #..## #...# #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #....
        #...# .###. #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. #####
        .###. ..#.. .###. ####. ...#. ##### ..##. ##### .###. .###. ..... ..... .....
        #...# .##.. #...# ....# ..##. #.... .#... ....# #...# #...# ..... ..... ..#..
        #..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# ..... ..... ..#..
        #.#.# ..#.. ...#. .###. #..#. ....# ####. ..#.. .###. .#### ..... ..... .....
        ##..# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....# ..... ..#.. ..#..
        #...# ..#.. .#... ....# ...#. #...# #...# .#... #...# ...#. .##.. ..#.. ..#..
        .###. .###. ##### ####. ...#. .###. .###. .#... .###. .##.. .##.. .#... .....
        ..... ..... ....# ##..# ..... ...#. .#... ...#. .#... .#.#. ..... ..... .###.
        ..#.. ..... ....# ##..# ..... ..#.. ..#.. ..#.. ..#.. .#.#. #.#.# ..... #...#
        ..#.. ..... ...#. ...#. ##### .#... ...#. .#... ...#. ##### .###. ..... ....#
        ##### ##### ..#.. ..#.. ..... .#... ...#. #.... ....# .#.#. ##### ..... ..##.
        ..#.. ..... .#... .#... ##### .#... ...#. .#... ...#. ##### .###. ..... ..#..
        ..#.. ..... #.... #..## ..... ..#.. ..#.. ..#.. ..#.. .#.#. #.#.# ..... .....
        ..... ..... #.... #..## ..... ...#. .#... ...#. .#... .#.#. ..... ##### ..#..
        """;

    private static readonly string[] Lines = Strips.Split('\n', StringSplitOptions.TrimEntries);
    private static readonly Dictionary<char, (int Strip, int Column)> Places = Order.Split('\n', StringSplitOptions.TrimEntries)
        .SelectMany((letters, strip) => letters.Select((letter, column) => (letter, strip, column)))
        .ToDictionary(place => place.letter, place => (place.strip, place.column));

    /// <summary>Width of a text, pixels.</summary>
    public static int Width(string text) => Math.Max(text.Length * Advance - 1, 1);

    /// <summary>Writes a text with its upper left corner at (x, y). Small letters become capitals, unknown signs a question mark.</summary>
    public static void Write(this Image image, string text, int x, int y, Rgb colour, int scale = 1)
    {
        foreach (char letter in text.ToUpperInvariant())
        {
            if (letter != ' ')
                WriteLetter(image, letter, x, y, colour, scale);
            x += Advance * scale;
        }
    }

    /// <summary>A picture that is as large as its text.</summary>
    public static Image Label(string text, Rgb colour, Rgb background, int scale = 1)
    {
        Image label = new(Width(text) * scale, Height * scale, background);
        label.Write(text, 0, 0, colour, scale);
        return label;
    }

    private static void WriteLetter(Image image, char letter, int x, int y, Rgb colour, int scale)
    {
        (int strip, int column) = Places.TryGetValue(letter, out (int Strip, int Column) place) ? place : Places['?'];
        for (int row = 0; row < Height; row++)
        {
            for (int dot = 0; dot < 5; dot++)
            {
                if (Lines[strip * Height + row][column * Advance + dot] == '#')
                    image.Fill(x + dot * scale, y + row * scale, scale, scale, colour);
            }
        }
    }
}
