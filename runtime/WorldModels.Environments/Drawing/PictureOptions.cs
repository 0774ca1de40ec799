namespace WorldModels.Environments;

/// <summary>
/// How well a <see cref="Scene"/> is rendered, and how much of it. The default is the same for training and for people: antialiased and
/// with shadows and reflections, as the pictures of published agents are, since bodies thinner than a pixel flicker without the first
/// and tell their height over the ground by the others. Flat scenes are always antialiased, and take the cut alone.
/// </summary>
public sealed record PictureOptions
{
    /// <summary>What is rendered unless something else is asked for.</summary>
    public static PictureOptions Default { get; } = new();

    /// <summary>One ray a pixel, neither shadows nor reflections: five to seven times as fast.</summary>
    public static PictureOptions Fast { get; } = new() { Samples = 1, Shadows = false, Reflections = false };

    /// <summary>Rays a pixel: 1 or 4.</summary>
    public int Samples
    {
        get;
        init => field = value is 1 or 4
            ? value : throw new ArgumentOutOfRangeException(nameof(Samples), value, "A pixel takes 1 or 4 rays.");
    } = 4;

    /// <summary>Whether bodies cast shadows.</summary>
    public bool Shadows { get; init; } = true;

    /// <summary>Whether floors reflect, those that do.</summary>
    public bool Reflections { get; init; } = true;

    /// <summary>The part of the picture that is rendered.</summary>
    public PictureCrop Crop { get; init; } = PictureCrop.Whole;
}

/// <summary>A part of a picture, in shares of its width from the left and of its height from the top.</summary>
public readonly record struct PictureCrop
{
    /// <summary>Takes a part.</summary>
    /// <exception cref="ArgumentException">It is empty, or not within the picture.</exception>
    public PictureCrop(double left, double top, double right, double bottom)
    {
        if (!(left >= 0 && left < right && right <= 1 && top >= 0 && top < bottom && bottom <= 1))
        {
            throw new ArgumentException(
                $"A crop has 0 <= left < right <= 1 and 0 <= top < bottom <= 1; found {left}..{right} and {top}..{bottom}.");
        }
        (Left, Top, Right, Bottom) = (left, top, right, bottom);
    }

    /// <summary>All of it.</summary>
    public static PictureCrop Whole { get; } = new(0, 0, 1, 1);

    public double Left { get; }

    public double Top { get; }

    public double Right { get; }

    public double Bottom { get; }
}
