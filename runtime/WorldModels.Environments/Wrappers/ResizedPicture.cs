namespace WorldModels.Environments;

/// <summary>
/// The picture that the environment observes, in another size: (C, size, size) of (C, H, W), its upper rows alone where those below are a
/// display (Ha and Schmidhuber 2018 see 84 of CarRacing's 96 rows in 64 x 64). Every pixel is the mean of the picture around its place,
/// weighted by a triangle as wide as the pixels are apart, so that nothing thin is lost where a picture shrinks.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public sealed class ResizedPicture<TAction> : ObservationWrapper<TAction> where TAction : unmanaged
{
    private readonly int _channels, _height, _width, _seen, _size;      // of the rows, those that are seen
    private readonly (int First, float[] Weights)[] _rows, _columns;
    private readonly float[] _narrow;

    /// <param name="inner">What observes a picture.</param>
    /// <param name="size">Rows and columns to see.</param>
    /// <param name="rows">Upper rows of its picture that are seen; null: all.</param>
    /// <exception cref="ArgumentException">It observes no picture, or there are not as many rows.</exception>
    public ResizedPicture(IEnvironment<TAction> inner, int size, int? rows = null) : base(inner)
    {
        if (inner.ObservationSpace is not Box { Shape: [int channels, int height, int width] } box)
            throw new ArgumentException($"'{inner.Name}' observes {inner.ObservationSpace}, no picture that could be resized.");
        if (size < 1)
            throw new ArgumentOutOfRangeException(nameof(size), size, "A picture has at least one pixel.");
        if (rows is < 1 || rows > height)
            throw new ArgumentOutOfRangeException(nameof(rows), rows, $"The picture of '{inner.Name}' has {height} rows.");
        (_channels, _height, _width, _seen, _size) = (channels, height, width, rows ?? height, size);
        (_rows, _columns, _narrow) = (Weights(_seen, size), Weights(width, size), new float[_seen * size]);
        ObservationSpace = new Box(box.Low, box.High, [channels, size, size]);
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    private protected override void Observe(Span<float> observation)
    {
        for (int channel = 0; channel < _channels; channel++)
        {
            ReadOnlySpan<float> plane = Observed.AsSpan(channel * _height * _width, _height * _width);
            Span<float> seen = observation.Slice(channel * _size * _size, _size * _size);
            for (int y = 0; y < _seen; y++)
            {
                for (int x = 0; x < _size; x++)
                    _narrow[y * _size + x] = Sum(plane, y * _width, 1, _columns[x]);
            }
            for (int y = 0; y < _size; y++)
            {
                for (int x = 0; x < _size; x++)
                    seen[y * _size + x] = Sum(_narrow, x, _size, _rows[y]);
            }
        }
    }

    private static float Sum(ReadOnlySpan<float> values, int start, int stride, (int First, float[] Weights) pixel)
    {
        float sum = 0;
        int place = start + pixel.First * stride;
        foreach (float weight in pixel.Weights)
        {
            sum += weight * values[place];
            place += stride;
        }
        return sum;
    }

    /// <summary>For each of so many places along an axis: the first pixel that counts, and the weights of that and those after it.</summary>
    private static (int First, float[] Weights)[] Weights(int from, int to)
    {
        double scale = (double)from / to, reach = Math.Max(scale, 1);
        (int, float[])[] places = new (int, float[])[to];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * scale;
            int first = Math.Max((int)Math.Floor(centre - reach), 0), end = Math.Min((int)Math.Ceiling(centre + reach), from);
            double[] weights = [.. Enumerable.Range(first, end - first).Select(x => Math.Max(0, 1 - Math.Abs(x + 0.5 - centre) / reach))];
            places[i] = (first, [.. weights.Select(weight => (float)(weight / weights.Sum()))]);
        }
        return places;
    }
}
