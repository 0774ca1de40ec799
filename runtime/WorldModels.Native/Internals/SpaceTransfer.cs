using WorldModels.Environments;

namespace WorldModels.Native.Internals;

/// <summary>Writes <c>wm_space</c>.</summary>
internal static unsafe class SpaceTransfer
{
    public static void WriteDiscrete(ref NativeSpace target, int count) =>
        target = new() { StructSize = target.StructSize, Kind = 0, Count = count, Elements = 1 };

    public static void WriteBox(ref NativeSpace target, ReadOnlySpan<int> shape, float low, float high)
    {
        if (shape.Length > NativeSpace.MostAxes)
            throw new ArgumentException($"A space of {shape.Length} axes: wm_space holds {NativeSpace.MostAxes}.");
        target = new() { StructSize = target.StructSize, Kind = 1, Elements = 1, Axes = shape.Length, Low = low, High = high };
        for (int axis = 0; axis < shape.Length; axis++)
        {
            target.Shape[axis] = shape[axis];
            target.Elements *= shape[axis];
        }
    }

    public static void Write(ref NativeSpace target, Space space)
    {
        if (space is Box box)
            WriteBox(ref target, box.Shape, box.Low, box.High);
        else
            WriteDiscrete(ref target, ((Discrete)space).N);
    }
}
