using System.Runtime.InteropServices;

namespace WorldModels.Pictures;

/// <summary>At most 256 colours for some pictures: theirs if they have no more, else the means of a median cut (Heckbert 1982).</summary>
public sealed class GifColours
{
    private readonly Dictionary<Rgb, byte> _indices = [];

    /// <summary>Chooses the colours, at most <paramref name="most"/>.</summary>
    public GifColours(IEnumerable<Image> pictures, int most = 256)
    {
        Dictionary<Rgb, int> counts = [];
        foreach (Image picture in pictures)
        {
            for (int y = 0; y < picture.Height; y++)
            {
                for (int x = 0; x < picture.Width; x++)
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, picture[x, y], out _)++;
            }
        }
        List<(Rgb Colour, int Count)[]> boxes = [[.. counts.Select(c => (c.Key, c.Value))]];
        while (boxes.Count < most && boxes.MaxBy(box => Extent(box).Length) is { Length: > 1 } widest)
        {
            boxes.Remove(widest);
            boxes.AddRange(Cut(widest));
        }
        Colours = [.. boxes.Select(Mean)];
        for (int i = 0; i < boxes.Count; i++)
        {
            foreach ((Rgb colour, int _) in boxes[i])
                _indices[colour] = (byte)i;
        }
    }

    /// <summary>The colours, at least one.</summary>
    public IReadOnlyList<Rgb> Colours { get; }

    /// <summary>The number of the colour that stands for one of the pictures' colours.</summary>
    public byte this[Rgb colour] => _indices[colour];

    private static (int Channel, int Length) Extent((Rgb Colour, int Count)[] box)
    {
        (int Channel, int Length) widest = (0, -1);
        for (int channel = 0; channel < 3; channel++)
        {
            int low = 255, high = 0;
            foreach ((Rgb colour, int _) in box)
            {
                int value = Channel(colour, channel);
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
            if (high - low > widest.Length)
                widest = (channel, high - low);
        }
        return box.Length == 1 ? (0, -1) : widest;
    }

    /// <summary>Two halves of about as many pixels, neither empty.</summary>
    private static (Rgb, int)[][] Cut((Rgb Colour, int Count)[] box)
    {
        int channel = Extent(box).Channel;
        Array.Sort(box, (a, b) => Channel(a.Colour, channel).CompareTo(Channel(b.Colour, channel)));
        long half = box.Sum(entry => (long)entry.Count) / 2, seen = 0;
        int at = 1;
        for (; at < box.Length - 1 && (seen += box[at - 1].Count) < half; at++)
        {
        }
        return [box[..at], box[at..]];
    }

    private static Rgb Mean((Rgb Colour, int Count)[] box)
    {
        double total = box.Sum(entry => (double)entry.Count);
        return new(Of(0), Of(1), Of(2));

        byte Of(int channel) => (byte)Math.Round(box.Sum(entry => Channel(entry.Colour, channel) * (double)entry.Count) / total);
    }

    private static int Channel(Rgb colour, int channel) => channel switch { 0 => colour.R, 1 => colour.G, _ => colour.B };
}
