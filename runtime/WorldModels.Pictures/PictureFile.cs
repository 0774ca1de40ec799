namespace WorldModels.Pictures;

/// <summary>Files of pictures, whose endings say what they hold.</summary>
public static class PictureFile
{
    /// <summary>Writes one picture to a file that ends in .png, or an animation to one that ends in .gif.</summary>
    /// <param name="path">The file, which is replaced if it exists.</param>
    /// <param name="strip">Draws the one picture.</param>
    /// <param name="animation">Draws the frames of the animation.</param>
    /// <param name="delayMilliseconds">Time of each frame.</param>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public static void Save(string path, Func<Image> strip, Func<IReadOnlyList<Image>> animation, int delayMilliseconds)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".png":
                PngWriter.Save(path, strip());
                break;
            case ".gif":
                GifWriter.Save(path, animation(), delayMilliseconds);
                break;
            default:
                throw new ArgumentException($"'{path}' ends neither in .png (one picture) nor in .gif (an animation).");
        }
    }
}
