using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Renders a <see cref="BodyScene"/>: for each body, the pixels in which it can be, in groups as wide as the processor computes at once;
/// what is nearest stays. Planes come first, then what they mirror, then bodies, then those that can be seen through.
/// </summary>
internal sealed class RayCaster
{
    [ThreadStatic]
    private static RayCaster? _ofThread;

    private readonly RayFrame _frame = new();
    private readonly SkyPicture _sky = new();
    private readonly PixelLayer _layer = new();
    private readonly PixelLayer _mirrored = new();
    private readonly PixelLayer _sum = new();
    private float[] _reflectance = [];
    private Vector2 _sample;

    /// <summary>Its buffers are used by all scenes that a thread renders.</summary>
    public static RayCaster OfThread => _ofThread ??= new();

    /// <summary>Renders a picture.</summary>
    /// <param name="scene">What is seen.</param>
    /// <param name="rgb">(height, width, 3), written.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="options">How well.</param>
    public void Paint(BodyScene scene, Span<byte> rgb, int width, int height, PictureOptions options)
    {
        _frame.Prepare(scene, width, height, options);
        _layer.Resize(width, height);
        _sum.Resize(width, height);
        PixelLayer sky = _sky.See(_frame.Lens);
        // Points of a turned square: no two in one row or column, so that edges of any direction have several steps.
        ReadOnlySpan<Vector2> samples = options.Samples == 1
            ? [Vector2.Zero] : [new(-0.125f, -0.375f), new(0.375f, -0.125f), new(-0.375f, 0.125f), new(0.125f, 0.375f)];
        for (int i = 0; i < samples.Length; i++)
        {
            _sample = samples[i];
            _layer.Begin(sky);
            PaintSample();
            Sum(first: i == 0);
        }
        Write(rgb, width, height, 255f / samples.Length);
    }

    private void PaintSample()
    {
        ReadOnlySpan<RayBody> bodies = _frame.Bodies;
        Illumination light = new(_frame, _frame.Lights, mirrored: false);
        for (int i = 0; i < bodies.Length; i++)
        {
            if (bodies[i].IsPlane)
                Draw(i, bodies[i], light);
        }
        if (_frame.Mirror >= 0)
            DrawMirrored();
        for (int i = 0; i < bodies.Length; i++)
        {
            if (!bodies[i].IsPlane && bodies[i].Geom.Color.W >= 1)
                Draw(i, bodies[i], light);
        }
        for (int i = 0; i < bodies.Length; i++)
        {
            if (!bodies[i].IsPlane && bodies[i].Geom.Color.W < 1)
                Draw(i, bodies[i], light);
        }
    }

    private void Draw(int index, in RayBody body, in Illumination light)
    {
        Group group = new(_frame.Lens, body, _sample);
        (int left, int top, int right, int bottom) = body.Bounds.Within(_frame.Lens.Width, _frame.Lens.Height);
        left -= left % Vector<float>.Count;
        float opacity = Math.Min(body.Geom.Color.W, 1);
        for (int y = top; y < bottom; y++)
        {
            group.Row(y);
            for (int x = left; x < right; x += Vector<float>.Count)
            {
                int at = y * _layer.Stride + x;
                Vector<float> behind = new(_layer.Depth, at);
                if (!group.Meets(x, behind, out Vector<int> seen))
                    continue;
                Wide3 color = light.Shade(index, body, group.Point, group.Local, x, y), before = _layer.Color(at);
                if (opacity < 1)
                    color = before + (color - before) * new Vector<float>(opacity);
                else
                    Vector.ConditionalSelect(seen, group.Depth, behind).CopyTo(_layer.Depth, at);
                _layer.SetColor(at, Wide3.Select(seen, color, before));
            }
        }
    }

    /// <summary>Adds to the mirror's pixels what is seen in it.</summary>
    private void DrawMirrored()
    {
        PixelLayer mirrored = _mirrored;
        mirrored.Resize(_frame.Lens.Width, _frame.Lens.Height);
        mirrored.Depth.AsSpan(0, mirrored.Size).Fill(float.PositiveInfinity);
        MarkMirror();
        ReadOnlySpan<RayBody> bodies = _frame.Mirrored;
        Illumination light = new(_frame, _frame.MirroredLights, mirrored: true);
        for (int i = 0; i < bodies.Length; i++)
        {
            if (i == _frame.Mirror)
                continue;
            ref readonly RayBody body = ref bodies[i];
            Group group = new(_frame.Lens, body, _sample);
            (int left, int top, int right, int bottom) = body.Bounds.Within(_frame.Lens.Width, _frame.Lens.Height);
            left -= left % Vector<float>.Count;
            for (int y = top; y < bottom; y++)
            {
                group.Row(y);
                for (int x = left; x < right; x += Vector<float>.Count)
                {
                    int at = y * _layer.Stride + x;
                    Vector<float> share = new(_reflectance, at), behind = new(mirrored.Depth, at);
                    if (Vector.EqualsAll(share, Vector<float>.Zero) || !group.Meets(x, behind, out Vector<int> seen))
                        continue;
                    seen &= Vector.GreaterThan(share, Vector<float>.Zero);
                    // What is nearer than the mirror stands before it, or reaches through it.
                    seen &= Vector.GreaterThan(group.Depth, new Vector<float>(_layer.Depth, at));
                    if (Vector.EqualsAll(seen, Vector<int>.Zero))
                        continue;
                    Vector.ConditionalSelect(seen, group.Depth, behind).CopyTo(mirrored.Depth, at);
                    Wide3 color = light.Shade(i, body, group.Point, group.Local, x, y) * share;
                    mirrored.SetColor(at, Wide3.Select(seen, color, mirrored.Color(at)));
                }
            }
        }
        Vector<float> never = new(float.PositiveInfinity);
        for (int at = 0; at < mirrored.Size; at += Vector<float>.Count)
        {
            Vector<int> seen = Vector.LessThan(new Vector<float>(mirrored.Depth, at), never);
            if (Vector.EqualsAll(seen, Vector<int>.Zero))
                continue;
            Wide3 before = _layer.Color(at);
            _layer.SetColor(at, Wide3.Select(seen, before + mirrored.Color(at), before));
        }
    }

