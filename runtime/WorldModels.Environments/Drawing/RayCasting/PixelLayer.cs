using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Colours and depths of the pixels of a picture, rows padded to whole groups.</summary>
internal sealed class PixelLayer
{
    /// <summary>Floats a row.</summary>
    public int Stride { get; private set; }

    /// <summary>How deep what is seen stands, in the direction of the camera (m).</summary>
    public float[] Depth { get; private set; } = [];

    public float[] Red { get; private set; } = [];

    public float[] Green { get; private set; } = [];

    public float[] Blue { get; private set; } = [];

    /// <summary>Floats in use; the arrays are longer after a larger picture.</summary>
    public int Size { get; private set; }

    /// <summary>Gives it a size.</summary>
    public void Resize(int width, int height)
    {
        Stride = (width + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        Size = checked(Stride * height);
        if (Depth.Length < Size)
            (Depth, Red, Green, Blue) = (new float[Size], new float[Size], new float[Size], new float[Size]);
    }

    /// <summary>Colours of a group.</summary>
    public Wide3 Color(int at) => new(new(Red, at), new(Green, at), new(Blue, at));

    /// <summary>Writes colours of a group.</summary>
    public void SetColor(int at, in Wide3 color)
    {
        color.X.CopyTo(Red, at);
        color.Y.CopyTo(Green, at);
        color.Z.CopyTo(Blue, at);
    }

    /// <summary>Makes colours those of another one, and everything infinitely deep.</summary>
    public void Begin(PixelLayer colors)
    {
        colors.Red.AsSpan(0, Size).CopyTo(Red);
        colors.Green.AsSpan(0, Size).CopyTo(Green);
        colors.Blue.AsSpan(0, Size).CopyTo(Blue);
        Depth.AsSpan(0, Size).Fill(float.PositiveInfinity);
    }
}
