using System.Numerics;

namespace WorldModels.Environments;

/// <summary>How numbers of the planar physics are stored.</summary>
internal static class PlanarState
{
    public static void Write(this BinaryWriter writer, Vector2 vector)
    {
        writer.Write(vector.X);
        writer.Write(vector.Y);
    }

    /// <exception cref="ArgumentException">It is not finite.</exception>
    public static float ReadFinite(this BinaryReader reader)
    {
        float value = reader.ReadSingle();
        return float.IsFinite(value) ? value : throw new ArgumentException($"The state has the element {value}.");
    }

    /// <exception cref="ArgumentException">It is not finite.</exception>
    public static Vector2 ReadFiniteVector(this BinaryReader reader) => new(reader.ReadFinite(), reader.ReadFinite());

    /// <summary>Reads a number in 0 .. <paramref name="end"/> - 1.</summary>
    /// <exception cref="ArgumentException">It lies elsewhere.</exception>
    public static int ReadIndex(this BinaryReader reader, int end)
    {
        int index = reader.ReadInt32();
        return (uint)index < (uint)end ? index : throw new ArgumentException($"The state has the number {index} where it must be below {end}.");
    }
}
