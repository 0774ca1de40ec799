namespace WorldModels.Environments;

/// <summary>
/// The observation is the environment's picture: (3, size, size), red, green, blue, each a byte over 255, in 0..1. Put it around an
/// <see cref="ActionRepeat{TAction}"/>, so that one picture is rendered for a repeated action; one inside renders all of them.
/// </summary>
/// <remarks>
/// With numbers, what the environment inside observes follows the picture in the same row. The space is then a flat box of
/// <c>3 * size * size + NumberCount</c> elements, whose bounds enclose those of both; <see cref="Picture"/> is the space of the first
/// part. Pictures hold no state: what is saved is the environment inside. A crop or another quality is a <see cref="PictureOptions"/>.
/// </remarks>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public sealed class PixelObservation<TAction> : ObservationWrapper<TAction> where TAction : unmanaged
{
    private readonly int _size;
    private readonly PictureOptions _options;
    private readonly byte[] _rgb;

    /// <param name="inner">What is looked at.</param>
    /// <param name="size">Pixels a row, and rows.</param>
    /// <param name="withNumbers">Whether the numbers that the environment inside observes follow the picture.</param>
    /// <param name="options">Quality and crop; null: <see cref="PictureOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">The environment cannot be drawn, or observes no numbers that could follow.</exception>
    public PixelObservation(IEnvironment<TAction> inner, int size, bool withNumbers = false, PictureOptions? options = null) : base(inner)
    {
        if (size < 1)
            throw new ArgumentOutOfRangeException(nameof(size), size, "A picture has at least one pixel.");
        if (!CanDraw)
            throw new ArgumentException($"The environment '{inner.Name}' cannot be drawn, so that there is no picture to observe.");
        (_size, _options) = (size, options ?? PictureOptions.Default);
        Picture = new(0, 1, [3, size, size]);
        _rgb = new byte[Picture.Size];
        ObservationSpace = Picture;
        if (!withNumbers)
            return;
        if (inner.ObservationSpace is not Box box)
            throw new ArgumentException($"'{inner.Name}' observes {inner.ObservationSpace}: only a box of numbers can follow a picture.");
        NumberCount = Observed.Length;
        ObservationSpace = new Box(Math.Min(box.Low, 0), Math.Max(box.High, 1), [Picture.Size + NumberCount]);
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <summary>The space of the picture: all of an observation, or the first part of it.</summary>
    public Box Picture { get; }

    /// <summary>Numbers that follow the picture; 0 without them.</summary>
    public int NumberCount { get; }

    private protected override void Observe(Span<float> observation)
    {
        Draw().Render(_rgb, _size, _size, _options);
        PicturePlanes.Fill(observation[..Picture.Size], _rgb);
        if (NumberCount > 0)
            Observed.CopyTo(observation[Picture.Size..]);
    }
}
