namespace WorldModels.Train;

/// <summary>What an update says of itself: numbers by name, read from the device only where they are asked for.</summary>
internal static class Measured
{
    /// <summary>What an update that is not measured says.</summary>
    public static IReadOnlyDictionary<string, double> None { get; } = new Dictionary<string, double>();

    /// <summary>Adds scalars to figures.</summary>
    public static void Write(IReadOnlyDictionary<string, EagerTensor> scalars, Dictionary<string, double> figures)
    {
        foreach ((string name, EagerTensor scalar) in scalars)
            figures[name] = scalar.Value.item<float>();
    }
}
