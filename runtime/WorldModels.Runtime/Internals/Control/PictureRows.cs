using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>Pictures of bytes as the numbers that networks see, in a buffer that calls of the same size share.</summary>
internal sealed class PictureRows(Bundle bundle)
{
    private float[] _numbers = [];

    /// <summary>Bytes 0 to 255 as 0 to 1, valid until the next call.</summary>
    /// <exception cref="BundleException">The bundle observes no pictures in 0..1.</exception>
    public ReadOnlySpan<float> Read(ReadOnlySpan<byte> pictures)
    {
        ObservationSpec observation = bundle.Manifest.Observation;
        if (observation is not { Shape.Count: 3, Low: 0, High: 1 })
        {
            throw new BundleException($"Bytes are pictures in 0..1; bundle '{bundle.Directory}' observes ("
                + $"{string.Join(", ", observation.Shape)}) numbers in {observation.Low}..{observation.High}: give them as floats.");
        }
        if (_numbers.Length != pictures.Length)
            _numbers = new float[pictures.Length];
        Pixels.ToFloats(pictures, _numbers);
        return _numbers;
    }
}
