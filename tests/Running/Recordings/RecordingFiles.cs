using WorldModels.Bundles;

namespace WorldModels.Tests.Recordings;

/// <summary>The files that h5py wrote, and how to compare what is read of them.</summary>
internal static class RecordingFiles
{
    public static string PathOf(string name) => Path.Combine(Repository.Root, "tests", "Running", "Recordings", "data", name);

    /// <summary>The numbers of an array, whatever its type.</summary>
    public static double[] Numbers(NpyArray array) => array.Type switch
    {
        NpyType.Float32 => Array.ConvertAll(array.As<float>().ToArray(), value => (double)value),
        NpyType.Int64 => Array.ConvertAll(array.As<long>().ToArray(), value => (double)value),
        NpyType.UInt8 => Array.ConvertAll(array.As<byte>().ToArray(), value => (double)value),
        _ => Array.ConvertAll(array.As<bool>().ToArray(), value => value ? 1.0 : 0.0),
    };

    /// <summary>Asserts type, shape and numbers.</summary>
    public static void Check(NpyArray array, NpyType type, int[] shape, IEnumerable<double> numbers)
    {
        Assert.That(array.Type, Is.EqualTo(type));
        Assert.That(array.Shape, Is.EqualTo(shape));
        Assert.That(Numbers(array), Is.EqualTo(numbers));
    }
}
