namespace WorldModels.TorchSharpRepair;

/// <summary>A file is not the one that this repair was written for.</summary>
public sealed class RepairException(string message) : Exception(
    $"{message} This repair knows TorchSharp {ArgumentLifetimes.KnownVersion} alone. Pin that version in Directory.Packages.props again, or "
    + "look whether the newer one still has the faults that train/TorchSharpRepair/Program.cs names, and adapt or delete the repair.");