    /// <summary>Finds the pixels in which the mirror is the nearest plane.</summary>
    private void MarkMirror()
    {
        if (_reflectance.Length < _layer.Size)
            _reflectance = new float[_layer.Size];
        _reflectance.AsSpan(0, _layer.Size).Clear();
        RayBody mirror = _frame.Bodies[_frame.Mirror];
        Group group = new(_frame.Lens, mirror, _sample);
        (int left, int top, int right, int bottom) = mirror.Bounds.Within(_frame.Lens.Width, _frame.Lens.Height);
        left -= left % Vector<float>.Count;
        Vector<float> reflectance = new(mirror.Geom.Reflectance), beyond = new(float.PositiveInfinity);
        for (int y = top; y < bottom; y++)
        {
            group.Row(y);
            for (int x = left; x < right; x += Vector<float>.Count)
            {
                int at = y * _layer.Stride + x;
                if (!group.Meets(x, beyond, out Vector<int> seen))
                    continue;
                seen &= Vector.Equals(group.Depth, new Vector<float>(_layer.Depth, at));
                Vector.ConditionalSelect(seen, reflectance, Vector<float>.Zero).CopyTo(_reflectance, at);
            }
        }
    }

    private void Sum(bool first)
    {
        for (int at = 0; at < _sum.Size; at += Vector<float>.Count)
        {
            Wide3 color = _layer.Color(at).AtMostOne();
            _sum.SetColor(at, first ? color : color + _sum.Color(at));
        }
    }

    private void Write(Span<byte> rgb, int width, int height, float scale)
    {
        Span<int> parts = stackalloc int[3 * Vector<int>.Count];
        Vector<float> factor = new(scale), half = new(0.5f);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x += Vector<float>.Count)
            {
                Wide3 color = _sum.Color(y * _sum.Stride + x);
                Vector.ConvertToInt32(color.X * factor + half).CopyTo(parts);
                Vector.ConvertToInt32(color.Y * factor + half).CopyTo(parts[Vector<int>.Count..]);
                Vector.ConvertToInt32(color.Z * factor + half).CopyTo(parts[(2 * Vector<int>.Count)..]);
                int count = Math.Min(Vector<int>.Count, width - x);
                Span<byte> pixels = rgb.Slice(3 * (y * width + x), 3 * count);
                for (int i = 0; i < count; i++)
                {
                    pixels[3 * i] = (byte)parts[i];
                    pixels[3 * i + 1] = (byte)parts[Vector<int>.Count + i];
                    pixels[3 * i + 2] = (byte)parts[2 * Vector<int>.Count + i];
                }
            }
        }
    }

    /// <summary>The rays of neighbouring pixels, and where they meet a body.</summary>
    private ref struct Group(in Lens lens, in RayBody body, Vector2 sample)
    {
        private readonly Lens _lens = lens;
        private readonly Geom _geom = body.Geom;
        private readonly Placement _place = body.Place;
        private readonly Vector2 _sample = sample;
        private readonly Wide3 _origin = new(body.Place.Along(-body.Place.Position));
        private Wide3 _row;

        /// <summary>How deep the rays meet the body.</summary>
        public Vector<float> Depth { get; private set; }

        /// <summary>Where, seen from the camera.</summary>
        public Wide3 Point { get; private set; }

        /// <summary>Where, in the body's own coordinates.</summary>
        public Wide3 Local { get; private set; }

        /// <summary>Goes to a row of pixels.</summary>
        public void Row(int y) => _row = new(_lens.Row(y + 0.5f + _sample.Y));

        /// <summary>Follows the rays of the pixels from x on.</summary>
        /// <param name="x">The first.</param>
        /// <param name="behind">Depth from which on the body is hidden.</param>
        /// <param name="seen">Those that meet it.</param>
        /// <returns>Whether any does.</returns>
        public bool Meets(int x, Vector<float> behind, out Vector<int> seen)
        {
            Vector<float> columns = SimdColumns.Middles + new Vector<float>(x + _sample.X - _lens.MiddleX);
            Vector<float> across = columns * new Vector<float>(_lens.Pixel);
            Wide3 direction = _row + new Wide3(_lens.Right) * across, local = direction.Along(_place.X, _place.Y, _place.Z);
            Depth = Surface.Enter(_geom.Type, _geom.Size, _origin, local);
            seen = Vector.GreaterThan(Depth, new Vector<float>(Lens.Near)) & Vector.LessThan(Depth, behind);
            if (Vector.EqualsAll(seen, Vector<int>.Zero))
                return false;
            // Any finite depth will do for the others.
            Depth = Vector.ConditionalSelect(seen, Depth, Vector<float>.One);
            (Point, Local) = (direction * Depth, _origin + local * Depth);
            return true;
        }
    }
}
