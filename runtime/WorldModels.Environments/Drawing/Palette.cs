namespace WorldModels.Environments;

/// <summary>The colours of what simulators have in common, 0xRRGGBB.</summary>
public static class Palette
{
    /// <summary>Rails, ground and walls.</summary>
    public const uint Fixed = 0x9A9A92;

    /// <summary>What is pushed: carts.</summary>
    public const uint Cart = 0x3B4252;

    /// <summary>What is to be swung or balanced: poles, the first link of two.</summary>
    public const uint Pole = 0xC8813C;

    /// <summary>The second link of two.</summary>
    public const uint SecondPole = 0x4C7FA8;

    /// <summary>Joints and axles.</summary>
    public const uint Joint = 0x22262E;

    /// <summary>Where to go.</summary>
    public const uint Target = 0x6FAF5A;

    /// <summary>Flames of engines.</summary>
    public const uint Flame = 0xE4572E;
}
