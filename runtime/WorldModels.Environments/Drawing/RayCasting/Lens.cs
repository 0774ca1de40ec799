using System.Numerics;

namespace WorldModels.Environments;

/// <summary>A rectangle of pixels.</summary>
internal readonly record struct PixelBounds(float Left, float Top, float Right, float Bottom)
{
    public static PixelBounds All { get; } = new(float.MinValue, float.MinValue, float.MaxValue, float.MaxValue);

    public static PixelBounds Empty { get; } = new(0, 0, -1, -1);

    /// <summary>Whether some of the pixels from x on are in it.</summary>
    public bool Meets(int x, int count, int y) => x < Right && x + count > Left && y < Bottom && y + 1 > Top;

    /// <summary>The rows and the first and last column of a picture that are in it.</summary>
    public (int Left, int Top, int Right, int Bottom) Within(int width, int height) => (
        (int)Math.Clamp(Left, 0, width), (int)Math.Clamp(Top, 0, height),
        (int)Math.Clamp(MathF.Ceiling(Right), 0, width), (int)Math.Clamp(MathF.Ceiling(Bottom), 0, height));
}

/// <summary>Which direction each pixel looks in, and where what stands in the world is seen. The camera is the origin.</summary>
internal readonly record struct Lens
{
    /// <summary>What is nearer than this is not seen (m).</summary>
    public const float Near = 1e-3f;

    public Lens(Placement camera, double fieldOfView, int width, int height, PictureCrop crop)
    {
        double wholeWidth = width / (crop.Right - crop.Left), wholeHeight = height / (crop.Bottom - crop.Top);
        (Right, Up, Forward) = (camera.X, camera.Y, -camera.Z);
        (Width, Height) = (width, height);
        Pixel = (float)(2 * Math.Tan(fieldOfView * Math.PI / 360) / wholeHeight);
        (MiddleX, MiddleY) = ((float)((0.5 - crop.Left) * wholeWidth), (float)((0.5 - crop.Top) * wholeHeight));
    }

    /// <summary>Columns of the picture.</summary>
    public int Width { get; }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>To the right in the picture, a unit vector.</summary>
    public Vector3 Right { get; }

    /// <summary>Upwards in the picture.</summary>
    public Vector3 Up { get; }

    /// <summary>Into the picture.</summary>
    public Vector3 Forward { get; }

    /// <summary>Size of a pixel, 1 m before the camera (m).</summary>
    public float Pixel { get; }

    /// <summary>The column that looks straight ahead, in pixels from the left edge.</summary>
    public float MiddleX { get; }

    /// <summary>The row that does, from the upper edge.</summary>
    public float MiddleY { get; }

    /// <summary>Where the middle of a row of points in the picture looks; 1 m deep, as all directions are.</summary>
    public Vector3 Row(float y) => Forward + (MiddleY - y) * Pixel * Up;

    /// <summary>Where something within a box is seen at most.</summary>
    /// <param name="place">The box's middle, seen from the camera, and its axes.</param>
    /// <param name="half">Half its lengths.</param>
    public PixelBounds See(in Placement place, Vector3 half)
    {
        BoundsBuilder bounds = new();
        for (int corner = 0; corner < 8; corner++)
            bounds.Add(this, Corner(place, half, corner));
        return bounds.Bounds;
    }

    /// <summary>A corner of a box, of 8.</summary>
    public static Vector3 Corner(in Placement place, Vector3 half, int corner) => place.Position
        + ((corner & 1) == 0 ? -half.X : half.X) * place.X
        + ((corner & 2) == 0 ? -half.Y : half.Y) * place.Y
        + ((corner & 4) == 0 ? -half.Z : half.Z) * place.Z;

    /// <summary>The rectangle around points.</summary>
    public struct BoundsBuilder()
    {
        // Samples lie up to half a pixel beside a pixel's middle, and rounding is to harm nobody.
        private const float Margin = 1;

        private Vector2 _least = new(float.MaxValue), _most = new(float.MinValue);
        private bool _seen, _unseen;

        public readonly PixelBounds Bounds => !_seen ? PixelBounds.Empty
            : _unseen ? PixelBounds.All
            : new(_least.X - Margin, _least.Y - Margin, _most.X + Margin, _most.Y + Margin);

        /// <summary>Takes a point in, seen from the camera.</summary>
        public void Add(in Lens lens, Vector3 point)
        {
            float depth = Vector3.Dot(point, lens.Forward);
            if (depth < Near)
            {
                _unseen = true;
                return;
            }
            float scale = 1 / (depth * lens.Pixel);
            Vector2 at = new(
                lens.MiddleX + Vector3.Dot(point, lens.Right) * scale, lens.MiddleY - Vector3.Dot(point, lens.Up) * scale);
            (_least, _most, _seen) = (Vector2.Min(_least, at), Vector2.Max(_most, at), true);
        }

        /// <summary>Takes in a point that may be anywhere.</summary>
        public void AddAny() => (_seen, _unseen) = (true, true);
    }
}
