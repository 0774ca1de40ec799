namespace WorldModels.Runtime.Internals;

/// <summary>Where the nodes of a session run.</summary>
internal enum Placement
{
    /// <summary>The provider is the CPU.</summary>
    Cpu,

    /// <summary>On a device and, for want of an operator there, on the CPU.</summary>
    Mixed,

    /// <summary>All on a device.</summary>
    Device,

    /// <summary>All on a device that records the launches of a run with a number of its own, and replays them.</summary>
    Capturing,
}
