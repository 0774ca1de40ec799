namespace WorldModels.Environments;

/// <summary>An environment that can be looked at.</summary>
public interface IDrawable
{
    /// <summary>
    /// The picture of the present state. It belongs to the environment, which draws the next one into the same scene:
    /// <see cref="Scene.Copy"/> keeps it.
    /// </summary>
    Scene Draw();
}

/// <summary>An environment that can be drawn from what is observed of it alone, such as from what a world model dreams.</summary>
public interface IObservationDrawable : IDrawable
{
    /// <summary>
    /// The picture of the state that an observation tells; what it does not tell, such as a target, is where the environment has it. The
    /// environment is afterwards what it was, and the scene is that of <see cref="IDrawable.Draw"/>.
    /// </summary>
    /// <param name="observation">As the environment gives it, or near to that.</param>
    /// <returns>Null: an observation tells too little.</returns>
    Scene? Draw(ReadOnlySpan<float> observation);
}

/// <summary>
/// What an environment looks like, to be rendered at any size: the one picture that agents are trained on, and that people are shown.
/// Rendering allocates nothing once a thread has rendered a picture of the size. Not thread-safe; scenes are independent.
/// </summary>
/// <remarks>
/// The same scene gives the same bytes on one machine: whatever was rendered before, and in any thread. Elsewhere single values may differ
/// by rounding: pixels come from additions, multiplications, divisions and square roots alone, which are rounded alike everywhere; but
/// processors of another kind may add in another order, and sines and cosines of where things stand are the mathematical library's.
/// </remarks>
public abstract class Scene
{
    private protected Scene() { }

    /// <summary>Width over height in which the scene is undistorted.</summary>
    public abstract double Aspect { get; }

    /// <summary>Renders the scene.</summary>
    /// <param name="rgb">(height, width, 3), upper row first, written.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="options">Quality and cut; null: <see cref="PictureOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">The span is not as large as the picture, or there is no pixel.</exception>
    public void Render(Span<byte> rgb, int width, int height, PictureOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        int size = checked(width * height * 3);
        if (rgb.Length != size)
            throw new ArgumentException($"A picture of {width} x {height} pixels takes {size} bytes; the span has {rgb.Length}.");
        Paint(rgb, width, height, options ?? PictureOptions.Default);
    }

    /// <summary>The scene as it is now, which stays so.</summary>
    public abstract Scene Copy();

    private protected abstract void Paint(Span<byte> rgb, int width, int height, PictureOptions options);
}
